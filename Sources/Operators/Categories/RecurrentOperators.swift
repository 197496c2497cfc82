extension Operator {
    /// Recurrent networks.
    static let recurrentOperators: [Operator] = [
        .gru,
        .lstm,
        .rnn,
    ]
}
