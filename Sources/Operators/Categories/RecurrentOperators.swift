extension Operator {
    /// Recurrent networks.
    static let recurrentOperators: [Operator] = []
}
