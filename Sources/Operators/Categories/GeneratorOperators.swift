extension Operator {
    /// Constants, ranges, random numbers.
    static let generatorOperators: [Operator] = [
        .constant,
        .constantOfShape,
        .range,
    ]
}
