import GraphIR

/// Size, strides and offset of a view into a storage, checked against it (`torch.as_strided`).
struct TensorLayout {
    let shape: [Int]
    /// In elements, like `torch.Tensor.stride()`.
    let strides: [Int]
    let itemSize: Int
    /// Bytes of the dense tensor.
    let byteCount: Int
    /// First byte in the storage.
    let firstByte: Int
    /// Bytes from the first to behind the last element.
    let spanBytes: Int
    let isContiguous: Bool

    /// How much larger than its storage a view may become when it is made dense, and from which size on that counts.
    /// Expanded biases and masks are small; a file that asks for gigabytes out of a few bytes is meant to hurt.
    static let maximumExpansion = 1024
    static let expansionThreshold = 1 << 28

    /// - Throws: `tensor.shape` for negative or disagreeing numbers, `tensor.bounds` for a view that reaches outside of
    ///   the storage's `storageBytes`, `limit.memory` for one that is beyond all proportion to it.
    init(_ type: ElementType, shape: [Int], strides: [Int], offset: Int, storageBytes: Int) throws {
        guard shape.count == strides.count else {
            throw FormatError(.tensorShape, "\(shape.count) sizes and \(strides.count) strides")
        }
        byteCount = try Tensor.byteCount(type, shape: shape)
        itemSize = Swift.max(1, type.bitWidth / 8)
        guard strides.allSatisfy({ $0 >= 0 }) else {
            throw FormatError(.tensorShape, "strides \(strides), expected none below 0")
        }
        guard offset >= 0 else {
            throw FormatError(.tensorBounds, "storage offset \(offset), expected none below 0")
        }
        self.shape = shape
        self.strides = strides
        guard byteCount > 0 else {
            firstByte = 0
            spanBytes = 0
            isContiguous = true
            return
        }
        var last: Int? = 0
        for (size, stride) in zip(shape, strides) {
            last = last.flatMap { sum in (size - 1).multiplied(checked: stride).flatMap { sum.adding(checked: $0) } }
        }
        guard let last, let first = offset.multiplied(checked: itemSize),
            let span = last.adding(checked: 1)?.multiplied(checked: itemSize),
            let end = first.adding(checked: span), end <= storageBytes
        else {
            throw FormatError(
                .tensorBounds,
                "a view of shape \(shape) and strides \(strides) at \(offset) reaches outside of its storage of "
                    + "\(storageBytes) bytes",
                hint: "the file is damaged or was made to read other memory")
        }
        if byteCount > Self.expansionThreshold, byteCount / Self.maximumExpansion > span {
            throw FormatError(
                .limitMemory, "takes \(byteCount) bytes once it is made dense, out of \(span) in the file")
        }
        firstByte = first
        spanBytes = span
        var dense = 1
        var contiguous = true
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            if stride != dense {
                contiguous = false
                break
            }
            dense = dense.multiplied(checked: size) ?? Int.max
        }
        isContiguous = contiguous
    }

    /// The view as dense bytes: a slice where it lies that way, else rearranged as it is read.
    func bytes(of storage: Bytes) throws -> Bytes {
        if byteCount == 0 { return Bytes([]) }
        if isContiguous { return try storage.slice(at: firstByte, count: byteCount) }
        return Bytes(try StridedSource(storage, layout: self))
    }

    /// Row-major strides of a shape.
    static func denseStrides(_ shape: [Int]) -> [Int] {
        var strides = Array(repeating: 1, count: shape.count)
        var product = 1
        for axis in shape.indices.reversed() {
            strides[axis] = product
            product = product.multiplied(checked: Swift.max(1, shape[axis])) ?? Int.max
        }
        return strides
    }
}
