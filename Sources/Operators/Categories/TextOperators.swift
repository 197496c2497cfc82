extension Operator {
    /// Strings.
    static let textOperators: [Operator] = []
}
