extension Operator {
    /// ai.onnx.ml.
    static let machineLearningOperators: [Operator] = []
}
