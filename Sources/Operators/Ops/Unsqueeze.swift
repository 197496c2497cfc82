import GraphIR

extension Operator {
    /// Axes of size 1 put in; `axes` counts in the result.
    /// https://onnx.ai/onnx/operators/onnx__Unsqueeze.html, versions 1, 11, 13, 21, 23, 24, 25.
    static let unsqueeze = Operator("Unsqueeze", accuracy: .exact, infer: .unsqueeze) { binding in
        let fixed = binding.version < 13 ? try binding.ints("axes")?.map { Int($0) } : nil
        return { call in
            let x = try call.input(0)
            guard let named = try fixed ?? call.integers(1) else {
                throw GraphError(.argument, "the axes are required", argument: "axes")
            }
            let rank = x.shape.count + named.count
            let axes = Set(try normalized(axes: named, rank: rank))
            var sizes = x.shape.makeIterator()
            return [try x.reshaped((0..<rank).map { axes.contains($0) ? 1 : sizes.next() ?? 1 })]
        }
    }
}

extension InferenceRule {
    fileprivate static let unsqueeze = InferenceRule { node in
        let isInput = node.binding.version >= 13
        let given = isInput ? node.integers(1) : try node.binding.ints("axes")?.map { Int($0) }
        guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
        guard let given else {
            let count = node.shape(1)?.first?.known.map { Int(clamping: $0) }
            let rank = count.flatMap { $0.adding(checked: shape.count) }.flatMap { $0 <= Tensor.maximumRank ? $0 : nil }
            return node.set(0, shape: rank.map { .unknown(rank: $0) })
        }
        let rank = shape.count + given.count
        let axes = Set(try normalized(axes: given, rank: rank))
        var sizes = shape.makeIterator()
        node.set(0, shape: (0..<rank).map { axes.contains($0) ? .size(1) : sizes.next() ?? .size(1) })
        if rank == 1 { node.set(0, elements: node.elements(0)) }
    }
}
