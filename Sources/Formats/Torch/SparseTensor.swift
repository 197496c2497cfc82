import GraphIR

/// Sparse tensors made dense: the indices are checked at once, the dense bytes are made when they are read.
enum SparseTensor {
    /// Bytes up to which any sparse tensor is made dense; larger ones must hold values in proportion.
    private static let maximumDense = 1 << 26

    /// `torch.sparse_coo_tensor`: `indices` has one row for each sparse dimension, `values` one block for each column.
    static func coordinates(_ indices: Tensor, _ values: Tensor, shape: [Int]) throws -> Bytes {
        let sparseRank = indices.shape.first ?? 0
        guard indices.shape.count == 2, let count = indices.shape.last, values.shape.first == count,
            sparseRank <= shape.count, Array(values.shape.dropFirst()) == Array(shape.dropFirst(sparseRank))
        else {
            throw FormatError(
                .tensorShape, "indices \(indices.shape) and values \(values.shape) don't make a tensor of \(shape)")
        }
        // No place is outside of the dense tensor, so none of the products below is beyond its size: but of an empty
        // tensor the size says nothing.
        guard count == 0 || !shape.contains(0) else {
            throw FormatError(.tensorBounds, "\(count) values in a tensor of shape \(shape), which holds none")
        }
        let numbers = try integers(indices)
        var positions = Array(repeating: 0, count: count)
        for axis in 0..<sparseRank {
            for column in 0..<count {
                let index = numbers[axis * count + column]
                guard index >= 0, index < shape[axis] else { throw outside(index, shape[axis]) }
                positions[column] = positions[column] * shape[axis] + index
            }
        }
        return try scatter(values, to: positions, shape: shape)
    }

    /// `torch.sparse_csr_tensor` and, with `byRow` false, `torch.sparse_csc_tensor`, of matrices.
    static func compressed(outer: Tensor, inner: Tensor, values: Tensor, shape: [Int], byRow: Bool) throws -> Bytes {
        guard shape.count == 2, outer.shape.count == 1, inner.shape.count == 1, values.shape == inner.shape else {
            throw FormatError(
                .tensorShape, "a compressed sparse tensor of shape \(shape): only matrices are read",
                faultClass: .unsupported)
        }
        let bounds = try integers(outer), indices = try integers(inner)
        let lines = byRow ? shape[0] : shape[1], columns = byRow ? shape[1] : shape[0]
        guard bounds.count == lines.adding(checked: 1), bounds.first == 0, bounds.last == indices.count else {
            throw FormatError(.tensorShape, "\(bounds.count) compressed indices for \(lines) lines")
        }
        var positions: [Int] = []
        for line in 0..<lines {
            guard bounds[line] <= bounds[line + 1], bounds[line] >= 0, bounds[line + 1] <= indices.count else {
                throw FormatError(.tensorBounds, "compressed indices fall from \(bounds[line]) to \(bounds[line + 1])")
            }
            for index in indices[bounds[line]..<bounds[line + 1]] {
                guard index >= 0, index < columns else { throw outside(index, columns) }
                positions.append(byRow ? line * columns + index : index * lines + line)
            }
        }
        return try scatter(values, to: positions, shape: shape)
    }

    private static func outside(_ index: Int, _ size: Int) -> FormatError {
        FormatError(.tensorBounds, "a sparse index of \(index) in a dimension of \(size)")
    }

    private static func integers(_ tensor: Tensor) throws -> [Int] {
        switch tensor.elementType {
        case .int64: return try tensor.array(of: Int64.self).map { Int($0) }
        case .int32: return try tensor.array(of: Int32.self).map { Int($0) }
        default: throw FormatError(.tensorDtype, "sparse indices are \(tensor.elementType.onnxName), expected INT64")
        }
    }

    private static func scatter(_ values: Tensor, to positions: [Int], shape: [Int]) throws -> Bytes {
        guard Set(positions).count == positions.count else {
            throw FormatError(
                .tensorValue, "a sparse tensor has several values at one place",
                hint: "save it after .coalesce()", faultClass: .unsupported)
        }
        let total = try Tensor.byteCount(values.elementType, shape: shape)
        let source = try values.bytes()
        guard total <= maximumDense || total / TensorLayout.maximumExpansion <= source.count else {
            throw FormatError(
                .limitMemory, "takes \(total) bytes once it is made dense, out of \(source.count) in the file")
        }
        let block = positions.isEmpty ? 0 : source.count / positions.count
        return Bytes(
            ComputedSource(count: total) {
                Bytes(
                    try HeapSource(count: total) { target in
                        try source.withUnsafeBytes { raw in
                            for (index, position) in positions.enumerated() {
                                let from = index * block, to = position * block
                                UnsafeMutableRawBufferPointer(rebasing: target[to..<(to + block)]).copyMemory(
                                    from: UnsafeRawBufferPointer(rebasing: raw[from..<(from + block)]))
                            }
                        }
                    })
            })
    }
}
