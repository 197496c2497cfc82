import GraphIR

extension Operator {
    /// a ≥ b, of type bool.
    /// https://onnx.ai/onnx/operators/onnx__GreaterOrEqual.html, versions 12, 16.
    static let greaterOrEqual = comparison("GreaterOrEqual", .greaterOrEqual)
}
