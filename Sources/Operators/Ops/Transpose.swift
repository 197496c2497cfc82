import GraphIR

extension Operator {
    /// The axes in another order; reversed where none is given.
    /// https://onnx.ai/onnx/operators/onnx__Transpose.html, versions 1, 13, 21, 23, 24, 25.
    static let transpose = Operator("Transpose", accuracy: .exact, infer: .transpose) { binding in
        let permutation = try binding.ints("perm")?.map { Int($0) }
        return { call in
            let x = try call.input(0)
            let order = permutation ?? Array(x.shape.indices.reversed())
            guard order.sorted() == Array(x.shape.indices) else {
                throw GraphError(.argument, "\(order) is no order of \(x.shape.count) axes", argument: "perm")
            }
            return try call.moving([x]) { x in
                let strides = rowMajorStrides(x[0].shape)
                return [
                    try call.strided(
                        x[0], shape: order.map { x[0].shape[$0] }, strides: order.map { strides[$0] }, offset: 0)
                ]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let transpose = InferenceRule { node in
        let permutation = try node.binding.ints("perm")?.map { Int($0) }
        guard let shape = node.shape(0) else { return node.set(0, shape: permutation.map { .unknown(rank: $0.count) }) }
        let order = permutation ?? shape.indices.reversed()
        guard order.sorted() == Array(shape.indices) else {
            throw GraphError(.argument, "\(order) is no order of \(shape.count) axes", argument: "perm")
        }
        node.set(0, shape: order.map { shape[$0] })
    }
}
