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
            var shape = first.shape
            shape[start] = 0
            for (position, tensor) in tensors.enumerated() {
                var other = tensor.shape
                guard other.count == shape.count, let size = other[checked: start],
                    let sum = shape[start].adding(checked: size)
                else {
                    throw GraphError(.argument, "rank differs from the first's", argument: "input \(position)")
                }
                shape[start] = sum
                other[start] = sum
                guard other == shape else {
                    throw GraphError(
                        .argument, "shape \(tensor.shape) doesn't fit \(first.shape) along axis \(start)",
                        argument: "input \(position)")
                }
            }
            return try call.moving(tensors) { tensors in
                let type = tensors[0].elementType
                let strides = rowMajorStrides(shape)
                let width = type.bitWidth / 8
                let result = try call.make(type, shape, as: UInt8.self) { out in
                    guard let to = out.baseAddress else { return }
                    var at = 0
                    for tensor in tensors where tensor.count > 0 {
                        try tensor.withElements(UInt8.self) { source in
                            guard let from = source.baseAddress else { return }
                            copyStrided(
                                width: width, shape: tensor.shape, from: UnsafeRawPointer(from),
                                rowMajorStrides(tensor.shape), 0, to: UnsafeMutableRawPointer(to), strides,
                                at * strides[start])
                        }
                        at += tensor.shape[start]
                    }
                }
                return [result]
            }
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
