extension Operator {
    /// Comparisons, logic, bits.
    static let logicalOperators: [Operator] = [
        .equal
    ]
}
