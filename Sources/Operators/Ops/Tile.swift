import GraphIR

extension Operator {
    /// The tensor repeated along every axis.
    /// https://onnx.ai/onnx/operators/onnx__Tile.html, versions 1, 6, 13.
    static let tile = Operator("Tile", accuracy: .exact) { binding in
        let isLegacy = binding.version < 6
        return { call in
            let x = try call.input(0)
            var repeats = try call.integers(1) ?? []
            if isLegacy {
                guard repeats.count == 1, let axis = try call.integers(2)?.first else {
                    throw GraphError(.argument, "tiles and axis must be scalars", argument: "tiles")
                }
                let start = try normalized(axis: axis, rank: x.shape.count)
                let times = repeats[0]
                repeats = x.shape.indices.map { $0 == start ? times : 1 }
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
