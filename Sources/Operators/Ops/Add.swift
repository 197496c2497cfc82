import GraphIR

extension Operator {
    /// a + b. Broadcasting; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__Add.html, versions 1, 6, 7, 13, 14.
    static let add = arithmetic("Add", .add)
}
