import GraphIR

extension Operator {
    /// A graph applied to every item of a sequence; other sequences are walked along, tensors are passed whole.
    /// https://onnx.ai/onnx/operators/onnx__SequenceMap.html, versions 17.
    static let sequenceMap = Operator(
        "SequenceMap", accuracy: .exact,
        infer: InferenceRule { node in
            let inputs = node.inputs.indices.map { position -> InferredValue in
                if case .sequence(let item)? = node.type(position)?.kind { return InferredValue(type: item) }
                return node.inputs[position] ?? InferredValue()
            }
            let results = try node.body("body", inputs)
            try node.requireOutputs(results.count, "body")
            for (position, result) in results.enumerated() {
                node.set(position, type: result.type.map { ValueType(.sequence($0)) })
            }
        },
        bindValues: { binding in
            guard let body = try binding.body("body") else {
                throw GraphError(.argument, "the attribute is required", argument: "body")
            }
            guard body.inputCount == binding.inputs.count, body.outputCount >= binding.outputs.count else {
                throw GraphError(
                    .argument,
                    "the graph has \(body.inputCount) inputs and \(body.outputCount) outputs, the node"
                        + " \(binding.inputs.count) and \(binding.outputs.count)", argument: "body")
            }
            return { call in
                let count = try call.sequence(0).count
                for (position, value) in call.values.enumerated() {
                    guard case .sequence(let items)? = value, items.count != count else { continue }
                    throw GraphError(
                        .argument, "\(items.count) items, the first sequence has \(count)",
                        argument: "input \(position)")
                }
                var results = [[RuntimeValue]](repeating: [], count: body.outputCount)
                var held = 0
                for index in 0..<count {
                    let inputs = call.values.map { value -> RuntimeValue? in
                        if case .sequence(let items)? = value { return items[checked: index] }
                        return value
                    }
                    for (position, result) in try body.run(inputs, in: call.with(values: [], using: held)).enumerated()
                    {
                        results[position].append(result)
                        held = held.adding(checked: result.byteCount)?.adding(checked: RuntimeValue.overhead) ?? Int.max
                    }
                    guard held <= call.memory else { throw call.stacksTakeTooMuch }
                }
                return results.map { .sequence($0) }
            }
        })
}
