import GraphIR

extension Operator {
    /// The inverse of the hyperbolic tangent; NaN outside of -1...1.
    /// https://onnx.ai/onnx/operators/onnx__Atanh.html, versions 9, 22.
    static let atanh = unary("Atanh") { _ in
        { x in Double.areaTangent(x) }
    }
}
