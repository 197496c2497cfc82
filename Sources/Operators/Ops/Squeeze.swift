import GraphIR

extension Operator {
    /// Axes of size 1 taken out: the given ones, or all.
    /// https://onnx.ai/onnx/operators/onnx__Squeeze.html, versions 1, 11, 13, 21, 23, 24, 25.
    static let squeeze = Operator("Squeeze", accuracy: .exact) { binding in
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
