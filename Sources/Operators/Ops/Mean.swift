import GraphIR

extension Operator {
    /// The sum of any number of tensors, from the left, by their number.
    /// https://onnx.ai/onnx/operators/onnx__Mean.html, versions 1, 6, 8, 13.
    static let mean = variadic("Mean", accuracy: .rounding(ulps: 1), .mean)
}
