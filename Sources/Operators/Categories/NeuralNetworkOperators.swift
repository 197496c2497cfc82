extension Operator {
    /// Convolution, pooling, normalization, attention.
    static let neuralNetworkOperators: [Operator] = [
        .averagePool,
        .batchNormalization,
        .conv,
        .dropout,
        .flatten,
        .globalAveragePool,
        .globalMaxPool,
        .groupNormalization,
        .instanceNormalization,
        .layerNormalization,
        .maxPool,
    ]
}
