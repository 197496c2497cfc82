import GraphIR

extension Operator {
    /// An optional that holds the input, or nothing.
    /// https://onnx.ai/onnx/operators/onnx__Optional.html, versions 15, 28.
    static let optional = Operator(
        "Optional", accuracy: .exact,
        infer: InferenceRule { node in
            let declared = try node.binding.type("type")
            guard node.inputs.isEmpty ? declared != nil : node.isGiven(0) else {
                throw GraphError(
                    .argument, node.inputs.isEmpty ? "needs an input or a type" : "the input is left out",
                    argument: node.inputs.isEmpty ? "type" : "input",
                    hint: "an optional that holds nothing has no inputs and the attribute 'type'")
            }
            node.set(0, type: (node.type(0) ?? declared).map { ValueType(.optional($0)) })
        },
        bindValues: { binding in
            let type = try binding.type("type")
            guard type != nil || binding.inputs[checked: 0] ?? false else {
                throw GraphError(.argument, "needs an input or a type", argument: "type")
            }
            return { call in
                if case .optional? = call.values[checked: 0] ?? nil {
                    throw GraphError(.argument, "an optional within an optional", argument: "input")
                }
                return [.optional(call.values[checked: 0] ?? nil)]
            }
        })

    /// What an optional holds; any other value as it is.
    /// https://onnx.ai/onnx/operators/onnx__OptionalGetElement.html, versions 15, 18, 28.
    static let optionalGetElement = Operator(
        "OptionalGetElement", accuracy: .exact,
        infer: InferenceRule { node in
            if case .optional(let item)? = node.type(0)?.kind {
                node.set(0, type: item)
            } else {
                node.set(0, type: node.type(0))
            }
        },
        bindValues: { _ in
            { call in
                let value = try call.value(0)
                guard case .optional(let item) = value else { return [value] }
                guard let item else {
                    throw GraphError(.argument, "the optional holds nothing", argument: "input")
                }
                return [item]
            }
        })

    /// Whether there is a value: false for an optional that holds nothing and for an input that is left out.
    /// https://onnx.ai/onnx/operators/onnx__OptionalHasElement.html, versions 15, 18, 28.
    static let optionalHasElement = Operator(
        "OptionalHasElement", accuracy: .exact,
        infer: InferenceRule { node in node.set(0, shape: [], type: .bool) },
        bindValues: { binding in
            guard binding.version >= 18 || binding.inputs[checked: 0] ?? false else {
                throw GraphError(.argument, "the input is required", argument: "input")
            }
            return { call in
                switch call.values[checked: 0] ?? nil {
                case nil, .optional(nil)?: [.tensor(try call.boolean(false))]
                default: [.tensor(try call.boolean(true))]
                }
            }
        })
}
