import GraphIR

extension Operator {
    /// The tensor broadcast to a shape (both ways: it may keep larger dimensions of its own).
    /// https://onnx.ai/onnx/operators/onnx__Expand.html, versions 8, 13.
    static let expand = Operator("Expand", accuracy: .exact, infer: .expand) { _ in
        { call in
            let x = try call.input(0)
            let wanted = try call.integers(1) ?? []
            guard wanted.allSatisfy({ $0 >= 0 }) else {
                throw GraphError(.argument, "\(wanted) is no shape", argument: "shape")
            }
            let shape = try broadcastShape([x.shape, wanted])
            return try call.moving([x]) { x in
                [try call.strided(x[0], shape: shape, strides: broadcastStrides(x[0].shape, to: shape), offset: 0)]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let expand = InferenceRule { node in
        try node.vector(1, "shape")
        guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
        if let wanted = node.elements(1) {
            if let size = wanted.compactMap(\.known).first(where: { $0 < 0 }) {
                throw GraphError(.argument, "\(size) is no dimension", argument: "shape")
            }
            return node.set(0, shape: try broadcastDimensions([shape, wanted]))
        }
        let length = node.shape(1)?.first?.known.flatMap { $0 <= Int64(Tensor.maximumRank) ? Int($0) : nil }
        node.set(0, shape: try broadcastDimensions([shape, length.map { .unknown(rank: $0) }]))
    }
}
