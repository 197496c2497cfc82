import GraphIR

/// NumPy's type strings (the array interface's `typestr`), as `.npy` headers hold them.
enum NumPyType {
    /// The element type of `descr`, and the bytes of one big-endian number in it (0 where the order is little or moot).
    /// - Throws: `tensor.dtype`, unsupported for types that exist and aren't ours.
    static func parse(_ descr: String) throws -> (type: ElementType, swapUnit: Int) {
        let order = descr.first ?? " "
        let code = "<>|=".contains(order) ? String(descr.dropFirst()) : descr
        let type: ElementType
        switch code {
        case "b1", "?": type = .bool
        case "i1", "b": type = .int8
        case "u1", "B": type = .uint8
        case "i2": type = .int16
        case "u2": type = .uint16
        case "i4": type = .int32
        case "u4": type = .uint32
        case "i8": type = .int64
        case "u8": type = .uint64
        case "f2": type = .float16
        case "f4": type = .float32
        case "f8": type = .float64
        case "c8": type = .complex64
        case "c16": type = .complex128
        // ml_dtypes: bfloat16 is the only type of two bytes that it saves as void, float8_e5m2 the only one as f1.
        case "V2", "bfloat16": type = .bfloat16
        case "f1", "float8_e5m2": type = .float8e5m2
        case "float8_e4m3fn": type = .float8e4m3fn
        case "float8_e4m3fnuz": type = .float8e4m3fnuz
        case "float8_e5m2fnuz": type = .float8e5m2fnuz
        case "float8_e8m0fnu": type = .float8e8m0
        default: throw refusal(of: descr, code: code)
        }
        guard order == ">" else { return (type, 0) }
        let isComplex = type == .complex64 || type == .complex128
        let unit = type.bitWidth / 8 / (isComplex ? 2 : 1)
        return (type, unit > 1 ? unit : 0)
    }

    private static func refusal(of descr: String, code: String) -> FormatError {
        let (what, hint): (String, String?) =
            switch code.first {
            case "O": ("Python objects, which are a pickle", "save plain numbers: np.save(…, allow_pickle=False)")
            case "S", "U", "a": ("text", "save numbers")
            case "M", "m": ("dates or time spans", "save numbers")
            case "V": ("raw records of a type that the file doesn't name", "save such types as safetensors")
            case "f", "c", "g", "G": ("floats wider than 64 bits, which differ from machine to machine", "save float64")
            default: ("no type that we know", nil)
            }
        return FormatError(
            .tensorDtype, "type '\(descr)' is \(what)", hint: hint, faultClass: .unsupported)
    }

    /// The type string that NumPy and ml_dtypes write.
    /// - Throws: `tensor.dtype` (unsupported) where NumPy has no such type or reads another one back.
    static func descr(of type: ElementType) throws -> String {
        switch type {
        case .bool: "|b1"
        case .int8: "|i1"
        case .uint8: "|u1"
        case .int16: "<i2"
        case .uint16: "<u2"
        case .int32: "<i4"
        case .uint32: "<u4"
        case .int64: "<i8"
        case .uint64: "<u8"
        case .float16: "<f2"
        case .float32: "<f4"
        case .float64: "<f8"
        case .complex64: "<c8"
        case .complex128: "<c16"
        case .bfloat16: "<V2"
        default:
            throw FormatError(
                .tensorDtype, "NumPy's files can't name the type \(type.onnxName)",
                hint: "write .safetensors or .onnx, which can", faultClass: .unsupported)
        }
    }
}
