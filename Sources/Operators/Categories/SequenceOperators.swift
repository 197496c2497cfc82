extension Operator {
    /// Sequences and optionals.
    static let sequenceOperators: [Operator] = []
}
