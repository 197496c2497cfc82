import GraphIR

extension Operator {
    /// The slices along an axis (of all elements in a row where none is given) at which a condition is true.
    /// https://onnx.ai/onnx/operators/onnx__Compress.html, versions 9, 11, 28.
    static let compress = Operator(
        "Compress", accuracy: .exact,
        infer: InferenceRule { node in
            try node.vector(1, "condition")
            let shape = try node.shape(0, rank: 1...Int.max, "input")
            guard let axis = try node.binding.int("axis") else { return node.set(0, shape: [.unknown]) }
            guard var shape else { return }
            shape[try normalized(axis: Int(axis), rank: shape.count)] = .unknown
            node.set(0, shape: shape)
        }
    ) { binding in
        let axis = try binding.int("axis").map { Int($0) }
        return { call in
            var x = try call.input(0)
            if axis == nil { x = try x.reshaped([x.count]) }
            let axis = try normalized(axis: axis ?? 0, rank: x.shape.count)
            let condition = try call.input(1)
            guard condition.elementType == .bool, condition.shape.count == 1 else {
                throw GraphError(
                    .argument, "\(condition.elementType.onnxName) of shape \(condition.shape), expected a bool vector",
                    argument: "condition")
            }
            let chosen = try condition.bytes().array().enumerated().compactMap { $1 == 0 ? nil : $0 }
            let size = x.shape[axis]
            guard chosen.last ?? -1 < size else {
                throw GraphError(
                    .argument, "element \(chosen.last ?? 0) is true, the axis has \(size)", argument: "condition")
            }
            var shape = x.shape
            shape[axis] = chosen.count
            let inner = product(x.shape[(axis + 1)...])
            let outer = product(x.shape[..<axis])
            try call.check(.int64, [outer, chosen.count])
            let offsets = (0..<outer).flatMap { row in chosen.map { (row * size + $0) * inner } }
            return [try call.picked(x, offsets: offsets, length: inner, shape: shape)]
        }
    }
}
