import GraphIR

/// The field of a `TensorProto` that holds elements of a type when `raw_data` doesn't.
enum TypedField: UInt32 {
    case float = 4
    case int32 = 5
    case int64 = 7
    case double = 10
    case uint64 = 11

    /// - Returns: `nil` for strings, which have a field of their own.
    init?(_ type: ElementType) {
        switch type {
        case .float32, .complex64: self = .float
        case .float64, .complex128: self = .double
        case .int64: self = .int64
        case .uint32, .uint64: self = .uint64
        case .string: return nil
        default: self = .int32
        }
    }

    var onnxName: String {
        switch self {
        case .float: "float_data"
        case .int32: "int32_data"
        case .int64: "int64_data"
        case .double: "double_data"
        case .uint64: "uint64_data"
        }
    }
}

/// Bytes of one file put together of several places in it.
final class JoinedSource: ByteSource {
    /// Bytes that are read at once where regions are small.
    private static let windowSize = 1 << 16

    private let file: FileSource
    private let regions: [TensorPayload.Region]
    /// Where each region starts in the whole.
    private let starts: [Int]
    let count: Int

    init(_ file: FileSource, _ regions: [TensorPayload.Region]) {
        self.file = file
        self.regions = regions
        var total = 0
        var starts: [Int] = []
        for region in regions {
            starts.append(total)
            total += region.count  // Together they are no more than the file.
        }
        self.starts = starts
        self.count = total
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var low = 0
        var high = starts.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        var done = 0
        var index = low
        // Numbers that weren't packed lie a few bytes apart: one read serves many.
        var window: [UInt8] = []
        var windowStart = 0
        while done < buffer.count, index < regions.count {
            let within = offset + done - starts[index]
            let length = min(buffer.count - done, regions[index].count - within)
            if length > 0 {
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + length)])
                let position = regions[index].offset + within
                if length >= Self.windowSize / 16 {
                    try file.read(at: position, into: piece)
                } else {
                    if position < windowStart || position + length > windowStart + window.count {
                        window = try Bytes(file, at: position, count: min(Self.windowSize, file.count - position))
                            .array()
                        windowStart = position
                    }
                    let from = position - windowStart
                    window.withUnsafeBytes {
                        piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[from..<(from + length)]))
                    }
                }
                done += length
            }
            index += 1
        }
    }
}

extension TensorPayload {
    /// The regions of one typed field as bytes: the field's encoding without tags.
    static func bytes(_ regions: [Region], in file: FileSource) throws -> Bytes {
        if regions.count == 1, let only = regions.first {
            return try Bytes(file, at: only.offset, count: only.count)
        }
        return Bytes(JoinedSource(file, regions))
    }
}

/// Whether `raw_data` and external files hold the type's elements four to three bytes; our tensors give each a byte.
func isPackedInSixBits(_ type: ElementType) -> Bool { type == .float6e2m3 || type == .float6e3m2 }

/// Bytes that a tensor takes in `raw_data` or an external file.
/// - Throws: what ``Tensor/byteCount(_:shape:)`` throws.
func storedByteCount(_ type: ElementType, shape: [Int]) throws -> Int {
    let count = try Tensor.byteCount(type, shape: shape)
    return isPackedInSixBits(type) ? UnpackedSixBits.packedCount(count) : count
}

/// The tensor that lies in `raw_data` or an external file.
/// - Throws: `tensor.bounds` where the bytes are more or fewer than type and shape say.
func storedTensor(_ type: ElementType, shape: [Int], _ bytes: Bytes) throws -> Tensor {
    guard isPackedInSixBits(type) else { return try Tensor(type, shape: shape, bytes: bytes) }
    let wanted = try storedByteCount(type, shape: shape)
    guard bytes.count == wanted else {
        throw FormatError(
            .tensorBounds, "\(type.onnxName) of shape \(shape) takes \(wanted) bytes, there are \(bytes.count)")
    }
    let count = try Tensor.byteCount(type, shape: shape)
    return try Tensor(type, shape: shape, bytes: Bytes(UnpackedSixBits(bytes, count: count)))
}

/// Decodes a typed data field whose elements are variable-length numbers into little-endian elements.
/// - Throws: `tensor.bounds` where there are more or fewer than `elementType` and `byteCount` say, `tensor.value` where
///   one doesn't fit its type, `proto.malformed` where a number is cut off.
func decodeVarints(_ encoded: Bytes, as elementType: ElementType, byteCount: Int) throws -> Bytes {
    // One number per element, but per byte of several elements for the sub-byte types.
    let width = max(elementType.bitWidth / 8, 1)
    let wanted = byteCount / width
    let range = allowedRange(elementType)
    guard wanted <= encoded.count else {
        throw FormatError(.tensorBounds, "needs \(wanted) numbers, there are at most \(encoded.count)")
    }
    let heap = try HeapSource(count: byteCount) { target in
        var found = 0
        var value: UInt64 = 0
        var shift: UInt64 = 0
        try encoded.forEachChunk { chunk in
            for byte in chunk {
                guard shift < 64 else { throw FormatError(.protoMalformed, "a number is longer than 64 bits") }
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte >= 0x80 { continue }
                guard found < wanted else {
                    throw FormatError(.tensorBounds, "needs \(wanted) numbers, there are more")
                }
                // Protobuf reads the low 32 bits of a number for an `int32` field.
                let isInt32 = TypedField(elementType) == .int32
                let number = isInt32 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
                if let range, !range.contains(number) {
                    throw FormatError(.tensorValue, "\(number) is no \(elementType.onnxName)")
                }
                withUnsafeBytes(of: number.littleEndian) { bits in
                    for index in 0..<width { target[found * width + index] = bits[index] }
                }
                found += 1
                value = 0
                shift = 0
            }
        }
        guard shift == 0 else { throw FormatError(.protoMalformed, "the last number is cut off") }
        guard found == wanted else {
            throw FormatError(.tensorBounds, "needs \(wanted) numbers, there are \(found)")
        }
    }
    return Bytes(heap)
}

/// The numbers that a typed field may hold for an element type; `nil` where all fit.
private func allowedRange(_ type: ElementType) -> ClosedRange<Int64>? {
    switch type {
    case .bool: 0...1
    case .int8: -128...127
    case .int16: -32768...32767
    case .uint16, .float16, .bfloat16: 0...65535
    case .uint32: 0...Int64(UInt32.max)
    case .int32, .int64, .uint64: nil
    // Two's-complement bytes of packed signed elements are found sign-extended, too.
    case .int4, .int2: -128...255
    default: 0...255
    }
}

/// The numbers of a typed field for a tensor's bytes.
/// - Parameter body: gets each element's bits, sign-extended for signed types.
func forEachNumber(_ bytes: Bytes, _ type: ElementType, _ body: (Int64) -> Void) throws {
    let width = max(type.bitWidth / 8, 1)
    let signed = [ElementType.int8, .int16, .int32, .int64].contains(type)
    // The chunk size is a multiple of every width.
    try bytes.forEachChunk { chunk in
        var position = 0
        while position + width <= chunk.count {
            var bits: UInt64 = 0
            for index in 0..<width { bits |= UInt64(chunk[position + index]) << UInt64(8 * index) }
            let unused = UInt64(64 - 8 * width)
            body(signed ? Int64(bitPattern: bits << unused) >> Int64(unused) : Int64(bitPattern: bits))
            position += width
        }
    }
}
