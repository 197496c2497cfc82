import GraphIR

extension Operator {
    /// A tensor of a given shape with one value throughout; float 0 where none is given.
    /// https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html, versions 9, 20, 21, 23, 24, 25.
    static let constantOfShape = Operator("ConstantOfShape", accuracy: .exact, infer: .constantOfShape) { binding in
        let value = try binding.tensor("value") ?? Tensor(scalar: Float(0))
        guard value.count == 1 else {
            throw GraphError(.argument, "shape \(value.shape), expected one element", argument: "value")
        }
        return { call in
            let shape = try call.integers(0) ?? []
            guard shape.allSatisfy({ $0 >= 0 }), shape.count <= Tensor.maximumRank else {
                throw GraphError(.argument, "\(shape) is no shape", argument: "input")
            }
            return try call.moving([value.reshaped([])]) { value in
                [try call.strided(value[0], shape: shape, strides: shape.map { _ in 0 }, offset: 0)]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let constantOfShape = InferenceRule { node in
        let value = try node.binding.tensor("value")
        let type = value?.elementType ?? .float32
        try node.vector(0, "input")
        if let wanted = node.elements(0) {
            if let size = wanted.compactMap(\.known).first(where: { $0 < 0 }) {
                throw GraphError(.argument, "\(size) is no dimension", argument: "input")
            }
            return node.set(0, shape: wanted, type: type)
        }
        let rank = node.shape(0)?.first?.known.flatMap { $0 <= Int64(Tensor.maximumRank) ? Int($0) : nil }
        node.set(0, shape: rank.map { .unknown(rank: $0) }, type: type)
    }
}
