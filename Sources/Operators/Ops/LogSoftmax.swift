extension Operator {
    /// The natural logarithm of Softmax.
    /// https://onnx.ai/onnx/operators/onnx__LogSoftmax.html, versions 1, 11, 13.
    static let logSoftmax = softmax("LogSoftmax", isLogarithm: true)
}
