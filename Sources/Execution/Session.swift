import GraphIR
import Operators
import OrderedCollections
import Synchronization

/// How a session computes and what it may use.
public struct SessionOptions: Sendable {
    public enum Precision: Sendable {
        /// In the model's own types.
        case native
        /// All floating-point weights and inputs are widened to float64 first, and everything is computed in double.
        case float64
    }

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
    private let program: Program
    private let options: SessionOptions
    private let weights = WeightCache()

    /// Binds every node.
    /// - Throws: ``GraphError``: `op.unsupported` naming all operators without a kernel at once, `op.argument`,
    ///   `graph.invalid`.
    public init(_ model: Model, options: SessionOptions = SessionOptions()) throws {
        program = try ProgramBuilder.build(model, options: options)
        self.options = options
    }

    /// The names of the inputs that a run needs.
    public var inputNames: [String] {
        program.inputs.filter { !program.defaults.contains($0.value) }.map(\.key.string)
    }

    public var outputNames: [String] { program.outputs.map(\.name) }

    /// Runs the model.
    /// - Parameters:
    ///   - inputs: tensors by the names of the graph's inputs.
    ///   - observe: called with every value that a node of the graph makes, in order.
    /// - Returns: the graph's outputs by name, in order.
    /// - Throws: ``GraphError`` with the node: `op.argument`, `op.unsupported-argument`, `limit.memory`, `limit.time`;
    ///   ``FormatError`` where weights can't be read; whatever `observe` throws.
    public func run(
        _ inputs: OrderedDictionary<String, Tensor>,
        observe: ((_ value: String, _ node: Node, _ tensor: Tensor) throws -> Void)? = nil
    ) throws -> OrderedDictionary<String, Tensor> {
        var state = RunState(values: [Tensor?](repeating: nil, count: program.valueCount))
        try fill(&state, inputs)
        let deadline = options.timeLimit.map { ContinuousClock.now + $0 }
        for step in program.steps {
            do {
                try run(step, &state, deadline: deadline, observe)
            } catch var error as GraphError {
                error.node = error.node ?? step.label
                throw error
            }
        }
        var results: OrderedDictionary<String, Tensor> = [:]
        for (name, slot) in program.outputs {
            guard let tensor = try value(slot, &state) else {
                throw GraphError(.invalid, "the output \"\(name)\" was not made")
            }
            results[name] = tensor
        }
        return results
    }

    private func run(
        _ step: Program.Step, _ state: inout RunState, deadline: ContinuousClock.Instant?,
        _ observe: ((String, Node, Tensor) throws -> Void)?
    ) throws {
        let inputs = try step.inputs.map { slot in try slot.flatMap { try value($0, &state) } }
        let call = Call(
            inputs: inputs, outputCount: step.outputs.count, memory: options.memoryLimit - state.used,
            deadline: deadline)
        try call.checkTime()
        let results = try step.kernel(call)
        for (position, slot) in step.outputs.enumerated() {
            guard let slot else { continue }
            guard var result = results[checked: position] ?? nil else {
                throw GraphError(
                    .unsupportedArgument, "this output isn't implemented", argument: "output \(position)")
            }
            if options.precision == .float64 { result = try result.widened(to: .float64) }
            try state.set(slot, result, limit: options.memoryLimit)
            if let observe, let name = step.names[checked: position] ?? nil { try observe(name, step.node, result) }
        }
        for slot in step.released { state.release(slot) }
    }

    private func fill(_ state: inout RunState, _ inputs: OrderedDictionary<String, Tensor>) throws {
        for (name, tensor) in inputs {
            guard let slot = program.inputs[ExactName(name)] else {
                let names = program.inputs.keys.map(\.string).joined(separator: ", ")
                throw GraphError(.argument, "the model has no input \"\(name)\"; it has \(names)", argument: name)
            }
            try check(tensor, against: program.inputTypes[slot], name)
            let loaded = try options.precision == .float64 ? tensor.widened(to: .float64).loaded() : tensor.loaded()
            try state.set(slot, loaded, limit: options.memoryLimit)
        }
        for (name, slot) in program.inputs where state.values[slot] == nil && !program.defaults.contains(slot) {
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

    /// The value of a number: what a node made, or a constant, loaded when it is first asked for.
    private func value(_ slot: Int, _ state: inout RunState) throws -> Tensor? {
        if let tensor = state.values[slot] { return tensor }
        guard let constant = program.constants[slot] else { return nil }
        if let kept = weights.tensor(slot) { return kept }
        let size = constant.elementType == .string ? 0 : try constant.bytes().count
        let needed = options.precision == .float64 ? size.multiplied(checked: 4) ?? Int.max : size
        guard needed <= options.memoryLimit - state.used else {
            throw GraphError(
                .memory,
                "the weights take \(size) bytes more, \(options.memoryLimit - state.used) are left of the limit",
                hint: "raise the session's memory limit")
        }
        let loaded =
            options.precision == .float64
            ? try constant.widened(to: .float64).loaded() : try constant.loaded()
        if options.keepsWeights { weights.keep(loaded, slot) }
        try state.set(slot, loaded, limit: options.memoryLimit)
        return loaded
    }
}

/// The values of one run.
private struct RunState {
    var values: [Tensor?]
    /// Bytes of all values that are alive; two names of one buffer count twice.
    var used = 0

    mutating func set(_ slot: Int, _ tensor: Tensor, limit: Int) throws {
        values[slot] = tensor
        used = used.adding(checked: size(tensor)) ?? Int.max
        guard used <= limit else {
            throw GraphError(
                .memory, "the values take more than \(limit) bytes", hint: "raise the session's memory limit")
        }
    }

    mutating func release(_ slot: Int) {
        guard let tensor = values[slot] else { return }
        used -= size(tensor)
        values[slot] = nil
    }

    private func size(_ tensor: Tensor) -> Int { (try? tensor.bytes().count) ?? tensor.count }
}

/// Weights that stay in memory between runs.
private final class WeightCache: Sendable {
    private let tensors = Mutex<[Int: Tensor]>([:])
    func tensor(_ slot: Int) -> Tensor? { tensors.withLock { $0[slot] } }
    func keep(_ tensor: Tensor, _ slot: Int) { tensors.withLock { $0[slot] = tensor } }
}
