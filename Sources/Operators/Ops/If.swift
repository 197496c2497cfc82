import GraphIR

extension Operator {
    /// The outputs of one of two graphs, as a condition says.
    /// https://onnx.ai/onnx/operators/onnx__If.html, versions 1, 11, 13, 16, 19, 21, 23, 24, 25.
    static let `if` = Operator(
        "If", accuracy: .exact,
        infer: InferenceRule { node in
            let then = try node.body("then_branch", [])
            let otherwise = try node.body("else_branch", [])
            guard then.count == otherwise.count else {
                throw GraphError(
                    .argument, "gives \(otherwise.count) values, then_branch gives \(then.count)",
                    argument: "else_branch")
            }
            try node.requireOutputs(then.count, "then_branch")
            let taken = try node.constant(0).map { try $0.bytes().array().first != 0 }
            for (position, pair) in zip(then, otherwise).enumerated() {
                if let one = pair.0.type, let other = pair.1.type,
                    one.withoutShape.merged(with: other.withoutShape) == nil
                {
                    throw GraphError(
                        .argument,
                        "the output \(position) is \(other.text), of then_branch it is \(one.text); expected"
                            + " the same type", argument: "else_branch")
                }
                guard let taken else {
                    node.set(position, type: pair.0.type?.common(with: pair.1.type))
                    continue
                }
                let value = taken ? pair.0 : pair.1
                node.set(position, type: pair.0.type?.common(with: pair.1.type) == nil ? nil : value.type)
                node.set(position, elements: value.elements)
            }
        },
        bindValues: { binding in
            guard let then = try binding.body("then_branch"), let otherwise = try binding.body("else_branch") else {
                throw GraphError(.argument, "the attribute is required", argument: "then_branch")
            }
            let wanted = binding.outputs.count
            for (name, body) in [("then_branch", then), ("else_branch", otherwise)] {
                guard body.inputCount == 0 else {
                    throw GraphError(
                        .argument, "the graph has \(body.inputCount) inputs, expected none", argument: name)
                }
                guard body.outputCount >= wanted else {
                    throw GraphError(
                        .argument, "the graph gives \(body.outputCount) values, the node has \(wanted) outputs",
                        argument: name)
                }
            }
            return { call in
                let condition = try call.condition(call.input(0), "cond")
                return try (condition ? then : otherwise).run([], in: call)
            }
        })
}
