import GraphIR

extension Operator {
    /// A sequence of the inputs.
    /// https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html, versions 11.
    static let sequenceConstruct = Operator(
        "SequenceConstruct", accuracy: .exact,
        infer: InferenceRule { node in
            guard let first = node.type(0) else { return }
            let item = node.inputs.indices.dropFirst().reduce(first as ValueType?) { $0?.common(with: node.type($1)) }
            node.set(0, type: item.map { ValueType(.sequence($0)) })
        },
        bindValues: { _ in
            { call in
                let tensors = try call.values.indices.map { try call.input($0) }
                if let first = tensors.first { for tensor in tensors { try requireType(first.elementType, tensor) } }
                return [.sequence(tensors.map { .tensor($0) })]
            }
        })

    /// A sequence of nothing.
    /// https://onnx.ai/onnx/operators/onnx__SequenceEmpty.html, versions 11.
    static let sequenceEmpty = Operator(
        "SequenceEmpty", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, type: ValueType(.sequence(.tensor(try emptySequenceType(&node.binding), nil))))
        },
        bindValues: { binding in
            _ = try emptySequenceType(&binding)
            return { _ in [.sequence([])] }
        })

    /// The item at a position.
    /// https://onnx.ai/onnx/operators/onnx__SequenceAt.html, versions 11.
    static let sequenceAt = Operator(
        "SequenceAt", accuracy: .exact,
        infer: InferenceRule { node in node.set(0, type: node.item(0)) },
        bindValues: { _ in
            { call in
                let items = try call.sequence(0)
                _ = try call.input(1)
                guard let position = try call.position(1, count: items.count) else { return [] }
                return [items[checked: position]]
            }
        })

    /// The sequence with a tensor before a position, or at the end.
    /// https://onnx.ai/onnx/operators/onnx__SequenceInsert.html, versions 11.
    static let sequenceInsert = Operator(
        "SequenceInsert", accuracy: .exact,
        infer: InferenceRule { node in
            let (item, tensor) = (node.item(0), node.type(1))
            if let item, let tensor, item.withoutShape.merged(with: tensor.withoutShape) == nil {
                throw GraphError(
                    .argument, "\(tensor.text) for a sequence of \(item.text); expected the same element type",
                    argument: "tensor")
            }
            node.set(0, type: item?.common(with: tensor).map { ValueType(.sequence($0)) })
        },
        bindValues: { _ in
            { call in
                var items = try call.sequence(0)
                let tensor = try call.input(1)
                if let first = items.first?.tensor { try requireType(first.elementType, tensor) }
                try call.check(.uint8, [items.count + 1, RuntimeValue.overhead])
                let position = try call.position(2, count: items.count, allowsEnd: true) ?? items.count
                items.insert(.tensor(tensor), at: position)
                return [.sequence(items)]
            }
        })

    /// The sequence without the item at a position, or without the last.
    /// https://onnx.ai/onnx/operators/onnx__SequenceErase.html, versions 11.
    static let sequenceErase = Operator(
        "SequenceErase", accuracy: .exact,
        infer: InferenceRule { node in node.set(0, type: node.type(0)) },
        bindValues: { _ in
            { call in
                var items = try call.sequence(0)
                guard !items.isEmpty else {
                    throw GraphError(.argument, "the sequence has no items", argument: "input_sequence")
                }
                items.remove(at: try call.position(1, count: items.count) ?? items.count - 1)
                return [.sequence(items)]
            }
        })

    /// The number of items.
    /// https://onnx.ai/onnx/operators/onnx__SequenceLength.html, versions 11.
    static let sequenceLength = Operator(
        "SequenceLength", accuracy: .exact,
        infer: InferenceRule { node in node.set(0, shape: [], type: .int64) },
        bindValues: { _ in
            { call in [.tensor(try Tensor(scalar: Int64(try call.sequence(0).count)))] }
        })
}

/// The element type that SequenceEmpty declares.
private func emptySequenceType(_ binding: inout Binding) throws -> ElementType {
    let number = try binding.int("dtype", default: 1)
    guard let raw = Int32(exactly: number), let type = ElementType(rawValue: raw) else {
        throw GraphError(.argument, "there is no element type \(number)", argument: "dtype")
    }
    return type
}
