import GraphIR

extension Operator {
    /// The inverse of the hyperbolic sine.
    /// https://onnx.ai/onnx/operators/onnx__Asinh.html, versions 9, 22.
    static let asinh = unary("Asinh") { _ in
        { x in Double.areaSine(x) }
    }
}
