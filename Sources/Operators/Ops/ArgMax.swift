import GraphIR

extension Operator {
    /// The index of the greatest element along an axis: the first such, or the last.
    /// https://onnx.ai/onnx/operators/onnx__ArgMax.html, versions 1, 11, 12, 13.
    static let argMax = Operator("ArgMax", accuracy: .exact, infer: .argReduction) { binding in
        let axis = Int(try binding.int("axis", default: 0))
        let keeps = try binding.flag("keepdims", default: true)
        let takesLast = try binding.flag("select_last_index")
        return { call in
            let given = try call.input(0)
            let x = try given.widened(to: given.isHalf ? .float32 : given.elementType)
            let start = try normalized(axis: axis, rank: x.shape.count)
            guard
                x.shape[start] > 0 || x.count > 0
                    || product(x.shape.enumerated().filter { $0.offset != start }.map(\.element)) == 0
            else {
                throw GraphError(.argument, "axis \(start) has no elements", argument: "data")
            }
            var shape = x.shape
            if keeps { shape[start] = 1 } else { shape.remove(at: start) }
            return [
                try dispatch(
                    x.elementType, ArgMaxWork(call: call, x: x, axis: start, shape: shape, takesLast: takesLast))
            ]
        }
    }
}

private struct ArgMaxWork: NumberWork {
    let call: Call
    let x: Tensor
    let axis: Int
    let shape: [Int]
    let takesLast: Bool

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let length = x.shape[axis]
        let inner = product(x.shape[(axis + 1)...])
        return try call.make(shape, of: Int64.self) { out in
            try x.withElements(T.self) { values in
                for row in out.indices {
                    let start = row / inner * inner * length + row % inner
                    var best = 0
                    for i in 1..<max(length, 1) {
                        let value = values[start + i * inner]
                        let greatest = values[start + best * inner]
                        if value > greatest || (takesLast && value == greatest) { best = i }
                    }
                    out[row] = Int64(best)
                }
            }
        }
    }
}
