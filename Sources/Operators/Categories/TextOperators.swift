extension Operator {
    /// Strings.
    static let textOperators: [Operator] = [
        .regexFullMatch,
        .stringConcat,
        .stringNormalizer,
        .stringSplit,
        .tfIdfVectorizer,
    ]
}
