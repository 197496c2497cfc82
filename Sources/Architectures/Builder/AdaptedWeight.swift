import GraphIR

/// A weight that the model needs in another size than the checkpoint has it in: a table of positions for another image
/// size, a first convolution for other channels, a head without its background class.
///
/// The checkpoint's own tensor stays an initializer with its own bits, so that the way back to the state dict finds it.
/// What the layer uses is a part of it, taken along one axis, with a derived constant behind it. The part may be empty:
/// then only the constant counts, and the initializer still has a use, which runtimes want.
package struct AdaptedWeight: Sendable {
    package var axis: Int
    /// The positions of the axis that are taken as they are.
    package var kept: Range<Int>
    /// What stands behind them along the axis, or before them.
    package var derived: Tensor?
    /// Whether the part stands first.
    package var keptFirst = true
}

extension ModelBuilder {
    /// The weight of this key as the layer needs it. Runtimes fold it, for it depends on no input.
    func adaptedWeight(_ key: String, _ adapted: AdaptedWeight, own: Wire, shape: [Int]?) throws -> Wire {
        let module = key.split(separator: ".").dropLast().joined(separator: ".")
        guard let size = own.shape[checked: adapted.axis]?.knownSize, adapted.kept.lowerBound >= 0,
            adapted.kept.upperBound <= size
        else { throw GraphError(.shape, "\(own.shape) has no \(adapted.kept) along \(adapted.axis)", node: module) }
        var sizes = own.shape
        sizes[adapted.axis] = .size(Int64(adapted.kept.count))
        let bounds = try [adapted.kept.lowerBound, adapted.kept.upperBound, adapted.axis]
            .map { constant(try Tensor([Int64($0)], shape: [1]), at: module) }
        var wire = node(
            "Slice", at: module, [own] + bounds, shape: sizes, elementType: own.elementType, isResult: false)
        if let derived = adapted.derived {
            guard let more = derived.shape[checked: adapted.axis], derived.elementType == own.elementType else {
                throw GraphError(.shape, "\(derived.shape) can't stand behind \(sizes)", node: module)
            }
            sizes[adapted.axis] = .size(Int64(adapted.kept.count + more))
            let made = constant(derived, at: module)
            wire = node(
                "Concat", at: module, adapted.keptFirst ? [wire, made] : [made, wire],
                attributes: [Attribute("axis", .int(Int64(adapted.axis)))], shape: sizes, elementType: own.elementType,
                isResult: false)
        }
        guard shape == nil || wire.shape.map(\.knownSize) == shape?.map(Optional.some) else {
            throw GraphError(.shape, "'\(key)' is \(wire.shape) now, \(shape ?? []) is needed", node: module)
        }
        return wire
    }
}

/// Real numbers of the types that weights have, as float32: PyTorch computes in it when timm adapts a weight.
extension Tensor {
    /// - Throws: `tensor.dtype` for types of 8 bits and fewer, and for integers.
    package func floats() throws -> [Float] {
        switch elementType {
        case .float32: return try array()
        case .float64: return try array(of: Double.self).map { Float($0) }
        case .float16, .bfloat16:
            let isBrain = elementType == .bfloat16
            return try bytes().withUnsafeBytes { raw in
                (0..<raw.count / 2).map { index in
                    let bits = UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                    return isBrain ? Float(bitPattern: UInt32(bits) << 16) : Float(Float16(bitPattern: bits))
                }
            }
        default:
            throw FormatError(.tensorDtype, "weights of \(elementType.onnxName) aren't adapted to other sizes")
        }
    }

    /// A tensor of this type, rounded to nearest even.
    package static func of(_ values: [Float], as type: ElementType, shape: [Int]) throws -> Tensor {
        switch type {
        case .float32: return try Tensor(values, shape: shape)
        case .float64: return try Tensor(values.map { Double($0) }, shape: shape)
        default:
            let isBrain = type == .bfloat16
            let bits = values.map { value -> UInt16 in
                if !isBrain { return Float16(value).bitPattern }
                let bits = value.bitPattern
                if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
                return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
            }
            return try Tensor(type, shape: shape, bytes: Tensor(bits, shape: shape).bytes())
        }
    }
}
