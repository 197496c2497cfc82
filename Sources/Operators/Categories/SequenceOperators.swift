extension Operator {
    /// Sequences and optionals.
    static let sequenceOperators: [Operator] = [
        .concatFromSequence,
        .optional,
        .optionalGetElement,
        .optionalHasElement,
        .sequenceAt,
        .sequenceConstruct,
        .sequenceEmpty,
        .sequenceErase,
        .sequenceInsert,
        .sequenceLength,
        .splitToSequence,
    ]
}
