extension Operator {
    /// Quantization, and arithmetic on quantized tensors.
    static let quantizationOperators: [Operator] = []
}
