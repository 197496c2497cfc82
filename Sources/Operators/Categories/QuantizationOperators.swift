extension Operator {
    /// Quantization, and arithmetic on quantized tensors.
    static let quantizationOperators: [Operator] = [
        .convInteger,
        .dequantizeLinear,
        .dynamicQuantizeLinear,
        .matMulInteger,
        .qLinearConv,
        .qLinearMatMul,
        .quantizeLinear,
    ]
}
