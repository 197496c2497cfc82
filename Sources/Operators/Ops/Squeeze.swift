import GraphIR

extension Operator {
    /// Axes of size 1 taken out: the given ones, or all.
    /// https://onnx.ai/onnx/operators/onnx__Squeeze.html, versions 1, 11, 13, 21, 23, 24, 25.
    static let squeeze = Operator("Squeeze", accuracy: .exact, infer: .squeeze) { binding in
        let fixed = binding.version < 13 ? try binding.ints("axes")?.map { Int($0) } : nil
        return { call in
            let x = try call.input(0)
            let all = x.shape.indices.filter { x.shape[$0] == 1 }
            let axes = try (fixed ?? call.integers(1)).map { try normalized(axes: $0, rank: x.shape.count) } ?? all
            for axis in axes where x.shape[axis] != 1 {
                throw GraphError(.argument, "axis \(axis) is of size \(x.shape[axis]), not 1", argument: "axes")
            }
            return [try x.reshaped(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })]
        }
    }
}

extension InferenceRule {
    fileprivate static let squeeze = InferenceRule { node in
        let isInput = node.binding.version >= 13
        let given = isInput ? node.integers(1) : try node.binding.ints("axes")?.map { Int($0) }
        node.set(0, elements: node.elements(0))
        guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
        var axes = try given.map { try normalized(axes: $0, rank: shape.count) }
        if given == nil, isInput ? node.value(1) == nil : true {
            // All axes of size 1; which they are is clear only where all sizes are.
            guard !shape.contains(where: { $0.known == nil }) else { return node.set(0, shape: nil) }
            axes = shape.indices.filter { shape[$0].isSize(1) }
        }
        guard let axes else {
            let count = node.shape(1)?.first?.known
            return node.set(0, shape: count.map { .unknown(rank: shape.count - Int(clamping: $0)) })
        }
        for axis in axes {
            guard let size = shape[axis].known, size != 1 else { continue }
            throw GraphError(.argument, "axis \(axis) is of size \(size), not 1", argument: "axes")
        }
        node.set(0, shape: shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
    }
}
