extension Operator {
    /// Convolution, pooling, normalization, attention.
    static let neuralNetworkOperators: [Operator] = [
        .attention,
        .averagePool,
        .batchNormalization,
        .causalConvWithState,
        .conv,
        .dropout,
        .flatten,
        .globalAveragePool,
        .globalMaxPool,
        .groupNormalization,
        .instanceNormalization,
        .layerNormalization,
        .linearAttention,
        .maxPool,
    ]
}
