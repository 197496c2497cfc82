extension Operator {
    /// Comparisons, logic, bits.
    static let logicalOperators: [Operator] = [
        .and,
        .bitShift,
        .bitwiseAnd,
        .bitwiseNot,
        .bitwiseOr,
        .bitwiseXor,
        .equal,
        .greater,
        .greaterOrEqual,
        .less,
        .lessOrEqual,
        .not,
        .or,
        .xor,
    ]
}
