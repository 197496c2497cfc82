import GraphIR

/// The dense form of a sparse tensor (`SparseTensorProto`): indices count elements of the flattened array, or are one row
/// of coordinates for each value.
/// - Parameter memory: bytes that the result may take.
/// - Throws: `limit.memory`, `graph.invalid` where indices are out of bounds or not as many as the values.
public func dense(_ record: SparseTensorRecord, memory: Int) throws -> Tensor {
    let values = record.values.tensor
    let shape = try record.shape.map { size in
        guard let size = Int(exactly: size), size >= 0 else {
            throw GraphError(.invalid, "a sparse tensor of shape \(record.shape)")
        }
        return size
    }
    let call = Call(values: [], outputCount: 1, memory: memory)
    try call.check(values.elementType, shape)
    let indices = try record.indices.tensor.array(of: Int64.self)
    let hasRows = record.indices.tensor.shape.count == 2
    let columns = hasRows ? shape.count : 1
    guard values.count.multiplied(checked: columns) == indices.count else {
        throw GraphError(.invalid, "a sparse tensor of \(values.count) values and \(indices.count) indices")
    }
    // A list of positions is a row of coordinates in a shape of one dimension.
    let bounds = hasRows ? shape : [product(shape)]
    let strides = rowMajorStrides(bounds)
    let places = try (0..<values.count).map { position in
        var place = 0
        for axis in 0..<columns {
            let index = indices[position * columns + axis]
            guard index >= 0, index < bounds[axis] else {
                throw GraphError(.invalid, "a sparse tensor's index \(index) at axis \(axis) of \(bounds)")
            }
            place += Int(index) * strides[axis]
        }
        return place
    }
    if case .strings(let strings) = values.contents {
        var all = [[UInt8]](repeating: [], count: product(shape))
        for (place, string) in zip(places, strings) { all[place] = string }
        return try Tensor(strings: all, shape: shape)
    }
    return try call.moving([values]) { values in
        try values.map { values in
            let width = values.elementType.bitWidth / 8
            return try call.make(values.elementType, shape, as: UInt8.self) { out in
                out.update(repeating: 0)
                try values.withElements(UInt8.self) { source in
                    for (position, place) in places.enumerated() {
                        for byte in 0..<width { out[place * width + byte] = source[position * width + byte] }
                    }
                }
            }
        }
    }[0]
}
