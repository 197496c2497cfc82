extension Tensor {
    /// A scalar constant of a floating-point type, rounded to nearest even. For constants of our own, of modest size:
    /// `value` must be zero or a normal number of the type.
    /// - Throws: `tensor.dtype` for other types.
    public static func scalar(_ value: Double, as type: ElementType) throws -> Tensor {
        switch type {
        case .float32: return try Tensor(scalar: Float(value))
        case .float64: return try Tensor(scalar: value)
        case .float16: return try narrow(value, as: type, exponentBits: 5, mantissaBits: 10)
        case .bfloat16: return try narrow(value, as: type, exponentBits: 8, mantissaBits: 7)
        default: throw FormatError(.tensorDtype, "\(type.onnxName) is no type for a real constant")
        }
    }

    private static func narrow(
        _ value: Double, as type: ElementType, exponentBits: Int, mantissaBits: Int
    ) throws -> Tensor {
        var bits: UInt64 = 0
        if value != 0 {
            let drop = UInt64(52 - mantissaBits)
            let magnitude = value.magnitude.bitPattern
            let odd = (magnitude >> drop) & 1
            let rounded = (magnitude &+ ((1 << (drop - 1)) - 1) &+ odd) >> drop
            let rebias = UInt64(1023 - ((1 << (exponentBits - 1)) - 1)) << UInt64(mantissaBits)
            let largest = UInt64((1 << exponentBits) - 1) << UInt64(mantissaBits)
            guard rounded > rebias, rounded - rebias >= 1 << UInt64(mantissaBits), rounded - rebias < largest else {
                throw FormatError(.tensorDtype, "\(value) is no normal number of \(type.onnxName)")
            }
            bits = rounded - rebias
            if value < 0 { bits |= 1 << UInt64(exponentBits + mantissaBits) }
        }
        return try Tensor(type, shape: [], bytes: Bytes([UInt8(bits & 0xFF), UInt8(bits >> 8 & 0xFF)]))
    }
}
