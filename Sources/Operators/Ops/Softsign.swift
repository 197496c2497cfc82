import GraphIR

extension Operator {
    /// x / (1 + |x|).
    /// https://onnx.ai/onnx/operators/onnx__Softsign.html, versions 1, 22.
    static let softsign = unary("Softsign") { _ in
        { x in x / (1 + x.magnitude) }
    }
}
