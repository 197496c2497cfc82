import GraphIR

extension Operator {
    /// a > b, of type bool.
    /// https://onnx.ai/onnx/operators/onnx__Greater.html, versions 1, 7, 9, 13.
    static let greater = comparison("Greater", .greater)
}
