import GraphIR

extension Operator {
    /// The hyperbolic sine.
    /// https://onnx.ai/onnx/operators/onnx__Sinh.html, versions 9, 22.
    static let sinh = unary("Sinh") { _ in
        { x in Double.hyperbolicSine(x) }
    }
}
