extension Operator {
    /// ai.onnx.preview.training.
    static let trainingOperators: [Operator] =
        [
            .adagrad,
            .adam,
            .gradient,
            .momentum,
        ]
}
