import GraphIR

extension Operator {
    /// ln(1 + eˣ).
    /// https://onnx.ai/onnx/operators/onnx__Softplus.html, versions 1, 22.
    static let softplus = unary("Softplus") { _ in
        { x in Double.softplus(x) }
    }
}
