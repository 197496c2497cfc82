import GraphIR

/// The bits of a bfloat16: the upper half of a float's.
struct BFloat16: Sendable, Hashable {
    var bits: UInt16
    init(bits: UInt16) { self.bits = bits }

    /// Rounded to nearest, ties to even. NaN stays NaN.
    init(_ value: Float) {
        let pattern = value.bitPattern
        if value.isNaN {
            bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x40
        } else {
            let rounding = 0x7FFF &+ ((pattern >> 16) & 1)
            bits = UInt16(truncatingIfNeeded: (pattern &+ rounding) >> 16)
        }
    }

    /// Rounded once: the step through float rounds to odd, so that the last rounding sees on which side it was.
    init(_ value: Double) {
        var single = Float(value)
        if single.isFinite && Double(single) != value && single.bitPattern & 1 == 0 {
            single =
                Double(single).magnitude > value.magnitude
                ? Float(bitPattern: single.bitPattern &- 1) : Float(bitPattern: single.bitPattern | 1)
        }
        self.init(single)
    }

    var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}

extension Tensor {
    /// Whether the elements are float16 or bfloat16.
    var isHalf: Bool { elementType == .float16 || elementType == .bfloat16 }

    /// The same values in a wider floating-point type, exactly. Any other tensor as it is.
    public func widened(to wide: ElementType) throws -> Tensor {
        guard elementType == .float16 || elementType == .bfloat16 || (elementType == .float32 && wide == .float64)
        else {
            return self
        }
        let count = self.count
        let (size, overflow) = count.multipliedReportingOverflow(by: wide == .float64 ? 8 : 4)
        if overflow { throw GraphError(.memory, "\(count) elements can't be widened") }
        let source = try HeapSource(count: size, clears: false) { raw in
            switch wide {
            case .float64: try fillWidened(raw.bindMemory(to: Double.self)) { Double($0) }
            default: try fillWidened(raw.bindMemory(to: Float.self)) { $0 }
            }
        }
        return try Tensor(wide == .float64 ? .float64 : .float32, shape: shape, bytes: Bytes(source))
    }

    private func fillWidened<T>(_ out: UnsafeMutableBufferPointer<T>, _ convert: (Float) -> T) throws {
        switch elementType {
        case .float16:
            try withElements(Float16.self) { for i in out.indices { out[i] = convert(Float($0[i])) } }
        case .bfloat16:
            try withElements(UInt16.self) { for i in out.indices { out[i] = convert(BFloat16(bits: $0[i]).float) } }
        default:
            try withElements(Float.self) { for i in out.indices { out[i] = convert($0[i]) } }
        }
    }

    /// A float32 tensor rounded to float16 or bfloat16, to nearest, ties to even. Any other tensor as it is.
    func narrowed(to half: ElementType) throws -> Tensor {
        guard elementType == .float32 else { return self }
        let source = try HeapSource(count: count * 2, clears: false) { raw in
            try withElements(Float.self) { values in
                if half == .float16 {
                    let out = raw.bindMemory(to: Float16.self)
                    for i in out.indices { out[i] = Float16(values[i]) }
                } else {
                    let out = raw.bindMemory(to: UInt16.self)
                    for i in out.indices { out[i] = BFloat16(values[i]).bits }
                }
            }
        }
        return try Tensor(half, shape: shape, bytes: Bytes(source))
    }
}

/// A kernel that computes float16 and bfloat16 in float32 and rounds each result once. Its floating-point inputs must be
/// of one type, which widening would hide.
/// - Parameter keeping: outputs that stay float32.
func roundingOnce(keeping kept: Set<Int> = [], _ kernel: @escaping Kernel) -> Kernel {
    { call in
        guard let half = call.inputs.lazy.compactMap({ $0 }).first(where: \.isHalf)?.elementType else {
            return try kernel(call)
        }
        for case let input? in call.inputs where input.elementType.isFloatingPoint { try requireType(half, input) }
        var wide: [Tensor?] = []
        var held = 0
        for input in call.inputs {
            guard let input, input.isHalf else {
                wide.append(input)
                continue
            }
            held = held.adding(checked: 4 * input.count) ?? Int.max
            _ = try call.taking(held, for: "the widened inputs")
            wide.append(try input.widened(to: .float32))
        }
        let results = try kernel(call.with(values: wide.map { $0.map(RuntimeValue.tensor) }, using: held))
        return try results.enumerated().map { kept.contains($0) ? $1 : try $1?.narrowed(to: half) }
    }
}
