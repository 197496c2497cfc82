/// The element types of ONNX's `TensorProto.DataType`, with its numbers (IR version 14).
public enum ElementType: Int32, Sendable, CaseIterable, Hashable {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float16 = 10
    case float64 = 11
    case uint32 = 12
    case uint64 = 13
    case complex64 = 14
    case complex128 = 15
    case bfloat16 = 16
    case float8e4m3fn = 17
    case float8e4m3fnuz = 18
    case float8e5m2 = 19
    case float8e5m2fnuz = 20
    case uint4 = 21
    case int4 = 22
    case float4e2m1 = 23
    case float8e8m0 = 24
    case uint2 = 25
    case int2 = 26
    case float6e2m3 = 27
    case float6e3m2 = 28

    /// Bits of one element; 0 for strings. The six-bit floats are stored one to a byte; files that
    /// pack them are unpacked as they are read.
    public var bitWidth: Int {
        switch self {
        case .string: 0
        case .uint2, .int2: 2
        case .uint4, .int4, .float4e2m1: 4
        case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
            .float6e2m3, .float6e3m2:
            8
        case .uint16, .int16, .float16, .bfloat16: 16
        case .float32, .int32, .uint32: 32
        case .float64, .int64, .uint64, .complex64: 64
        case .complex128: 128
        }
    }

    /// Bytes that `count` elements take, several to a byte for the sub-byte types; `nil` where that doesn't fit or the
    /// type is `string`.
    public func byteCount(of count: Int) -> Int? {
        guard self != .string, count >= 0 else { return nil }
        if bitWidth >= 8 { return count.multiplied(checked: bitWidth / 8) }
        return count.multiplied(checked: bitWidth)?.adding(checked: 7).map { $0 / 8 }
    }

    /// ONNX's name of it, as in `TensorProto.DataType`.
    public var onnxName: String {
        switch self {
        case .float32: "FLOAT"
        case .float64: "DOUBLE"
        default: String(describing: self).uppercased()
        }
    }

    /// The name that PyTorch and NumPy give it: `float32`, `int64`.
    public var name: String { String(describing: self) }

    /// Whether it is a real floating-point type, however narrow.
    public var isFloatingPoint: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
            .float8e8m0, .float4e2m1, .float6e2m3, .float6e3m2:
            true
        default: false
        }
    }
}
