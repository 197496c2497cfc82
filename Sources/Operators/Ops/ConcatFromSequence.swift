import GraphIR

extension Operator {
    /// The tensors of a sequence laid one behind the other along an axis, or side by side along a new one.
    /// https://onnx.ai/onnx/operators/onnx__ConcatFromSequence.html, versions 11.
    static let concatFromSequence = Operator(
        "ConcatFromSequence", accuracy: .exact,
        infer: InferenceRule { node in
            let isNew = try concatIsNew(&node.binding)
            let axis = Int(try node.binding.int("axis", default: 0))
            guard let item = node.item(0), let element = item.elementType else { return }
            guard var shape = item.dimensions else {
                node.set(0, shape: nil, type: element)
                return
            }
            let start = try normalized(axis: axis, rank: shape.count + (isNew ? 1 : 0))
            if isNew { shape.insert(.unknown, at: start) } else { shape[start] = .unknown }
            node.set(0, shape: shape, type: element)
        },
        bindValues: { binding in
            let isNew = try concatIsNew(&binding)
            let axis = Int(try binding.int("axis", default: 0))
            return { call in
                let tensors = try call.tensors(0)
                guard let first = tensors.first else {
                    throw GraphError(.argument, "the sequence has no items", argument: "input_sequence")
                }
                let start = try normalized(axis: axis, rank: first.shape.count + (isNew ? 1 : 0))
                return [.tensor(try isNew ? call.stacked(tensors, axis: start) : call.joined(tensors, axis: start))]
            }
        })
}

private func concatIsNew(_ binding: inout Binding) throws -> Bool {
    let value = try binding.int("new_axis", default: 0)
    guard value == 0 || value == 1 else {
        throw GraphError(.argument, "\(value) is neither 0 nor 1", argument: "new_axis")
    }
    return value == 1
}
