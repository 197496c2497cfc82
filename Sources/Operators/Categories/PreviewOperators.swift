extension Operator {
    /// ai.onnx.preview.
    static let previewOperators: [Operator] = [
        .flexAttention
    ]
}
