import GraphIR

extension Operator {
    /// a ≤ b, of type bool.
    /// https://onnx.ai/onnx/operators/onnx__LessOrEqual.html, versions 12, 16.
    static let lessOrEqual = comparison("LessOrEqual", .lessOrEqual)
}
