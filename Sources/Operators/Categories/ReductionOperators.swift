extension Operator {
    /// Reductions over axes.
    static let reductionOperators: [Operator] = [
        .argMax,
        .argMin,
        .reduceL1,
        .reduceL2,
        .reduceLogSum,
        .reduceLogSumExp,
        .reduceMax,
        .reduceMean,
        .reduceMin,
        .reduceProd,
        .reduceSum,
        .reduceSumSquare,
    ]
}
