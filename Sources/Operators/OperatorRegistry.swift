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

    /// The operator of that name, where there is one.
    public subscript(name: OperatorName) -> Operator? {
        name.overload.isEmpty ? operators[ExactName(name.description)] : nil
    }

    /// The names, sorted.
    public var names: [String] { operators.keys.map(\.string).sorted() }
}

extension Operator {
    /// Every operator under `Ops/`, by the categories of ONNX's documentation.
    static let all: [Operator] = [
        mathOperators,
        neuralNetworkOperators,
        tensorOperators,
        logicalOperators,
        reductionOperators,
        generatorOperators,
        controlFlowOperators,
        sequenceOperators,
        quantizationOperators,
        recurrentOperators,
        visionOperators,
        textOperators,
        trainingOperators,
        machineLearningOperators,
        previewOperators,
    ].flatMap { $0 }
}
