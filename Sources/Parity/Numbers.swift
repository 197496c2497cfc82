import GraphIR
import Operators

/// How a binary floating-point type spends its bits, as far as comparing needs it.
struct FloatFormat: Sendable {
    let exponentBits: Int
    let fractionBits: Int
    let bias: Int
    let special: SmallFloat.Special

    /// Half the distance from 1 to the next number: the greatest relative error of rounding to nearest.
    var unitRoundoff: Double { Double(sign: .plus, exponent: -(fractionBits + 1), significand: 1) }

    /// The distance between neighbouring numbers around `value`: one unit in the last place.
    func ulp(of value: Double) -> Double {
        let lowest = 1 - bias
        let exponent = value == 0 || !value.isFinite ? lowest : max(Int(value.exponent), lowest)
        return Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
    }

    /// The greatest finite number.
    var greatest: Double {
        let top = (1 << exponentBits) - 1 - bias - (special == .ieee ? 1 : 0)
        let last = special == .finite ? 2 : 1
        let significand = 2 - Double(last) * Double(sign: .plus, exponent: -fractionBits, significand: 1)
        return Double(sign: .plus, exponent: top, significand: significand)
    }

    /// `value` rounded to nearest, ties to even: infinity where it is beyond the range of an IEEE type.
    func rounded(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return value }
        let step = ulp(of: value)
        let result = (value / step).rounded(.toNearestOrEven) * step
        guard result.magnitude > greatest else { return result }
        return value < 0 ? -.infinity : .infinity
    }

    /// The pattern of `value` after rounding. For the 16-bit IEEE types.
    func encode(_ value: Double) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        let infinity = UInt16((1 << exponentBits) - 1) << UInt16(fractionBits)
        if value.isNaN { return infinity | (1 << UInt16(fractionBits - 1)) }
        let magnitude = rounded(value).magnitude
        if magnitude == 0 { return sign }
        if magnitude.isInfinite { return sign | infinity }
        let exponent = max(Int(magnitude.exponent), 1 - bias)
        let scaled = UInt16(magnitude / Double(sign: .plus, exponent: exponent - fractionBits, significand: 1))
        let implicit = UInt16(1) << UInt16(fractionBits)
        if scaled < implicit { return sign | scaled }
        return sign | (UInt16(exponent + bias) << UInt16(fractionBits)) | (scaled - implicit)
    }
}

extension ElementType {
    /// The layout of a real floating-point type; `nil` for all others.
    var floatFormat: FloatFormat? {
        switch self {
        case .float64: FloatFormat(exponentBits: 11, fractionBits: 52, bias: 1023, special: .ieee)
        case .float32: FloatFormat(exponentBits: 8, fractionBits: 23, bias: 127, special: .ieee)
        case .float16: FloatFormat(exponentBits: 5, fractionBits: 10, bias: 15, special: .ieee)
        case .bfloat16: FloatFormat(exponentBits: 8, fractionBits: 7, bias: 127, special: .ieee)
        case .float8e8m0, .float4e2m1: nil
        default:
            SmallFloat(self).map {
                FloatFormat(
                    exponentBits: $0.exponentBits, fractionBits: $0.fractionBits, bias: $0.bias, special: $0.special)
            }
        }
    }

    /// The greatest relative error of rounding to this type; `nil` where it is no real floating-point type.
    public var unitRoundoff: Double? { floatFormat?.unitRoundoff }
}

extension Tensor {
    /// The elements as `Double`: exact for every type up to 32 bits and for float64; 64-bit integers beyond 2⁵³ are
    /// rounded, which is why integers are compared by their bytes.
    /// - Throws: `tensor.dtype` for strings, complex and sub-byte types; `limit.memory`.
    public func doubles() throws -> [Double] {
        guard let size = count.multiplied(checked: MemoryLayout<Double>.stride), size <= MemoryLimit.bytes else {
            throw FormatError(.limitMemory, "\(count) elements are too many to compare in memory")
        }
        switch elementType {
        case .float64: return try array(of: Double.self)
        case .float32: return try array(of: Float.self).map(Double.init)
        case .int8: return try array(of: Int8.self).map(Double.init)
        case .int16: return try array(of: Int16.self).map(Double.init)
        case .int32: return try array(of: Int32.self).map(Double.init)
        case .int64: return try array(of: Int64.self).map(Double.init)
        case .uint8: return try array(of: UInt8.self).map(Double.init)
        case .uint16: return try array(of: UInt16.self).map(Double.init)
        case .uint32: return try array(of: UInt32.self).map(Double.init)
        // `Double.init` alone would be the one that takes bits.
        case .uint64: return try array(of: UInt64.self).map { Double($0) }
        case .bool: return try bytes().array().map { $0 == 0 ? 0 : 1 }
        default:
            guard elementType.floatFormat != nil else {
                throw FormatError(
                    .tensorDtype, "\(elementType.onnxName) can't be compared as numbers", faultClass: .unsupported)
            }
            let wide = elementType.bitWidth == 8 ? try decodedSmallFloats() : self
            return try wide.widened(to: .float64).array(of: Double.self)
        }
    }

    /// The same numbers in another floating-point type, rounded to nearest.
    /// - Throws: `tensor.dtype` where either type is not one of float16, bfloat16, float32 and float64.
    func converted(to type: ElementType) throws -> Tensor {
        if type == elementType { return self }
        let wide: Set<ElementType> = [.float16, .bfloat16, .float32, .float64]
        guard wide.contains(type), wide.contains(elementType), let format = type.floatFormat else {
            throw FormatError(.tensorDtype, "holds \(elementType.onnxName), expected \(type.onnxName)")
        }
        let values = try doubles()
        switch type {
        case .float64: return try Tensor(values, shape: shape)
        case .float32: return try Tensor(values.map { Float($0) }, shape: shape)
        default:
            let patterns = values.map { format.encode($0).littleEndian }
            return try Tensor(type, shape: shape, bytes: Bytes(patterns.withUnsafeBytes { [UInt8]($0) }).loaded())
        }
    }

    /// The first `rows` of the first axis.
    /// - Throws: `tensor.shape` where there are fewer, `tensor.dtype` for types narrower than a byte and strings.
    func prefix(rows: Int) throws -> Tensor {
        guard let first = shape.first, rows >= 0, rows <= first else {
            throw FormatError(.tensorShape, "shape \(shape) has no \(rows) rows")
        }
        if rows == first { return self }
        guard elementType.bitWidth >= 8 else {
            throw FormatError(.tensorDtype, "\(elementType.onnxName) can't be cut", faultClass: .unsupported)
        }
        let part = [rows] + shape.dropFirst()
        return try Tensor(
            elementType, shape: part, bytes: bytes().slice(at: 0, count: Tensor.byteCount(elementType, shape: part)))
    }
}
