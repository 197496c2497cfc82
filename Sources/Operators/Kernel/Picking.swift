import GraphIR

/// Picking blocks of elements by where they begin: what the Gather and Scatter operators, Compress, Unique … share.
extension Call {
    /// The elements of an input of indices, int32 or int64, of any rank.
    func indices(_ position: Int) throws -> [Int] {
        let tensor = try input(position)
        try check(.int64, tensor.shape)
        return try with(inputs: [tensor.reshaped([tensor.count])]).integers(0) ?? []
    }

    /// Blocks of `length` elements that begin at `offsets`, one after the other. The caller has seen to it that they
    /// are within the input.
    func picked(_ x: Tensor, offsets: [Int], length: Int, shape: [Int]) throws -> Tensor {
        let moved = try moving([x]) { x in
            let block = length * x[0].elementType.bitWidth / 8
            let width = x[0].elementType.bitWidth / 8
            let result = try make(x[0].elementType, shape, as: UInt8.self) { out in
                try x[0].withElements(UInt8.self) { source in
                    guard let from = source.baseAddress, let to = out.baseAddress, !out.isEmpty else { return }
                    for (position, offset) in offsets.enumerated() {
                        copyElement(from + offset * width, to + position * block, block)
                    }
                }
            }
            return [result]
        }
        return moved.first ?? x
    }

    /// A copy of `data` with the blocks of `updates` put where `offsets` say, in order.
    func placed(_ updates: Tensor, into data: Tensor, offsets: [Int], length: Int) throws -> Tensor {
        let moved = try moving([data, updates]) { tensors in
            let width = tensors[0].elementType.bitWidth / 8
            let block = length * width
            let result = try make(tensors[0].elementType, data.shape, as: UInt8.self) { out in
                try tensors[0].withElements(UInt8.self) { old in
                    try tensors[1].withElements(UInt8.self) { new in
                        guard let to = out.baseAddress, let old = old.baseAddress, !out.isEmpty else { return }
                        to.update(from: old, count: out.count)
                        guard let new = new.baseAddress else { return }
                        for (position, offset) in offsets.enumerated() {
                            copyElement(new + position * block, to + offset * width, block)
                        }
                    }
                }
            }
            return [result]
        }
        return moved.first ?? data
    }

    /// For each element of `indices`, the place in a tensor of `shape` that has the element's own position, but the
    /// index along `axis`.
    func elementOffsets(_ indices: [Int], _ indexShape: [Int], along axis: Int, in shape: [Int]) throws -> [Int] {
        guard indexShape.count == shape.count else {
            throw GraphError(
                .argument, "shape \(indexShape) is not of the data's rank \(shape.count)", argument: "indices")
        }
        for other in shape.indices where other != axis && indexShape[other] > shape[other] {
            throw GraphError(.argument, "shape \(indexShape) goes beyond the data's \(shape)", argument: "indices")
        }
        try check(.int64, indexShape)
        var steps = rowMajorStrides(shape)
        let step = steps[axis]
        steps[axis] = 0
        let last = shape.count - 1
        var offsets: [Int] = []
        offsets.reserveCapacity(indices.count)
        try forEachRow(indexShape, [steps]) { start in
            for column in 0..<indexShape[last] {
                let index = try normalized(index: indices[offsets.count], size: shape[axis])
                offsets.append(start[0] + column * steps[last] + index * step)
            }
        }
        return offsets
    }

    /// For each tuple of `indices` (the last axis), the first element of the slice that it names.
    /// - Parameter batchDimensions: leading axes that data and indices have in common.
    /// - Returns: the places, and how many elements each slice has.
    func tupleOffsets(
        _ indices: [Int], _ indexShape: [Int], in shape: [Int], batchDimensions: Int = 0
    ) throws -> (offsets: [Int], length: Int) {
        guard let size = indexShape.last, !shape.isEmpty else {
            throw GraphError(.argument, "data and indices must be of rank 1 or more", argument: "indices")
        }
        guard batchDimensions >= 0, batchDimensions < Swift.min(shape.count, indexShape.count),
            shape[..<batchDimensions] == indexShape[..<batchDimensions]
        else {
            throw GraphError(
                .argument,
                "data of shape \(shape) and indices of shape \(indexShape) have no \(batchDimensions) axes"
                    + " in common", argument: "batch_dims")
        }
        guard size <= shape.count - batchDimensions else {
            throw GraphError(
                .argument, "tuples of \(size) for data of rank \(shape.count - batchDimensions)", argument: "indices")
        }
        let strides = rowMajorStrides(shape)
        let length = product(shape[(batchDimensions + size)...])
        let tuples = product(indexShape.dropLast())
        try check(.int64, [tuples])
        let perBatch = product(indexShape[batchDimensions...].dropLast())
        let batch = product(shape[batchDimensions...])
        let offsets = try (0..<tuples).map { tuple in
            var offset = tuple / perBatch * batch
            for place in 0..<size {
                let axis = batchDimensions + place
                offset += try normalized(index: indices[tuple * size + place], size: shape[axis]) * strides[axis]
            }
            return offset
        }
        return (offsets, length)
    }

    /// Everything that a tensor of this type is before it is filled: 0, false, the empty string.
    func zero(of type: ElementType) throws -> Tensor {
        if type == .string { return try Tensor(strings: [[]], shape: []) }
        return try make(type, [], as: UInt8.self) { $0.update(repeating: 0) }
    }

    /// The tensor's elements read through other axes: its shape is taken for `shape`, the axes are put in the order
    /// `axes`, and the result is given as `result`.
    func rearranged(_ x: Tensor, as shape: [Int], axes: [Int], result: [Int]) throws -> Tensor {
        let strides = rowMajorStrides(shape)
        let moved = try moving([x]) { x in
            [try strided(x[0], shape: axes.map { shape[$0] }, strides: axes.map { strides[$0] }, offset: 0)]
        }
        return try (moved.first ?? x).reshaped(result)
    }
}

/// An index counted from 0; negative ones count from the end.
/// - Throws: `op.argument` where it is outside of `-size..<size`.
func normalized(index: Int, size: Int, _ name: String = "indices") throws -> Int {
    guard index >= -size, index < size else {
        throw GraphError(.argument, "index \(index) is outside of \(-size)..<\(size)", argument: name)
    }
    return index < 0 ? index + size : index
}
