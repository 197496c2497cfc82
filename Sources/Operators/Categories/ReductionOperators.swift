extension Operator {
    /// Reductions over axes.
    static let reductionOperators: [Operator] = [
        .argMax,
        .reduceMax,
        .reduceMean,
        .reduceSum,
    ]
}
