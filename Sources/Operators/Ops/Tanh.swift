import GraphIR

extension Operator {
    /// The hyperbolic tangent.
    /// https://onnx.ai/onnx/operators/onnx__Tanh.html, versions 1, 6, 13.
    static let tanh = unary("Tanh") { _ in
        { x in Double.hyperbolicTangent(x) }
    }
}
