import GraphIR

extension Operator {
    /// A graph run again and again, at most `M` times and while a condition holds. Its values are handed from one
    /// iteration to the next; further outputs of each iteration are stacked along a new first axis.
    /// https://onnx.ai/onnx/operators/onnx__Loop.html, versions 1, 11, 13, 16, 19, 21, 23, 24, 25.
    ///
    /// Without any iteration a stacked output has the shape that the graph declares for it, behind a 0.
    static let loop = Operator(
        "Loop", accuracy: .exact,
        infer: InferenceRule { node in
            let carried = Swift.max(node.inputs.count - 2, 0)
            let number = InferredValue(type: .tensor(.int64, []))
            let condition = InferredValue(type: node.type(1) ?? .tensor(.bool, []))
            let (state, results) = try node.steadyState((0..<carried).map { node.type($0 + 2) }, skipping: 1) { state in
                try node.body("body", [number, condition] + state.map { InferredValue(type: $0) })
            }
            try node.requireOutputs(results.count - 1, "body")
            let trips = node.integers(0)?.first.map { Dimension.size(Int64(Swift.max($0, 0))) }
            for position in node.outputs.indices {
                let result = results[checked: position + 1]?.type
                if position < carried {
                    // What goes in as an optional may come out as what it holds.
                    let isOptional = if case .optional = node.type(position + 2)?.kind { true } else { false }
                    node.set(position, type: state[position] ?? (isOptional ? result?.withoutShape : nil))
                } else if case .tensor(let element, _)? = result?.kind {
                    // A condition may end the loop early.
                    let count = node.inputs[checked: 1] == nil || node.inputs[1] == nil ? trips ?? .unknown : .unknown
                    let shape = result?.dimensions.map { [count] + $0 }
                    node.set(position, shape: shape, type: ElementType(rawValue: element))
                }
            }
        },
        bindValues: { binding in
            guard let body = try binding.body("body") else {
                throw GraphError(.argument, "the attribute is required", argument: "body")
            }
            let carried = Swift.max(binding.inputs.count - 2, 0)
            let stacked = body.outputCount - 1 - carried
            guard body.inputCount == carried + 2 else {
                throw GraphError(
                    .argument, "the graph has \(body.inputCount) inputs, expected \(carried + 2)", argument: "body")
            }
            guard stacked >= 0, binding.outputs.count <= carried + stacked else {
                throw GraphError(
                    .argument,
                    "the graph gives \(body.outputCount) values, expected a condition, \(carried) values to carry on"
                        + " and what the node's \(binding.outputs.count) outputs want", argument: "body")
            }
            let inDouble = binding.computesInDouble
            let isConditional = binding.inputs[checked: 1] ?? false
            return { call in
                let trips = try call.tripCount()
                var condition = try call[1].map { try call.condition($0, "cond") } ?? true
                var state = Array(call.values.dropFirst(2))
                var stacks = [[Tensor]](repeating: [], count: stacked)
                var held = 0
                var iteration: Int64 = 0
                while condition && trips.map({ iteration < $0 }) ?? true {
                    let carriedBytes =
                        iteration == 0 ? 0 : state.reduce(0) { $0.adding(checked: $1?.byteCount ?? 0) ?? Int.max }
                    let inner = call.with(values: [], using: held.adding(checked: carriedBytes) ?? Int.max)
                    let results = try body.run(
                        [.tensor(Tensor(scalar: iteration)), .tensor(call.boolean(condition))] + state, in: inner)
                    if isConditional, let next = results.first {
                        guard let tensor = next.tensor else {
                            throw GraphError(.argument, "the condition is \(next.kindName)", argument: "body")
                        }
                        condition = try call.condition(tensor, "cond")
                    }
                    state = results.dropFirst().prefix(carried).map { $0 }
                    for (position, value) in results.dropFirst(1 + carried).enumerated() {
                        guard let tensor = value.tensor else {
                            throw GraphError(.argument, "expected a tensor to stack, found \(value.kindName)")
                        }
                        stacks[position].append(tensor)
                        held = held.adding(checked: tensor.heldBytes)?.adding(checked: RuntimeValue.overhead) ?? Int.max
                    }
                    guard held <= call.memory else { throw call.stacksTakeTooMuch }
                    iteration += 1
                }
                let outputs = try stacks.enumerated().map { position, stack -> RuntimeValue? in
                    if stack.isEmpty {
                        return .tensor(
                            try call.emptyStack(
                                of: body.outputTypes[1 + carried + position], axis: 0, inDouble: inDouble,
                                argument: "output \(carried + position)"))
                    }
                    return .tensor(try call.with(values: [], using: held).stacked(stack, axis: 0))
                }
                return state + outputs
            }
        })
}

extension Call {
    /// The greatest number of iterations, where there is one.
    fileprivate func tripCount() throws -> Int64? {
        guard let tensor = self[0] else { return nil }
        guard tensor.elementType == .int64, tensor.count == 1, let count = try tensor.array(of: Int64.self).first else {
            throw GraphError(
                .argument, "expected one INT64, found \(tensor.elementType.onnxName) of shape \(tensor.shape)",
                argument: "M")
        }
        return count
    }

    /// A scalar of type bool.
    func boolean(_ value: Bool) throws -> Tensor {
        try Tensor(.bool, shape: [], bytes: Bytes([value ? 1 : 0]).loaded())
    }

    /// The error for outputs that grow beyond the limit while they are collected.
    var stacksTakeTooMuch: GraphError {
        GraphError(
            .memory, "the outputs of the iterations take more than the \(memory) bytes that are left of the limit",
            hint: "raise the session's memory limit (--memory-limit)")
    }
}
