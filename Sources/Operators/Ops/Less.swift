import GraphIR

extension Operator {
    /// a < b, of type bool.
    /// https://onnx.ai/onnx/operators/onnx__Less.html, versions 1, 7, 9, 13.
    static let less = comparison("Less", .less)
}
