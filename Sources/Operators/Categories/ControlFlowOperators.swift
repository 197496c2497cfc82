extension Operator {
    /// Nodes that run graphs.
    static let controlFlowOperators: [Operator] = [
        .if,
        .loop,
        .scan,
        .sequenceMap,
    ]
}
