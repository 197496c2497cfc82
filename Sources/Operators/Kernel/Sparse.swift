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
    guard values.elementType != .string, values.elementType.bitWidth >= 8 else {
        throw GraphError(.unsupportedArgument, "sparse tensors of \(values.elementType.onnxName)")
    }
    let indices = try record.indices.tensor.array(of: Int64.self)
    let width = values.elementType.bitWidth / 8
    let strides = rowMajorStrides(shape)
    let total = product(shape)
    let columns = record.indices.tensor.shape.count == 2 ? shape.count : 1
    guard indices.count == values.count * columns else {
        throw GraphError(.invalid, "a sparse tensor of \(values.count) values and \(indices.count) indices")
    }
    return try call.make(values.elementType, shape, as: UInt8.self) { out in
        out.update(repeating: 0)
        try values.withElements(UInt8.self) { source in
            for position in 0..<values.count {
                var at = 0
                if record.indices.tensor.shape.count == 2 {
                    for axis in 0..<columns {
                        let index = indices[position * columns + axis]
                        guard index >= 0, index < shape[axis] else {
                            throw GraphError(.invalid, "a sparse tensor's index \(index) at axis \(axis) of \(shape)")
                        }
                        at += Int(index) * strides[axis]
                    }
                } else {
                    guard let index = Int(exactly: indices[position]), index >= 0, index < total else {
                        throw GraphError(.invalid, "a sparse tensor's index \(indices[position]) of \(total)")
                    }
                    at = index
                }
                for byte in 0..<width { out[at * width + byte] = source[position * width + byte] }
            }
        }
    }
}
