import GraphIR

extension Operator {
    /// The sum of any number of tensors, from the left.
    /// https://onnx.ai/onnx/operators/onnx__Sum.html, versions 1, 6, 8, 13.
    static let sum = variadic("Sum", accuracy: .rounding(ulps: 1), .sum)
}
