import GraphIR

extension Operator {
    /// Parts along an axis: of given sizes, or as equal as can be.
    /// https://onnx.ai/onnx/operators/onnx__Split.html, versions 1, 2, 11, 13, 18.
    static let split = Operator("Split", accuracy: .exact, infer: .split) { binding in
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

extension InferenceRule {
    fileprivate static let split = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: 0))
        let isInput = node.binding.version >= 13 || node.value(1) != nil
        let sizes = isInput ? node.integers(1) : try node.binding.ints("split")?.map { Int($0) }
        let parts = node.binding.version >= 18 ? try node.binding.int("num_outputs").map { Int($0) } : nil
        guard let shape = node.shape(0) else {
            for output in node.outputs.indices { node.set(output, shape: nil) }
            return
        }
        let start = try normalized(axis: axis, rank: shape.count)
        let count = parts ?? node.outputs.count
        guard count >= Swift.max(node.outputs.count, 1), sizes.map({ $0.count >= node.outputs.count }) ?? true else {
            throw GraphError(.argument, "the node has \(node.outputs.count) outputs", argument: "split")
        }
        if let sizes, let size = shape[start].known {
            let sum = sizes.reduce(0) { $0.adding(checked: $1) ?? Int.max }
            guard sizes.allSatisfy({ $0 >= 0 }), Int64(sum) == size else {
                throw GraphError(.argument, "\(sizes) doesn't cut \(size)", argument: "split")
            }
        }
        let isEven = sizes == nil && node.value(1) == nil
        if isEven, let size = shape[start].known {
            guard node.binding.version < 18 || parts != nil else {
                throw GraphError(
                    .argument, "needed where the input 'split' is left out", argument: "num_outputs")
            }
            guard node.binding.version >= 18 || size % Int64(count) == 0 else {
                throw GraphError(.argument, "\(size) elements don't cut into \(count) equal parts", argument: "input")
            }
        }
        for output in node.outputs.indices {
            var part = shape
            part[start] = .unknown
            if let size = sizes?[output] {
                part[start] = .size(Int64(size))
            } else if isEven, let size = shape[start].known.map({ Int($0) }) {
                let chunk = size / count + (size % count == 0 ? 0 : 1)
                let before = chunk.multiplied(checked: output) ?? size
                part[start] = .size(Int64(Swift.max(Swift.min(chunk, size - Swift.min(before, size)), 0)))
            } else if isEven, count == 1 {
                part[start] = shape[start]
            }
            node.set(output, shape: part)
        }
    }
}
