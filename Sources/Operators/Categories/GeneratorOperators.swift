extension Operator {
    /// Constants, ranges, random numbers.
    static let generatorOperators: [Operator] = [
        .bernoulli,
        .constant,
        .constantOfShape,
        .eyeLike,
        .multinomial,
        .randomNormal,
        .randomNormalLike,
        .randomUniform,
        .randomUniformLike,
        .range,
    ]
}
