import GraphIR

extension Operator {
    /// eˣ.
    /// https://onnx.ai/onnx/operators/onnx__Exp.html, versions 1, 6, 13.
    static let exp = unary("Exp") { _ in
        { x in Double.exponential(x) }
    }
}
