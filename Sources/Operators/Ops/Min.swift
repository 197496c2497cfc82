import GraphIR

extension Operator {
    /// The least of any number of tensors, NaN before all.
    /// https://onnx.ai/onnx/operators/onnx__Min.html, versions 1, 6, 8, 12, 13.
    static let min = variadic("Min", accuracy: .exact, .minimum)
}
