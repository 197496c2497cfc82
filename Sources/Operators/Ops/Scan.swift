import GraphIR

extension Operator {
    /// A graph run for every slice of some tensors along an axis. Its values are handed from one iteration to the next;
    /// further outputs of each iteration are stacked along an axis.
    /// https://onnx.ai/onnx/operators/onnx__Scan.html, versions 8, 9, 11, 16, 19, 21, 23, 24, 25.
    ///
    /// Version 8 walks along axis 1 of every item of a batch (axis 0), each of a length of its own; what lies behind the
    /// length is 0. Without any iteration a stacked output has the shape that the graph declares for it, with a 0.
    static let scan = Operator(
        "Scan", accuracy: .exact,
        infer: InferenceRule { node in
            var plan = try ScanPlan(&node.binding, inputs: node.inputs.count)
            let first = plan.firstInput
            let batch = plan.isBatched ? 1 : 0
            var length = Dimension.unknown
            let slices = try (0..<plan.scanned).map { position -> InferredValue in
                let input = first + plan.carried + position
                guard let element = node.elementType(input) else { return InferredValue() }
                guard var shape = node.shape(input) else { return InferredValue(type: .tensor(element, nil)) }
                let axis = try normalized(axis: plan.inputAxes[position], rank: shape.count, "scan_input_axes")
                length = try node.unified(length, shape.remove(at: axis), "input \(input)")
                return InferredValue(type: .tensor(element, Array(shape.dropFirst(batch))))
            }
            var letters = DimensionLetters()
            for input in first..<node.inputs.count where plan.isBatched {
                guard let size = node.shape(input)?.first else { continue }
                try letters.merge("batch", size, "input \(input)")
            }
            let batchSize = letters["batch"]
            let start = (0..<plan.carried).map { position -> ValueType? in
                guard plan.isBatched, let type = node.type(first + position), let element = type.elementType else {
                    return node.type(first + position)
                }
                return .tensor(element, type.dimensions.map { Array($0.dropFirst()) })
            }
            let (state, results) = try node.steadyState(start, skipping: 0, keepsShape: true) { state in
                try node.body("body", state.map { InferredValue(type: $0) } + slices)
            }
            try node.requireOutputs(results.count, "body")
            try plan.setOutputs(results.count - plan.carried)
            for position in node.outputs.indices {
                let type = position < plan.carried ? state[position] : results[checked: position]?.type
                guard let element = type?.elementType else { continue }
                guard var shape = type?.dimensions else {
                    node.set(position, shape: nil, type: element)
                    continue
                }
                if position >= plan.carried {
                    let axis = plan.outputAxes[checked: position - plan.carried] ?? 0
                    shape.insert(
                        length, at: try normalized(axis: axis, rank: shape.count + 1, "scan_output_axes"))
                }
                node.set(position, shape: plan.isBatched ? [batchSize] + shape : shape, type: element)
            }
        },
        bindValues: { binding in
            var plan = try ScanPlan(&binding, inputs: binding.inputs.count)
            guard let body = try binding.body("body") else {
                throw GraphError(.argument, "the attribute is required", argument: "body")
            }
            guard body.inputCount == plan.carried + plan.scanned else {
                throw GraphError(
                    .argument, "the graph has \(body.inputCount) inputs, expected \(plan.carried + plan.scanned)",
                    argument: "body")
            }
            let outputs = body.outputCount - plan.carried
            guard outputs >= 0, binding.outputs.count <= body.outputCount else {
                throw GraphError(
                    .argument,
                    "the graph gives \(body.outputCount) values, expected \(plan.carried) values to carry on and what"
                        + " the node's \(binding.outputs.count) outputs want", argument: "body")
            }
            try plan.setOutputs(outputs)
            let fixed = plan
            let inDouble = binding.computesInDouble
            return { call in
                try (fixed.isBatched ? fixed.runBatch : fixed.run)(body, inDouble, call).map { .tensor($0) }
            }
        })
}

/// What the attributes of a Scan say.
private struct ScanPlan: Sendable {
    /// Values handed from one iteration to the next.
    let carried: Int
    /// Inputs that are walked along.
    let scanned: Int
    /// Outputs that are stacked.
    var outputs = 0
    let isBatched: Bool
    let inputAxes: [Int]
    let inputsReversed: [Bool]
    let outputAxes: [Int]
    let outputsReversed: [Bool]

    /// The first input that isn't the lengths.
    var firstInput: Int { isBatched ? 1 : 0 }

    init(_ binding: inout Binding, inputs: Int) throws {
        isBatched = binding.version < 9
        let count = try binding.int("num_scan_inputs", default: 0)
        let given = inputs - (isBatched ? 1 : 0)
        guard let scanned = Int(exactly: count), scanned >= 1, scanned <= given else {
            throw GraphError(
                .argument, "\(count) inputs to scan, the node has \(given) in all", argument: "num_scan_inputs")
        }
        self.scanned = scanned
        carried = given - scanned
        inputsReversed = try ScanPlan.list(&binding, isBatched ? "directions" : "scan_input_directions", scanned) {
            $0 != 0
        }
        if isBatched {
            inputAxes = [Int](repeating: 1, count: scanned)
            outputAxes = []
            outputsReversed = []
        } else {
            let axes = try ScanPlan.list(&binding, "scan_input_axes", scanned) { Int($0) }
            inputAxes = axes.isEmpty ? [Int](repeating: 0, count: scanned) : axes
            outputAxes = try ScanPlan.list(&binding, "scan_output_axes", nil) { Int($0) }
            outputsReversed = try ScanPlan.list(&binding, "scan_output_directions", nil) { $0 != 0 }
        }
    }

    /// Says how many outputs the body stacks, which the attributes must be written for.
    mutating func setOutputs(_ count: Int) throws {
        for (name, numbers) in [
            ("scan_output_axes", outputAxes.count), ("scan_output_directions", outputsReversed.count),
        ] where numbers != 0 && numbers != count {
            throw GraphError(.argument, "\(numbers) numbers for \(count) outputs", argument: name)
        }
        outputs = count
    }

    private static func list<T>(
        _ binding: inout Binding, _ name: String, _ count: Int?, _ convert: (Int64) -> T
    ) throws -> [T] {
        let values = try binding.ints(name) ?? []
        if let count, !values.isEmpty, values.count != count {
            throw GraphError(.argument, "\(values.count) numbers for \(count) inputs", argument: name)
        }
        return values.map(convert)
    }

    func run(_ body: Body, _ inDouble: Bool, _ call: Call) throws -> [Tensor] {
        let inputs = try call.values.indices.map { try call.input($0) }
        return try run(body, inDouble, call, inputs, length: nil, held: 0).outputs
    }

    /// Runs the graph for every slice.
    /// - Parameters:
    ///   - inputs: values to carry on and tensors to walk along, without a batch axis.
    ///   - length: how many slices count.
    ///   - held: bytes that are in use already.
    private func run(
        _ body: Body, _ inDouble: Bool, _ call: Call, _ inputs: [Tensor], length: Int?, held: Int
    ) throws -> (outputs: [Tensor], held: Int) {
        var held = held
        var steps: Int?
        var slices: [[Tensor]] = []
        for position in 0..<scanned {
            let tensor = inputs[carried + position]
            let wanted = isBatched ? 0 : inputAxes[position]
            let axis = try normalized(axis: wanted, rank: tensor.shape.count, "scan_input_axes")
            guard steps == nil || steps == tensor.shape[axis] else {
                throw GraphError(
                    .argument, "\(tensor.shape[axis]) slices along axis \(axis), the first input has \(steps ?? 0)",
                    argument: "input \(firstInput + carried + position)")
            }
            steps = tensor.shape[axis]
            slices.append(try call.with(values: [], using: held).slices(of: tensor, axis: axis))
            held = held.adding(checked: tensor.heldBytes) ?? Int.max
        }
        let limit = Swift.min(length ?? Int.max, steps ?? 0)
        var state = inputs.prefix(carried).map { RuntimeValue.tensor($0) }
        var stacks = [[Tensor]](repeating: [], count: outputs)
        for step in 0..<limit {
            let now = slices.enumerated().map { position, slices in
                RuntimeValue.tensor(
                    slices[inputsReversed[checked: position] ?? false ? limit - 1 - step : step])
            }
            let carriedBytes = step == 0 ? 0 : state.reduce(0) { $0.adding(checked: $1.byteCount) ?? Int.max }
            let inner = call.with(values: [], using: held.adding(checked: carriedBytes) ?? Int.max)
            let results = try body.run(state + now, in: inner)
            state = Array(results.prefix(carried))
            for (position, value) in results.dropFirst(carried).enumerated() {
                let tensor = try ScanPlan.tensor(value)
                stacks[position].append(tensor)
                held = held.adding(checked: tensor.heldBytes)?.adding(checked: RuntimeValue.overhead) ?? Int.max
            }
            guard held <= call.memory else { throw call.stacksTakeTooMuch }
        }
        let rest = call.with(values: [], using: held)
        let stacked = try stacks.enumerated().map { position, stack in
            let wanted = outputAxes[checked: position] ?? 0
            guard let first = stack.first else {
                return try call.emptyStack(
                    of: body.outputTypes[carried + position], axis: wanted, inDouble: inDouble,
                    argument: "output \(carried + position)")
            }
            let axis = try normalized(axis: wanted, rank: first.shape.count + 1, "scan_output_axes")
            return try rest.stacked(outputsReversed[checked: position] ?? false ? stack.reversed() : stack, axis: axis)
        }
        return (try state.map(ScanPlan.tensor) + stacked, held)
    }

    private static func tensor(_ value: RuntimeValue) throws -> Tensor {
        guard let tensor = value.tensor else {
            throw GraphError(.argument, "the graph gives \(value.kindName), expected a tensor", argument: "body")
        }
        return tensor
    }

    /// The form of version 8: one scan for each item of a batch.
    func runBatch(_ body: Body, _ inDouble: Bool, _ call: Call) throws -> [Tensor] {
        let inputs = try (1..<call.values.count).map { try call.input($0) }
        guard let first = inputs[carried...].first, first.shape.count >= 2 else {
            throw GraphError(.argument, "expected a batch axis and an axis to walk along", argument: "scan inputs")
        }
        let (batch, longest) = (first.shape[0], first.shape[1])
        for (position, tensor) in inputs.enumerated() where tensor.shape.first != batch {
            throw GraphError(
                .argument, "shape \(tensor.shape), expected a batch of \(batch)", argument: "input \(position + 1)")
        }
        let lengths = try call.integers(0) ?? [Int](repeating: longest, count: batch)
        guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 <= longest }) else {
            throw GraphError(
                .argument, "expected \(batch) lengths of at most \(longest)", argument: "sequence_lens")
        }
        var held = 0
        let items = try inputs.map { tensor in
            defer { held = held.adding(checked: tensor.heldBytes) ?? Int.max }
            return try call.with(values: [], using: held).slices(of: tensor, axis: 0)
        }
        var results = [[Tensor]](repeating: [], count: carried + outputs)
        for (index, length) in lengths.enumerated() {
            let item = try run(body, inDouble, call, items.map { $0[index] }, length: length, held: held)
            let rest = call.with(values: [], using: item.held)
            for (position, tensor) in item.outputs.enumerated() {
                let whole = try position < carried ? tensor : ScanPlan.padded(tensor, to: longest, rest)
                results[position].append(whole)
                held = held.adding(checked: whole.heldBytes)?.adding(checked: RuntimeValue.overhead) ?? Int.max
            }
            guard held <= call.memory else { throw call.stacksTakeTooMuch }
        }
        return try results.enumerated().map { position, stack in
            if stack.isEmpty {
                return try call.emptyStack(
                    of: body.outputTypes[position], axis: 0, inDouble: inDouble, argument: "output \(position)")
            }
            return try call.with(values: [], using: held).stacked(stack, axis: 0)
        }
    }

    /// The tensor with zeros behind it along the first axis.
    private static func padded(_ tensor: Tensor, to length: Int, _ call: Call) throws -> Tensor {
        guard let size = tensor.shape.first, size < length else { return tensor }
        let shape = [length - size] + tensor.shape.dropFirst()
        try call.check(tensor.elementType, shape)
        let rest =
            try tensor.elementType == .string
            ? Tensor(strings: [[UInt8]](repeating: [], count: product(shape)), shape: shape)
            : call.make(tensor.elementType, shape, as: UInt8.self) { $0.update(repeating: 0) }
        return try call.joined([tensor, rest], axis: 0)
    }
}
