import GraphIR

extension Operator {
    /// Every element converted to another type.
    /// https://onnx.ai/onnx/operators/onnx__Cast.html, versions 1, 6, 9, 13, 19, 21, 23, 24, 25.
    ///
    /// Floating point to integer truncates; what is out of range becomes the nearest that fits, NaN becomes 0 (the
    /// standard leaves both open). Narrower integers keep the low bits. Small floating-point types are rounded to
    /// nearest, ties to even; a bare exponent (FLOAT8E8M0) as `round_mode` says, negative numbers to NaN.
    static let cast = Operator(
        "Cast", accuracy: .rounding(ulps: 0.5),
        infer: .cast(to: { node in try castTarget(&node.binding) })
    ) { binding in
        let conversion = try Conversion(&binding)
        var type = try castTarget(&binding)
        if binding.computesInDouble, [.float32, .float16, .bfloat16].contains(type) { type = .float64 }
        let target = type
        return { call in [try call.converted(call.input(0), to: target, conversion)] }
    }

    /// Every element converted to the type of another tensor, as Cast does it.
    /// https://onnx.ai/onnx/operators/onnx__CastLike.html, versions 15, 19, 21, 23, 24, 25.
    static let castLike = Operator(
        "CastLike", accuracy: .rounding(ulps: 0.5),
        infer: .cast(to: { node in node.elementType(1) })
    ) { binding in
        let conversion = try Conversion(&binding)
        return { call in [try call.converted(call.input(0), to: call.input(1).elementType, conversion)] }
    }
}

/// The attribute `to`: before version 6 a name, since then a number.
private func castTarget(_ binding: inout Binding) throws -> ElementType {
    let type: ElementType?
    if binding.version < 6 {
        let name = try binding.string("to")
        type = ElementType.allCases.first { $0.onnxName == name }
    } else {
        type = try binding.int("to").flatMap { Int32(exactly: $0) }.flatMap { ElementType(rawValue: $0) }
    }
    guard let type else { throw GraphError(.argument, "there is no such element type", argument: "to") }
    return type
}

/// How Cast and CastLike convert to the small floating-point types.
struct Conversion: Sendable {
    let saturates: Bool
    let rounding: SmallFloat.ExponentRounding

    /// Reads `saturate`, which came with version 19, and `round_mode`, which came with 24.
    init(_ binding: inout Binding) throws {
        saturates = binding.version >= 19 ? try binding.flag("saturate", default: true) : true
        let mode = binding.version >= 24 ? try binding.string("round_mode") ?? "up" : "up"
        guard let rounding = SmallFloat.ExponentRounding(rawValue: mode) else {
            throw GraphError(.argument, "\"\(mode)\" is none of up, down, nearest", argument: "round_mode")
        }
        self.rounding = rounding
    }
}

extension Call {
    /// The tensor's elements in another type, by the rules of Cast with its attributes.
    func converted(_ x: Tensor, to target: ElementType, _ conversion: Conversion) throws -> Tensor {
        guard let format = SmallFloat(target) else { return try converted(x, to: target) }
        return try encoded(x, as: target) {
            format.encode($0, saturates: conversion.saturates, rounding: conversion.rounding)
        }
    }
}

extension Call {
    /// The tensor's elements in another type, by the rules of Cast.
    /// - Throws: `op.unsupported-argument` for types that have no arithmetic here.
    func converted(_ x: Tensor, to target: ElementType) throws -> Tensor {
        if x.elementType == target { return x }
        try check(target, x.shape)
        switch (x.elementType, target) {
        case (.float16, .float32), (.bfloat16, .float32), (.float16, .float64), (.bfloat16, .float64),
            (.float32, .float64):
            return try x.widened(to: target)
        case (.float32, .float16), (.float32, .bfloat16): return try x.narrowed(to: target)
        case (.string, _): return try numbers(of: x, to: target)
        case (_, .string): return try texts(of: x)
        case (.float16, _), (.bfloat16, _): return try converted(x.widened(to: .float32), to: target)
        default: break
        }
        if SmallFloat(x.elementType) != nil { return try converted(x.decodedSmallFloats(), to: target) }
        if let format = SmallFloat(target) { return try encoded(x, as: target) { format.encode($0) } }
        if x.elementType.bitWidth < 8 {
            return try converted(signExtended(x), to: target)
        }
        return try dispatch(x.elementType, ConversionWork(call: self, x: x, target: target))
    }

    /// The tensor's elements in a small floating-point type.
    fileprivate func encoded(
        _ x: Tensor, as target: ElementType, _ encode: @Sendable (Double) -> UInt8
    ) throws -> Tensor {
        if x.elementType == target { return x }
        try check(target, x.shape)
        let patterns = try mapped(converted(x, to: .float64), to: .uint8) { (value: Double) in encode(value) }
        return try target.bitWidth < 8
            ? patterns.packed(as: target) : Tensor(target, shape: x.shape, bytes: patterns.bytes())
    }

    /// A two- or four-bit integer tensor with a byte for each element.
    private func signExtended(_ x: Tensor) throws -> Tensor {
        let raw = try x.unpacked()
        guard x.elementType == .int4 || x.elementType == .int2 else { return raw }
        let shift = Int8(8 - x.elementType.bitWidth)
        return try mapped(raw, to: .int8) { (value: UInt8) in (Int8(bitPattern: value) << shift) >> shift }
    }

    private func numbers(of x: Tensor, to target: ElementType) throws -> Tensor {
        guard case .strings(let strings) = x.contents else { throw unsupportedType(x.elementType) }
        if !target.isFloatingPoint {
            let integers = try strings.map { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                if let value = Int64(text) { return value }
                if let value = UInt64(text) { return Int64(bitPattern: value) }
                guard let value = Double(text), value.magnitude < 0x1p63 else { throw notANumber(bytes, target) }
                return Int64(value)
            }
            return try converted(Tensor(integers, shape: x.shape), to: target)
        }
        let doubles = try strings.map { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let value = Double(text.hasPrefix("+") ? String(text.dropFirst()) : text) else {
                throw notANumber(bytes, target)
            }
            return value
        }
        return try converted(Tensor(doubles, shape: x.shape), to: target)
    }

    private func notANumber(_ bytes: [UInt8], _ target: ElementType) -> GraphError {
        let text = String(decoding: bytes.prefix(80), as: UTF8.self)
        return GraphError(.argument, "\"\(text)\" is no number of type \(target.onnxName)", argument: "input")
    }

    private func texts(of x: Tensor) throws -> Tensor {
        if SmallFloat(x.elementType) != nil { return try texts(of: x.decodedSmallFloats()) }
        if x.elementType == .float32 || x.isHalf {
            let values = try x.widened(to: .float32).array(of: Float.self)
            return try Tensor(strings: values.map { Array(text($0).utf8) }, shape: x.shape)
        }
        if x.elementType == .float64 {
            return try Tensor(strings: x.array(of: Double.self).map { Array(text($0).utf8) }, shape: x.shape)
        }
        if x.elementType == .uint64 {
            return try Tensor(strings: x.array(of: UInt64.self).map { Array("\($0)".utf8) }, shape: x.shape)
        }
        let values = try converted(x, to: .int64).array(of: Int64.self)
        return try Tensor(strings: values.map { Array("\($0)".utf8) }, shape: x.shape)
    }

    /// As NumPy writes it: the shortest digits that read back the same, `NaN` and `INF` as the standard asks.
    private func text<T: BinaryFloatingPoint & CustomStringConvertible>(_ value: T) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        return value.description
    }
}

private struct ConversionWork: NumberWork {
    let call: Call
    let x: Tensor
    let target: ElementType

    func run<T: Number>(_: T.Type) throws -> Tensor {
        switch target {
        case .float16: try call.mapped(x, to: target) { (v: T) in Float16(v.double) }
        case .bfloat16: try call.mapped(x, to: target) { (v: T) in BFloat16(v.double).bits }
        case .bool: try call.mapped(x, to: target) { (v: T) -> UInt8 in v == .zero ? 0 : 1 }
        case .int4, .uint4, .int2, .uint2:
            try call.mapped(x, to: .uint8) { (v: T) in
                UInt8(truncatingIfNeeded: Int64(converting: v)) & UInt8((1 << target.bitWidth) - 1)
            }.packed(as: target)
        default: try dispatch(target, IntoWork(call: call, x: x, target: target, from: T.self))
        }
    }
}

private struct IntoWork<T: Number>: NumberWork {
    let call: Call
    let x: Tensor
    let target: ElementType
    let from: T.Type

    func run<U: Number>(_: U.Type) throws -> Tensor {
        try call.mapped(x, to: target) { (v: T) in U(converting: v) }
    }
}

extension Number {
    /// The value in this type, rounded once: integers keep their low bits, floating point truncates and clamps.
    init<Other: Number>(converting value: Other) {
        if Other.isInteger && (Self.isInteger || value.lowBits >= 0 || value < .zero) {
            self.init(lowBits: value.lowBits)
        } else if Other.isInteger {
            // Beyond int64: half of it, where the last bit still tells on which side of a tie it is, rounds the same.
            let bits = UInt64(bitPattern: value.lowBits)
            let half = Self(lowBits: Int64(bits >> 1 | bits & 1))
            self = Self.sum(half, half)
        } else {
            self.init(saturating: value.double)
        }
    }
}

extension InferenceRule {
    /// The shape stays, and with it what is known of elements that fit the new type.
    fileprivate static func cast(
        to target: @escaping @Sendable (inout Inference) throws -> ElementType?
    ) -> InferenceRule {
        InferenceRule { node in
            let type = try target(&node)
            node.set(0, shape: node.shape(0), type: type)
            guard let type, [.int64, .int32].contains(type) else { return }
            let range = type == .int64 ? Int64.min...Int64.max : Int64(Int32.min)...Int64(Int32.max)
            let elements = node.elements(0)
            let fits = elements?.allSatisfy { $0.known.map(range.contains) ?? true } ?? false
            node.set(0, elements: fits ? elements : nil)
        }
    }
}
