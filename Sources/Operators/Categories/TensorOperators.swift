extension Operator {
    /// Moving, reshaping, casting, picking elements.
    static let tensorOperators: [Operator] = [
        .cast,
        .concat,
        .gather,
        .identity,
        .pad,
        .reshape,
        .shape,
        .slice,
        .split,
        .squeeze,
        .tile,
        .transpose,
        .unsqueeze,
        .where,
    ]
}
