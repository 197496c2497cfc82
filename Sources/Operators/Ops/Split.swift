import GraphIR

extension Operator {
    /// Parts along an axis: of given sizes, or as equal as can be.
    /// https://onnx.ai/onnx/operators/onnx__Split.html, versions 1, 2, 11, 13, 18.
    static let split = Operator("Split", accuracy: .exact) { binding in
        let axis = Int(try binding.int("axis", default: 0))
        let fixed = binding.version < 13 ? try binding.ints("split")?.map { Int($0) } : nil
        let parts = binding.version >= 18 ? try binding.int("num_outputs").map { Int($0) } : nil
        return { call in
            let x = try call.input(0)
            let start = try normalized(axis: axis, rank: x.shape.count)
            let size = x.shape[start]
            let count = call.outputCount
            if let parts, parts != count {
                throw GraphError(.argument, "\(parts), but the node has \(count) outputs", argument: "num_outputs")
            }
            // The last part is the smaller one where the axis doesn't divide.
            let chunk = (size + Swift.max(count, 1) - 1) / Swift.max(count, 1)
            let even = (0..<count).map { Swift.max(Swift.min(chunk, size - $0 * chunk), 0) }
            let sizes = try fixed ?? call.integers(1) ?? even
            guard sizes.count == count, sizes.allSatisfy({ $0 >= 0 && $0 <= size }),
                sizes.reduce(0, { $0 &+ $1 }) == size
            else {
                throw GraphError(.argument, "\(sizes) doesn't cut \(size) into \(count) parts", argument: "split")
            }
            let results = try call.moving([x]) { x in
                let strides = rowMajorStrides(x[0].shape)
                var at = 0
                return try sizes.map { part in
                    var shape = x[0].shape
                    shape[start] = part
                    defer { at += part }
                    return try call.strided(x[0], shape: shape, strides: strides, offset: at * strides[start])
                }
            }
            return results
        }
    }
}
