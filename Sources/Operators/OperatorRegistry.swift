import GraphIR

/// The operators that can be run.
public struct OperatorRegistry: Sendable {
    private var operators: [ExactName: Operator] = [:]

    /// All that Weightbridge brings.
    public static let standard = OperatorRegistry(Operator.all)

    public init(_ operators: [Operator] = []) {
        for op in operators { add(op) }
    }

    /// Adds an operator, in place of one of the same name.
    public mutating func add(_ op: Operator) {
        operators[ExactName(op.name.description)] = op
    }

    public subscript(name: OperatorName) -> Operator? {
        name.overload.isEmpty ? operators[ExactName(name.description)] : nil
    }

    /// The names, sorted.
    public var names: [String] { operators.keys.map(\.string).sorted() }
}

extension Operator {
    /// Every operator under `Ops/`, by name.
    static let all: [Operator] = [
        .abs, .add, .argMax, .averagePool, .batchNormalization, .cast, .clip, .concat, .constant, .constantOfShape,
        .conv,
        .div, .dropout, .equal, .erf, .exp, .expand, .flatten, .gather, .gelu, .gemm, .globalAveragePool,
        .globalMaxPool, .groupNormalization, .hardSigmoid, .hardSwish, .identity, .instanceNormalization,
        .layerNormalization, .leakyRelu, .log, .logSoftmax, .matMul, .max, .maxPool, .mean, .min, .mul, .neg, .pRelu,
        .pad, .pow, .range, .reciprocal, .reduceMax, .reduceMean, .reduceSum, .relu, .reshape, .shape, .sigmoid, .slice,
        .softmax, .split, .sqrt, .squeeze, .sub, .sum, .tanh, .tile, .topK, .transpose, .unsqueeze, .where,
    ]
}
