import GraphIR
import Operators
import OrderedCollections
import Synchronization

/// How a session computes and what it may use.
public struct SessionOptions: Sendable {
    /// The type that floating-point numbers are computed in.
    public enum Precision: Sendable {
        /// In the model's own types.
        case native
        /// All floating-point weights and inputs are widened to float64 first, and everything is computed in double.
        case float64
    }

    /// The type that floating-point numbers are computed in.
    public var precision = Precision.native
    /// Bytes that weights and intermediate values may take together.
    public var memoryLimit = MemoryLimit.bytes
    /// How long one run may take.
    public var timeLimit: Duration?
    /// Whether weights stay in memory between runs. Otherwise each run reads them anew and frees each after its last use.
    public var keepsWeights = true
    /// The operators that nodes are bound to: add your own here.
    public var operators = OperatorRegistry.standard

    public init() {}
}

/// A model that can be run: the reference execution, node by node, in the order of the graph.
///
///     let session = try Session(model)
///     let outputs = try session.run(["x": image])
public struct Session: Sendable {
    private let runner: ProgramRunner
    private var program: Program { runner.program }
    private let options: SessionOptions

    /// Binds every node.
    /// - Throws: ``GraphError``: `op.unsupported` naming all operators without a kernel at once, `op.argument`,
    ///   `graph.invalid`.
    public init(_ model: Model, options: SessionOptions = SessionOptions()) throws {
        runner = ProgramRunner(program: try ProgramBuilder.build(model, options: options), options: options)
        self.options = options
    }

    /// The names of the inputs that a run needs.
    public var inputNames: [String] {
        program.inputs.filter { !program.defaults.contains($0.value) }.map(\.key.string)
    }

    /// The names of the outputs that a run gives.
    public var outputNames: [String] { program.outputs.map(\.name) }

    /// Runs a model whose inputs and outputs are tensors.
    /// - Parameters:
    ///   - inputs: tensors by the names of the graph's inputs.
    ///   - observe: called with every tensor that a node of the graph makes, in order.
    /// - Returns: the graph's outputs by name, in order.
    /// - Throws: ``GraphError`` with the node: `op.argument`, `op.unsupported-argument`, `limit.memory`, `limit.time`;
    ///   ``FormatError`` where weights can't be read; whatever `observe` throws.
    public func run(
        _ inputs: OrderedDictionary<String, Tensor>,
        observe: ((_ value: String, _ node: Node, _ tensor: Tensor) throws -> Void)? = nil
    ) throws -> OrderedDictionary<String, Tensor> {
        let results = try run(values: inputs.mapValues { .tensor($0) }) { name, node, value in
            if let observe, case .tensor(let tensor) = value { try observe(name, node, tensor) }
        }
        return try OrderedDictionary(
            uniqueKeysWithValues: results.map { name, value in
                guard case .tensor(let tensor) = value else {
                    throw GraphError(
                        .unsupportedArgument, "the output \"\(name)\" is \(value.kindName)", argument: name,
                        hint: "ask for the values with run(values:)")
                }
                return (name, tensor)
            })
    }

    /// Runs the model.
    /// - Parameters:
    ///   - inputs: values by the names of the graph's inputs.
    ///   - observe: called with every value that a node of the graph makes, in order.
    /// - Returns: the graph's outputs by name, in order.
    /// - Throws: as ``run(_:observe:)``.
    public func run(
        values inputs: OrderedDictionary<String, RuntimeValue>,
        observe: ((_ value: String, _ node: Node, _ result: RuntimeValue) throws -> Void)? = nil
    ) throws -> OrderedDictionary<String, RuntimeValue> {
        var state = RunState(count: program.valueCount, limit: options.memoryLimit)
        try fill(&state, inputs)
        let deadline = options.timeLimit.map { ContinuousClock.now + $0 }
        let results = try runner.run(&state, deadline: deadline, observe)
        return OrderedDictionary(
            zip(program.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
    }

    private func fill(_ state: inout RunState, _ inputs: OrderedDictionary<String, RuntimeValue>) throws {
        for (name, value) in inputs {
            guard let slot = program.inputs[ExactName(name)] else {
                let names = program.inputs.keys.map(\.string).joined(separator: ", ")
                throw GraphError(.argument, "the model has no input \"\(name)\"; it has \(names)", argument: name)
            }
            if case .tensor(let tensor) = value { try check(tensor, against: program.inputTypes[slot], name) }
            let loaded = try value.mapTensors {
                try options.precision == .float64 ? $0.widened(to: .float64).loaded() : $0.loaded()
            }
            try state.set(slot, loaded)
        }
        for (name, slot) in program.inputs where state.values[slot] == nil && !program.defaults.contains(slot) {
            if case .optional = program.inputTypes[slot]?.kind {
                try state.set(slot, .optional(nil))
                continue
            }
            throw GraphError(.argument, "the input \"\(name)\" is missing", argument: name.string)
        }
    }

    private func check(_ tensor: Tensor, against type: ValueType?, _ name: String) throws {
        guard let type, let wanted = type.elementType else { return }
        let isWidened = options.precision == .float64 && tensor.elementType == .float64 && wanted.isFloatingPoint
        guard tensor.elementType == wanted || isWidened else {
            throw GraphError(
                .argument, "is \(tensor.elementType.onnxName), the model wants \(wanted.onnxName)", argument: name)
        }
        guard let dimensions = type.dimensions else { return }
        let fits =
            dimensions.count == tensor.shape.count
            && zip(dimensions, tensor.shape).allSatisfy { dimension, size in
                if case .size(let wanted) = dimension { return wanted == Int64(size) }
                return true
            }
        guard fits else {
            let wanted = dimensions.map { dimension in
                switch dimension {
                case .size(let size): "\(size)"
                case .named(let name): name
                case .unknown: "?"
                }
            }
            throw GraphError(
                .argument, "has shape \(tensor.shape), the model wants [\(wanted.joined(separator: ", "))]",
                argument: name)
        }
    }
}
