import GraphIR
import Operators
import Synchronization

/// Runs a program, any number of times.
struct ProgramRunner: Sendable {
    let program: Program
    let options: SessionOptions
    private let weights = WeightCache()

    init(program: Program, options: SessionOptions) {
        self.program = program
        self.options = options
    }

    /// Called with every value that a node of the outermost graph makes, in order.
    typealias Observer = (_ value: String, _ node: Node, _ result: RuntimeValue) throws -> Void

    /// Runs the program as a body: inputs by position, within what is left to `call`.
    func run(_ inputs: [RuntimeValue?], captures: [RuntimeValue], _ call: Call) throws -> [RuntimeValue] {
        var state = RunState(count: program.valueCount, limit: call.memory)
        for (slot, value) in zip(program.inputs.values, inputs) { state.borrow(slot, value) }
        for (slot, value) in zip(program.captured.values, captures) { state.borrow(slot, value) }
        return try run(&state, deadline: call.deadline, nil)
    }

    /// Runs all steps and gives the outputs, in order.
    func run(
        _ state: inout RunState, deadline: ContinuousClock.Instant?, _ observe: Observer?
    ) throws -> [RuntimeValue] {
        for step in program.steps {
            do {
                try run(step, &state, deadline: deadline, observe)
            } catch var error as GraphError {
                error.node = error.node ?? step.label
                throw error
            }
        }
        return try program.outputs.map { name, slot in
            guard let value = try value(slot, &state) else {
                throw GraphError(.invalid, "the output \"\(name)\" was not made")
            }
            return value
        }
    }

    private func run(
        _ step: Program.Step, _ state: inout RunState, deadline: ContinuousClock.Instant?, _ observe: Observer?
    ) throws {
        let inputs = try step.inputs.map { slot in try slot.flatMap { try value($0, &state) } }
        let captures = try step.captures.map { slot in
            guard let value = try value(slot, &state) else {
                throw GraphError(.invalid, "a value that the node's graph uses was not made")
            }
            return value
        }
        let call = Call(
            values: inputs, outputCount: step.outputs.count, memory: state.limit - state.used, deadline: deadline,
            captures: captures)
        try call.checkTime()
        let results = try step.kernel(call)
        for (position, slot) in step.outputs.enumerated() {
            guard let slot else { continue }
            guard var result = results[checked: position] ?? nil else {
                throw GraphError(
                    .unsupportedArgument, "this output isn't implemented", argument: "output \(position)")
            }
            if options.precision == .float64 { result = try result.mapTensors { try $0.widened(to: .float64) } }
            try state.set(slot, result)
            if let observe, let name = step.names[checked: position] ?? nil { try observe(name, step.node, result) }
        }
        for slot in step.released { state.release(slot) }
    }

    /// The value of a number: what a node made, or a constant, loaded when it is first asked for.
    private func value(_ slot: Int, _ state: inout RunState) throws -> RuntimeValue? {
        if let value = state.values[checked: slot] ?? nil { return value }
        guard let constant = program.constants[slot] else { return nil }
        if let kept = weights.tensor(slot) { return .tensor(kept) }
        let size = constant.elementType == .string ? 0 : try constant.bytes().count
        let needed = options.precision == .float64 ? size.multiplied(checked: 4) ?? Int.max : size
        guard needed <= state.limit - state.used else {
            throw GraphError(
                .memory, "the weights take \(size) bytes more, \(state.limit - state.used) are left of the limit",
                hint: "raise the session's memory limit (--memory-limit)")
        }
        let loaded =
            options.precision == .float64
            ? try constant.widened(to: .float64).loaded() : try constant.loaded()
        if options.keepsWeights { weights.keep(loaded, slot) }
        try state.set(slot, .tensor(loaded))
        return .tensor(loaded)
    }
}

/// The values of one run.
struct RunState {
    private(set) var values: [RuntimeValue?]
    /// Bytes that each value counts for.
    private var sizes: [Int]
    /// Bytes of all values that are alive; two names of one buffer count twice.
    private(set) var used = 0
    let limit: Int

    init(count: Int, limit: Int) {
        values = [RuntimeValue?](repeating: nil, count: count)
        sizes = [Int](repeating: 0, count: count)
        self.limit = limit
    }

    mutating func set(_ slot: Int, _ value: RuntimeValue) throws {
        values[slot] = value
        sizes[slot] = value.byteCount
        used = used.adding(checked: sizes[slot]) ?? Int.max
        guard used <= limit else {
            throw GraphError(
                .memory, "the values take more than \(limit) bytes",
                hint: "raise the session's memory limit (--memory-limit)")
        }
    }

    /// Takes a value that belongs to an enclosing run, which counts it.
    mutating func borrow(_ slot: Int, _ value: RuntimeValue?) { values[slot] = value }

    mutating func release(_ slot: Int) {
        used -= sizes[slot]
        sizes[slot] = 0
        values[slot] = nil
    }
}

/// Weights that stay in memory between runs.
private final class WeightCache: Sendable {
    private let tensors = Mutex<[Int: Tensor]>([:])
    func tensor(_ slot: Int) -> Tensor? { tensors.withLock { $0[slot] } }
    func keep(_ tensor: Tensor, _ slot: Int) { tensors.withLock { $0[slot] = tensor } }
}
