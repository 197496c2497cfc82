import GraphIR

/// A scale or bias of a normalization: numbers for the elements of one row, the same for all rows or other ones for each.
struct RowScale: Sendable {
    private let values: [Double]
    private let length: Int
    private let isShared: Bool

    /// - Parameters:
    ///   - tensor: must broadcast to `shape`; without it, all elements are `fallback`.
    ///   - start: the axis from which on a row's elements lie.
    /// - Throws: `op.argument` where the tensor doesn't broadcast.
    init(_ call: Call, _ tensor: Tensor?, _ name: String, shape: [Int], from start: Int, fallback: Double) throws {
        let inner = Array(shape[start...])
        length = product(inner)
        guard let tensor else {
            try call.check(.float64, inner)
            (values, isShared) = ([Double](repeating: fallback, count: length), true)
            return
        }
        guard try broadcastShape([shape, tensor.shape]) == shape else {
            throw GraphError(.argument, "shape \(tensor.shape) doesn't broadcast to \(shape)", argument: name)
        }
        isShared = product(tensor.shape.dropLast(inner.count)) == 1
        let own = isShared ? Array(tensor.shape.suffix(inner.count)) : tensor.shape
        let target = isShared ? inner : shape
        try call.check(.float64, target)
        let expanded = try call.strided(
            tensor.reshaped(own), shape: target, strides: broadcastStrides(own, to: target), offset: 0)
        values = try expanded.doubles()
    }

    /// Calls `body` with the numbers of a row.
    @inline(__always)
    func withRow<R>(_ row: Int, _ body: (UnsafePointer<Double>) throws -> R) rethrows -> R? {
        try values.withUnsafeBufferPointer { buffer in
            try buffer.baseAddress.map { try body($0 + (isShared ? 0 : row * length)) }
        }
    }
}
