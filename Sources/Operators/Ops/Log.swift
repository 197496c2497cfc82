import GraphIR

extension Operator {
    /// The natural logarithm.
    /// https://onnx.ai/onnx/operators/onnx__Log.html, versions 1, 6, 13.
    static let log = unary("Log") { _ in
        { x in Double.logarithm(x) }
    }
}
