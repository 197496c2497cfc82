import GraphIR

extension Operator {
    /// 1/x.
    /// https://onnx.ai/onnx/operators/onnx__Reciprocal.html, versions 1, 6, 13.
    static let reciprocal = unary("Reciprocal") { _ in
        { x in 1 / x }
    }
}
