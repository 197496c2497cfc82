import GraphIR

/// PyTorch's names of element types.
public enum TorchElementType {
    /// `torch.float32` → float32.
    /// - Throws: `tensor.dtype`.
    public static func named(_ name: String) throws -> ElementType {
        let short = name.hasPrefix("torch.") ? String(name.dropFirst(6)) : name
        if let type = byName[short] { return type }
        throw FormatError(
            .tensorDtype, "element type \(name) has no counterpart here", faultClass: isType(short) ? .unsupported : nil
        )
    }

    /// `torch.FloatStorage`, `torch.cuda.FloatStorage` → float32; an untyped storage holds bytes.
    static func storage(_ name: String) throws -> ElementType {
        let short = String(name.split(separator: ".", omittingEmptySubsequences: false).last ?? "")
        guard name.hasPrefix("torch."), short.hasSuffix("Storage") else {
            throw FormatError(.pickleType, "\(name) is no storage class")
        }
        let stem = String(short.dropLast("Storage".count))
        if let type = byStem[stem] { return type }
        throw FormatError(
            .tensorDtype, "storage class \(name) has no counterpart here", faultClass: .unsupported)
    }

    /// The pickled dtype of a tensor of this type, without `torch.`; `nil` where PyTorch has none.
    static func name(of type: ElementType) -> String? {
        switch type {
        case .float32: "float32"
        case .float64: "float64"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        case .uint8: "uint8"
        case .int8: "int8"
        case .uint16: "uint16"
        case .int16: "int16"
        case .uint32: "uint32"
        case .int32: "int32"
        case .uint64: "uint64"
        case .int64: "int64"
        case .bool: "bool"
        case .complex64: "complex64"
        case .complex128: "complex128"
        case .float8e4m3fn: "float8_e4m3fn"
        case .float8e4m3fnuz: "float8_e4m3fnuz"
        case .float8e5m2: "float8_e5m2"
        case .float8e5m2fnuz: "float8_e5m2fnuz"
        case .float8e8m0: "float8_e8m0fnu"
        default: nil
        }
    }

    /// The storage class of types that had one before PyTorch 2.1; newer types live in untyped storages.
    static func storageName(of type: ElementType) -> String? {
        switch type {
        case .float32: "FloatStorage"
        case .float64: "DoubleStorage"
        case .float16: "HalfStorage"
        case .bfloat16: "BFloat16Storage"
        case .uint8: "ByteStorage"
        case .int8: "CharStorage"
        case .int16: "ShortStorage"
        case .int32: "IntStorage"
        case .int64: "LongStorage"
        case .bool: "BoolStorage"
        case .complex64: "ComplexFloatStorage"
        case .complex128: "ComplexDoubleStorage"
        default: nil
        }
    }

    /// Numbers of `torch._export.serde.schema.ScalarType`, which are not those of c10.
    /// - Throws: `tensor.dtype`.
    public static func scalarType(_ number: Int) throws -> ElementType {
        let names: [Int: ElementType] = [
            1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 6: .float16, 7: .float32, 8: .float64,
            10: .complex64, 11: .complex128, 12: .bool, 13: .bfloat16, 28: .uint16, 29: .float8e4m3fn,
            30: .float8e5m2, 31: .float8e4m3fnuz, 32: .float8e5m2fnuz, 33: .float8e8m0, 34: .uint32, 35: .uint64,
        ]
        guard let type = names[number] else {
            throw FormatError(.tensorDtype, "scalar type \(number) has no counterpart here", faultClass: .unsupported)
        }
        return type
    }

    private static func isType(_ short: String) -> Bool {
        ["complex32", "chalf", "float4_e2m1fn_x2", "quint4x2", "quint2x4"].contains(short)
            || short.hasPrefix("bits") || short.hasPrefix("uint") || short.hasPrefix("int")
    }

    private static let byName: [String: ElementType] = {
        var table: [String: ElementType] = [:]
        for type in ElementType.allCases { if let name = name(of: type) { table[name] = type } }
        let others: [(String, ElementType)] = [
            ("float", .float32), ("double", .float64), ("half", .float16), ("long", .int64), ("int", .int32),
            ("short", .int16), ("cfloat", .complex64), ("cdouble", .complex128), ("qint8", .int8),
            ("quint8", .uint8), ("qint32", .int32),
        ]
        for (name, type) in others { table[name] = type }
        return table
    }()

    private static let byStem: [String: ElementType] = {
        var table: [String: ElementType] = [:]
        for type in ElementType.allCases {
            if let name = storageName(of: type) { table[String(name.dropLast("Storage".count))] = type }
        }
        table["Untyped"] = .uint8
        table["QInt8"] = .int8
        table["QUInt8"] = .uint8
        table["QInt32"] = .int32
        return table
    }()
}
