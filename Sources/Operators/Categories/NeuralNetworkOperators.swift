extension Operator {
    /// Convolution, pooling, normalization, attention.
    static let neuralNetworkOperators: [Operator] = [
        .averagePool,
        .batchNormalization,
        .col2Im,
        .conv,
        .convTranspose,
        .deformConv,
        .dropout,
        .flatten,
        .globalAveragePool,
        .globalLpPool,
        .globalMaxPool,
        .groupNormalization,
        .instanceNormalization,
        .layerNormalization,
        .lpNormalization,
        .lpPool,
        .lrn,
        .maxPool,
        .maxRoiPool,
        .maxUnpool,
        .meanVarianceNormalization,
        .rmsNormalization,
        .rotaryEmbedding,
        .shrink,
    ]
}
