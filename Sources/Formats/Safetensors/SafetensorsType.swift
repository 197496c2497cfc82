import GraphIR

/// safetensors' names of element types, in the order of its reference implementation: a writer puts the tensors of later
/// types first, so that each starts at a multiple of its size.
enum SafetensorsType: Int, CaseIterable, Comparable {
    case BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ
    case I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64

    static let byName: [String: SafetensorsType] = Dictionary(
        allCases.map { (String(describing: $0), $0) }, uniquingKeysWith: { first, _ in first })

    private static let byElementType: [ElementType: SafetensorsType] = Dictionary(
        allCases.map { ($0.elementType, $0) }, uniquingKeysWith: { first, _ in first })

    /// - Throws: `tensor.dtype` (unsupported) where the format has no such type.
    init(_ elementType: ElementType) throws {
        guard let type = Self.byElementType[elementType] else {
            throw FormatError(
                .tensorDtype, "safetensors has no type for \(elementType.onnxName)",
                hint: "write .onnx, which has", faultClass: .unsupported)
        }
        self = type
    }

    var elementType: ElementType {
        switch self {
        case .BOOL: .bool
        case .F4: .float4e2m1
        case .F6_E2M3: .float6e2m3
        case .F6_E3M2: .float6e3m2
        case .U8: .uint8
        case .I8: .int8
        case .F8_E5M2: .float8e5m2
        case .F8_E4M3: .float8e4m3fn
        case .F8_E8M0: .float8e8m0
        case .F8_E4M3FNUZ: .float8e4m3fnuz
        case .F8_E5M2FNUZ: .float8e5m2fnuz
        case .I16: .int16
        case .U16: .uint16
        case .F16: .float16
        case .BF16: .bfloat16
        case .I32: .int32
        case .U32: .uint32
        case .F32: .float32
        case .C64: .complex64
        case .F64: .float64
        case .I64: .int64
        case .U64: .uint64
        }
    }

    /// Bits of one element in the file. Other than ours for the six-bit floats, which the file packs.
    var bitWidth: Int {
        switch self {
        case .F6_E2M3, .F6_E3M2: 6
        default: elementType.bitWidth
        }
    }

    static func < (left: SafetensorsType, right: SafetensorsType) -> Bool { left.rawValue < right.rawValue }
}
