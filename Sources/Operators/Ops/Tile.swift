import GraphIR

extension Operator {
    /// The tensor repeated along every axis; version 1 along one.
    /// https://onnx.ai/onnx/operators/onnx__Tile.html, versions 1, 6, 13.
    static let tile = Operator("Tile", accuracy: .exact, infer: .tile) { binding in
        let isLegacy = binding.version < 6
        return { call in
            let x = try call.input(0)
            let repeats: [Int]
            if isLegacy {
                // Numbers of the input's own type.
                let times = try call.converted(call.input(1), to: .int64).scalar(Int64.self, "tiles")
                let axis = try call.converted(call.input(2), to: .int64).scalar(Int64.self, "axis")
                let start = try normalized(axis: Int(axis), rank: x.shape.count)
                repeats = x.shape.indices.map { $0 == start ? Int(times) : 1 }
            } else {
                repeats = try call.integers(1) ?? []
            }
            guard repeats.count == x.shape.count, repeats.allSatisfy({ $0 >= 0 }) else {
                throw GraphError(.argument, "\(repeats) for an input of shape \(x.shape)", argument: "repeats")
            }
            let shape = try zip(x.shape, repeats).map { size, times in
                guard let result = size.multiplied(checked: times) else {
                    throw GraphError(.argument, "\(size) times \(times) is too many", argument: "repeats")
                }
                return result
            }
            return try call.moving([x]) { x in
                let strides = rowMajorStrides(x[0].shape)
                let doubled = zip(repeats, x[0].shape).flatMap { [$0, $1] }
                let steps = strides.flatMap { [0, $0] }
                return [try call.strided(x[0], shape: doubled, strides: steps, offset: 0).reshaped(shape)]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let tile = InferenceRule { node in
        guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
        guard node.binding.version >= 6, let repeats = node.elements(1) else {
            return node.set(0, shape: .unknown(rank: shape.count))
        }
        guard repeats.count == shape.count else {
            throw GraphError(
                .argument, "\(repeats.count) numbers for an input of shape \(shape.text)", argument: "repeats")
        }
        node.set(0, shape: zip(shape, repeats).map { $0.times($1) })
    }
}
