/// A dense array: contiguous, row-major, little-endian; several elements to a byte for the sub-byte types.
///
/// Its bytes may still lie in a file. What a file holds in another layout becomes one through a ``ByteSource`` that
/// rearranges as it is read.
public struct Tensor: Sendable {
    /// What a tensor holds.
    public enum Contents: Sendable {
        case bytes(Bytes)
        /// Elements of type `string`; ONNX says that they are bytes, most often UTF-8.
        case strings([[UInt8]])
    }

    /// The type of the elements.
    public let elementType: ElementType
    /// The dimensions; empty for a scalar.
    public let shape: [Int]
    /// Where the elements are.
    public let contents: Contents

    /// - Throws: `tensor.shape` where a dimension is negative or the product overflows, `tensor.bounds` where `bytes`
    ///   is not as long as type and shape say, `tensor.dtype` for strings.
    public init(_ elementType: ElementType, shape: [Int], bytes: Bytes) throws {
        let wanted = try Tensor.byteCount(elementType, shape: shape)
        guard bytes.count == wanted else {
            throw FormatError(
                .tensorBounds,
                "\(elementType.onnxName) of shape \(shape) takes \(wanted) bytes, there are \(bytes.count)")
        }
        self.elementType = elementType
        self.shape = shape
        self.contents = .bytes(bytes)
    }

    /// A tensor of strings.
    /// - Throws: `tensor.shape` or `tensor.bounds` where shape and count disagree.
    public init(strings: [[UInt8]], shape: [Int]) throws {
        guard let count = shape.checkedProduct() else {
            throw FormatError(.tensorShape, "shape \(shape) has a negative dimension or too many elements")
        }
        guard count == strings.count else {
            throw FormatError(.tensorBounds, "shape \(shape) holds \(count) strings, there are \(strings.count)")
        }
        self.elementType = .string
        self.shape = shape
        self.contents = .strings(strings)
    }

    /// The greatest rank that a tensor may have: PyTorch stops at 64, NumPy at 64; a file that asks for more is hostile.
    public static let maximumRank = 1024

    /// Bytes that a tensor takes.
    /// - Throws: `tensor.shape`, or `tensor.dtype` for strings.
    public static func byteCount(_ elementType: ElementType, shape: [Int]) throws -> Int {
        guard elementType != .string else {
            throw FormatError(.tensorDtype, "strings have no fixed size in bytes")
        }
        guard shape.count <= maximumRank else {
            throw FormatError(.tensorShape, "rank \(shape.count), at most \(maximumRank) is read")
        }
        guard let count = shape.checkedProduct(), let bytes = elementType.byteCount(of: count) else {
            throw FormatError(.tensorShape, "shape \(shape) has a negative dimension or too many elements")
        }
        return bytes
    }

    /// The number of elements.
    public var count: Int { shape.checkedProduct() ?? 0 }

    /// The raw bytes.
    /// - Throws: `tensor.dtype` for strings.
    public func bytes() throws -> Bytes {
        guard case .bytes(let bytes) = contents else {
            throw FormatError(.tensorDtype, "a tensor of strings has no raw bytes")
        }
        return bytes
    }

    /// The same elements under another shape of as many.
    public func reshaped(_ shape: [Int]) throws -> Tensor {
        switch contents {
        case .bytes(let bytes): try Tensor(elementType, shape: shape, bytes: bytes)
        case .strings(let strings): try Tensor(strings: strings, shape: shape)
        }
    }

    /// The same tensor in memory.
    public func loaded() throws -> Tensor {
        guard case .bytes(let bytes) = contents else { return self }
        return try Tensor(elementType, shape: shape, bytes: bytes.loaded())
    }
}

/// A Swift number type whose bits are those of an element type.
public protocol TensorElement: BitwiseCopyable, Sendable {
    static var elementType: ElementType { get }
}

extension Float: TensorElement { public static var elementType: ElementType { .float32 } }
extension Double: TensorElement { public static var elementType: ElementType { .float64 } }
extension Int8: TensorElement { public static var elementType: ElementType { .int8 } }
extension Int16: TensorElement { public static var elementType: ElementType { .int16 } }
extension Int32: TensorElement { public static var elementType: ElementType { .int32 } }
extension Int64: TensorElement { public static var elementType: ElementType { .int64 } }
extension UInt8: TensorElement { public static var elementType: ElementType { .uint8 } }
extension UInt16: TensorElement { public static var elementType: ElementType { .uint16 } }
extension UInt32: TensorElement { public static var elementType: ElementType { .uint32 } }
extension UInt64: TensorElement { public static var elementType: ElementType { .uint64 } }

extension Tensor {
    /// A tensor of a Swift array.
    /// - Throws: `tensor.bounds` where `shape` doesn't hold as many elements.
    public init<Element: TensorElement>(_ elements: [Element], shape: [Int]) throws {
        let bytes = elements.withUnsafeBytes { [UInt8]($0) }
        try self.init(Element.elementType, shape: shape, bytes: Bytes(bytes).loaded())
    }

    /// A scalar.
    public init<Element: TensorElement>(scalar: Element) throws {
        try self.init([scalar], shape: [])
    }

    /// The elements as a Swift array.
    /// - Throws: `tensor.dtype` where the tensor holds another type.
    public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws -> [Element] {
        guard elementType == Element.elementType else {
            throw FormatError(
                .tensorDtype, "holds \(elementType.onnxName), asked for \(Element.elementType.onnxName)")
        }
        return try bytes().withUnsafeBytes { raw in
            let count = raw.count / MemoryLayout<Element>.stride
            return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
                initialized = count
            }
        }
    }
}
