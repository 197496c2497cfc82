import GraphIR
import Synchronization

/// The same numbers in another order of axes: what `transpose` and `reshape` do to a checkpoint of another layout. Bits
/// stay as they are; the elements are moved when the tensor is read.
extension Tensor {
    /// Axis `i` of the result is axis `order[i]` of this tensor.
    /// - Throws: `tensor.shape` where `order` is none of its axes.
    func permuted(_ order: [Int]) throws -> Tensor {
        let bits = elementType.bitWidth
        guard order.sorted() == Array(shape.indices), bits % 8 == 0 else {
            throw FormatError(
                .tensorShape, "\(elementType.onnxName) \(shape) can't have its axes in the order \(order)")
        }
        let source = PermutedSource(try bytes(), itemSize: bits / 8, shape: shape, order: order)
        return try Tensor(elementType, shape: order.map { shape[$0] }, bytes: Bytes(source))
    }

    /// Axes made one: `[a, b, c]` with 1 and 2 joined is `[a, b·c]`.
    /// - Throws: `tensor.shape` where there are no such axes.
    func joined(_ axes: ClosedRange<Int>) throws -> Tensor {
        guard shape.indices.contains(axes.lowerBound), shape.indices.contains(axes.upperBound),
            let size = shape[axes].checkedProduct()
        else { throw FormatError(.tensorShape, "\(shape) has no axes \(axes.lowerBound) to \(axes.upperBound)") }
        return try reshaped(Array(shape[..<axes.lowerBound]) + [size] + shape[(axes.upperBound + 1)...])
    }

    /// A run of items of the first axis.
    /// - Throws: `tensor.shape` where they aren't there.
    func rows(_ range: Range<Int>) throws -> Tensor {
        let size = try Tensor.byteCount(elementType, shape: Array(shape.dropFirst()))
        let whole = try bytes()
        guard let count = shape.first, range.lowerBound >= 0, range.upperBound <= count,
            size.multiplied(checked: count) == whole.count
        else { throw FormatError(.tensorShape, "\(elementType.onnxName) \(shape) has no rows \(range)") }
        return try Tensor(
            elementType, shape: [range.count] + shape.dropFirst(),
            bytes: whole.slice(at: range.lowerBound * size, count: range.count * size))
    }

    /// The items of the first axis, each a tensor of one axis fewer.
    /// - Throws: `tensor.shape` for a scalar.
    func items() throws -> [Tensor] {
        guard let count = shape.first else { throw FormatError(.tensorShape, "a scalar has no items") }
        let whole = try bytes()
        let rest = Array(shape.dropFirst())
        let size = try Tensor.byteCount(elementType, shape: rest)
        guard count <= 65536, size.multiplied(checked: count) == whole.count else {
            throw FormatError(.tensorShape, "\(elementType.onnxName) \(shape) isn't cut into its items")
        }
        return try (0..<count).map {
            try Tensor(elementType, shape: rest, bytes: whole.slice(at: $0 * size, count: size))
        }
    }
}

extension StateDict {
    /// The same with other tensors in the place of those for which `parts` has some.
    func cutting(_ parts: (String, Tensor) throws -> [(String, Tensor)]?) rethrows -> StateDict {
        var result = StateDict()
        result.metadata = metadata
        for (key, tensor) in tensors {
            for (name, part) in try parts(key.string, tensor) ?? [(key.string, tensor)] { result[name] = part }
        }
        return result
    }
}

/// A tensor's bytes with its axes in another order, made at the first read and given up after the last.
private final class PermutedSource: ByteSource {
    let count: Int
    private let bytes: Bytes
    private let itemSize: Int
    private let shape: [Int]
    private let order: [Int]
    private let made = Mutex<Bytes?>(nil)

    init(_ bytes: Bytes, itemSize: Int, shape: [Int], order: [Int]) {
        self.bytes = bytes
        self.itemSize = itemSize
        self.shape = shape
        self.order = order
        count = bytes.count
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let whole = try made.withLock { held -> Bytes in
            if let held { return held }
            let bytes = Bytes(try permuted())
            held = bytes
            return bytes
        }
        try whole.read(at: offset, into: buffer)
        if offset + buffer.count == count { made.withLock { $0 = nil } }
    }

    /// The bytes in the new order. As many as the tensor has, which the file holds.
    private func permuted() throws -> [UInt8] {
        var strides = [Int](repeating: itemSize, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        let sizes = order.map { shape[$0] }
        let steps = order.map { strides[$0] }
        return try bytes.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
                var index = [Int](repeating: 0, count: sizes.count)
                var from = 0
                for to in stride(from: 0, to: count, by: itemSize) {
                    for byte in 0..<itemSize { target[to + byte] = source[from + byte] }
                    var axis = sizes.count - 1
                    while axis >= 0 {
                        index[axis] += 1
                        from += steps[axis]
                        if index[axis] < sizes[axis] { break }
                        from -= steps[axis] * sizes[axis]
                        index[axis] = 0
                        axis -= 1
                    }
                }
                initialized = count
            }
        }
    }
}
