import GraphIR

extension Operator {
    /// The greatest of any number of tensors, NaN before all.
    /// https://onnx.ai/onnx/operators/onnx__Max.html, versions 1, 6, 8, 12, 13.
    static let max = variadic("Max", accuracy: .exact, .maximum)
}
