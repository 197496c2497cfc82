import GraphIR

extension Operator {
    /// Tensors laid one behind the other along an axis.
    /// https://onnx.ai/onnx/operators/onnx__Concat.html, versions 1, 4, 11, 13.
    static let concat = Operator("Concat", accuracy: .exact, infer: .concat) { binding in
        let axis = Int(try binding.int("axis", default: 1))
        return { call in
            let tensors = try call.inputs.indices.map { try call.input($0) }
            guard let first = tensors.first else {
                throw GraphError(.argument, "needs at least one input")
            }
            let start = try normalized(axis: axis, rank: first.shape.count)
            return [try call.joined(tensors, axis: start)]
        }
    }
}

extension InferenceRule {
    fileprivate static let concat = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: 1))
        let known = node.inputs.indices.compactMap { node.shape($0) }
        guard let rank = known.first?.count else { return node.set(0, shape: nil) }
        let start = try normalized(axis: axis, rank: rank)
        let others = known.map { shape in
            shape.enumerated().map { $0.offset == start ? .unknown : $0.element }
        }
        guard var shape = try node.unified(others, "inputs") else { return }
        if known.count == node.inputs.count {
            shape[start] = known.reduce(.size(0)) { $0.plus($1[start]) }
        }
        node.set(0, shape: shape)
        let elements = node.inputs.indices.compactMap { node.elements($0) }
        let count = elements.reduce(0) { $0 + $1.count }
        if rank == 1, elements.count == node.inputs.count, count <= InferenceLimits.elements {
            node.set(0, elements: elements.flatMap { $0 })
        }
    }
}
