import GraphIR

extension Operator {
    /// Axes of size 1 put in; `axes` counts in the result.
    /// https://onnx.ai/onnx/operators/onnx__Unsqueeze.html, versions 1, 11, 13, 21, 23, 24, 25.
    static let unsqueeze = Operator("Unsqueeze", accuracy: .exact) { binding in
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
