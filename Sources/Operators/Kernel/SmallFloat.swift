import GraphIR

/// The layout of a floating-point type of eight bits or fewer, and conversion from and to it.
/// https://onnx.ai/onnx/technical/float8.html, float4.html; OCP Microscaling Formats 1.0 for e8m0 and the six-bit types.
public struct SmallFloat: Sendable {
    /// What the patterns beyond the numbers mean.
    public enum Special: Sendable {
        /// Infinity and NaN, as in IEEE 754.
        case ieee
        /// NaN where all bits of exponent and fraction are set; no infinity ("FN").
        case finite
        /// NaN is the pattern of negative zero; no infinity ("FNUZ").
        case finiteUnsignedZero
        /// Every pattern is a number.
        case numbersOnly
        /// An exponent and nothing else: no sign, no zero; NaN where all bits are set.
        case exponentOnly
    }

    /// How a number without a pattern of its own is rounded to a bare exponent.
    enum ExponentRounding: String, Sendable { case up, down, nearest }

    /// Bits of the exponent.
    public let exponentBits: Int
    /// Bits of the fraction, without the implicit one.
    public let fractionBits: Int
    /// What is taken off the exponent's bits.
    public let bias: Int
    /// What the patterns beyond the numbers mean.
    public let special: Special

    /// `nil` for types that aren't small floating-point types.
    public init?(_ type: ElementType) {
        switch type {
        case .float8e4m3fn: self.init(4, 3, bias: 7, .finite)
        case .float8e4m3fnuz: self.init(4, 3, bias: 8, .finiteUnsignedZero)
        case .float8e5m2: self.init(5, 2, bias: 15, .ieee)
        case .float8e5m2fnuz: self.init(5, 2, bias: 16, .finiteUnsignedZero)
        case .float8e8m0: self.init(8, 0, bias: 127, .exponentOnly)
        case .float6e2m3: self.init(2, 3, bias: 1, .numbersOnly)
        case .float6e3m2: self.init(3, 2, bias: 3, .numbersOnly)
        case .float4e2m1: self.init(2, 1, bias: 1, .numbersOnly)
        default: return nil
        }
    }

    private init(_ exponentBits: Int, _ fractionBits: Int, bias: Int, _ special: Special) {
        self.exponentBits = exponentBits
        self.fractionBits = fractionBits
        self.bias = bias
        self.special = special
    }

    private var exponentMask: Int { (1 << exponentBits) - 1 }
    private var fractionMask: Int { (1 << fractionBits) - 1 }
    private var signBit: Int { 1 << (exponentBits + fractionBits) }

    /// The number that the lowest bits of a byte stand for, exactly; bits above the type's are ignored.
    func decode(_ byte: UInt8) -> Float {
        let fraction = Int(byte) & fractionMask
        let exponent = (Int(byte) >> fractionBits) & exponentMask
        if special == .exponentOnly {
            return exponent == exponentMask ? .nan : Float(sign: .plus, exponent: exponent - bias, significand: 1)
        }
        let isNegative = Int(byte) & signBit != 0
        switch special {
        case .ieee where exponent == exponentMask: return fraction != 0 ? .nan : isNegative ? -.infinity : .infinity
        case .finite where exponent == exponentMask && fraction == fractionMask: return .nan
        case .finiteUnsignedZero where isNegative && exponent == 0 && fraction == 0: return .nan
        default: break
        }
        let significand = exponent == 0 ? fraction : fraction + fractionMask + 1
        return Float(
            sign: isNegative ? .minus : .plus, exponent: max(exponent, 1) - bias - fractionBits,
            significand: Float(significand))
    }

    /// The pattern nearest to a number, ties to even.
    /// - Parameters:
    ///   - saturates: whether what is beyond the greatest number becomes it; else infinity, or NaN where there is none.
    ///   - rounding: only for the type that is an exponent and nothing else.
    func encode(_ value: Double, saturates: Bool = true, rounding: ExponentRounding = .up) -> UInt8 {
        if special == .exponentOnly { return encodeExponent(value, saturates, rounding) }
        let isNegative = value.sign == .minus
        let sign = isNegative ? signBit : 0
        let magnitude = value.isNaN ? nil : pattern(of: value.magnitude)
        let greatest =
            switch special {
            case .ieee: exponentMask << fractionBits - 1
            case .finite: signBit - 2
            default: signBit - 1
            }
        switch (special, magnitude) {
        case (.finiteUnsignedZero, nil), (.numbersOnly, nil): return UInt8(signBit)
        case (_, nil): return UInt8(sign | (signBit - (special == .ieee ? 1 << (fractionBits - 1) : 1)))
        case (.finiteUnsignedZero, 0?): return 0
        case (_, let pattern?) where pattern <= greatest: return UInt8(sign | pattern)
        case (.numbersOnly, _): return UInt8(sign | greatest)
        case (_, _) where saturates: return UInt8(sign | greatest)
        case (.ieee, _): return UInt8(sign | (exponentMask << fractionBits))
        case (.finiteUnsignedZero, _): return UInt8(signBit)
        default: return UInt8(sign | (signBit - 1))
        }
    }

    /// Exponent and fraction of a magnitude rounded to nearest, as if the exponent had no end; `signBit` stands for all
    /// that is larger than the type has bits for.
    private func pattern(of magnitude: Double) -> Int {
        guard magnitude > 0 else { return 0 }
        let exponent = magnitude.isFinite ? max(Int(magnitude.exponent), 1 - bias) : Int.max
        if exponent > exponentMask { return signBit }
        let step = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
        let scaled = Int((magnitude / step).rounded(.toNearestOrEven))
        // A subnormal has no implicit bit; a sum that carries over moves on to the next exponent.
        return min(((exponent + bias - 1) << fractionBits) + scaled, signBit)
    }

    private func encodeExponent(_ value: Double, _ saturates: Bool, _ rounding: ExponentRounding) -> UInt8 {
        let notANumber = UInt8(exponentMask)
        if value.isNaN || value < 0 { return notANumber }
        if value.isInfinite { return saturates ? notANumber - 1 : notANumber }
        if value == 0 { return saturates ? 0 : notANumber }
        let roundsUp =
            switch rounding {
            case .up: value.significand > 1
            case .down: false
            case .nearest: value.significand >= 1.5
            }
        let code = Int(value.exponent) + bias + (roundsUp ? 1 : 0)
        if code >= 0 && code < exponentMask { return UInt8(code) }
        return !saturates ? notANumber : code < 0 ? 0 : notANumber - 1
    }
}

extension Tensor {
    /// The numbers of a small floating-point type as float32, exactly.
    /// - Throws: `op.unsupported-argument` for other types.
    public func decodedSmallFloats() throws -> Tensor {
        guard let format = SmallFloat(elementType) else { throw unsupportedType(elementType) }
        let table = (0...UInt8.max).map(format.decode)
        let patterns = elementType.bitWidth < 8 ? try unpacked() : self
        guard let size = count.multiplied(checked: MemoryLayout<Float>.size) else {
            throw GraphError(.memory, "\(count) elements can't be widened")
        }
        let source = try HeapSource(count: size) { raw in
            let out = raw.bindMemory(to: Float.self)
            try patterns.withElements(UInt8.self) { for i in out.indices { out[i] = table[Int($0[i])] } }
        }
        return try Tensor(.float32, shape: shape, bytes: Bytes(source))
    }
}
