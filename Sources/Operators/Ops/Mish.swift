import GraphIR

extension Operator {
    /// x · tanh(ln(1 + eˣ)).
    /// https://onnx.ai/onnx/operators/onnx__Mish.html, versions 18, 22.
    static let mish = unary("Mish") { _ in
        { x in x * Double.hyperbolicTangent(Double.softplus(x)) }
    }
}
