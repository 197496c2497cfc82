import GraphIR

extension Operator {
    /// The k greatest (or least) elements along an axis with their indices; equal ones by index.
    /// https://onnx.ai/onnx/operators/onnx__TopK.html, versions 1, 10, 11, 24.
    static let topK = Operator("TopK", accuracy: .exact, infer: .topK) { binding in
        let axis = Int(try binding.int("axis", default: -1))
        let fixed = binding.version < 10 ? try binding.int("k").map { Int($0) } : nil
        let takesLargest = try binding.flag("largest", default: true)
        // Unsorted results may come in any order; ours are always sorted.
        binding.ignore("sorted")
        return { call in
            let given = try call.input(0)
            let x = try given.widened(to: given.isHalf ? .float32 : given.elementType)
            let start = try normalized(axis: axis, rank: x.shape.count)
            guard let k = try fixed ?? call.integers(1)?.first, k >= 0, k <= x.shape[start] else {
                throw GraphError(.argument, "k must be within 0...\(x.shape[start])", argument: "K")
            }
            let work = TopKWork(call: call, x: x, axis: start, k: k, takesLargest: takesLargest)
            let (values, indices) = try dispatch(x.elementType, work)
            return [try call.converted(values, to: given.elementType), indices]
        }
    }
}

private struct TopKWork: NumberWork {
    let call: Call
    let x: Tensor
    let axis: Int
    let k: Int
    let takesLargest: Bool

    func run<T: Number>(_: T.Type) throws -> (Tensor, Tensor) {
        let length = x.shape[axis]
        let inner = product(x.shape[(axis + 1)...])
        let outer = product(x.shape[..<axis])
        var shape = x.shape
        shape[axis] = k
        try call.check(.int64, shape)
        var best = [T](repeating: .zero, count: product(shape))
        var indices = [Int64](repeating: 0, count: best.count)
        try x.withElements(T.self) { values in
            for row in 0..<(outer * inner) where k > 0 {
                let start = row / inner * inner * length + row % inner
                let order = (0..<length).sorted { a, b in
                    let (left, right) = (values[start + a * inner], values[start + b * inner])
                    // NaN counts as the greatest, as in NumPy.
                    if left == right || (left.isNotANumber && right.isNotANumber) { return a < b }
                    if left.isNotANumber || right.isNotANumber { return left.isNotANumber == takesLargest }
                    return takesLargest ? left > right : left < right
                }
                let target = row / inner * inner * k + row % inner
                for (rank, index) in order.prefix(k).enumerated() {
                    best[target + rank * inner] = values[start + index * inner]
                    indices[target + rank * inner] = Int64(index)
                }
            }
        }
        return (try Tensor(best, shape: shape), try Tensor(indices, shape: shape))
    }
}

extension InferenceRule {
    fileprivate static let topK = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: -1))
        let k =
            node.binding.version < 10 ? try node.binding.int("k").map { Dimension.size($0) } : node.elements(1)?.first
        guard var shape = node.shape(0) else {
            node.set(0, shape: nil)
            return node.set(1, shape: nil, type: .int64)
        }
        let start = try normalized(axis: axis, rank: shape.count)
        if let k = k?.known, k < 0 || k > shape[start].known ?? k {
            throw GraphError(.argument, "\(k) elements of an axis of size \(shape[start].text)", argument: "K")
        }
        shape[start] = k ?? .unknown
        node.set(0, shape: shape)
        node.set(1, shape: shape, type: .int64)
    }
}
