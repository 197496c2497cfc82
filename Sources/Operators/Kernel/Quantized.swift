import GraphIR

/// Which scale and zero point an element of a quantized tensor belongs to: one for all, one for every position of an
/// axis, or one for every block along an axis.
/// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html, "quantization granularities".
struct QuantizationGrain: Sendable {
    /// Elements after the axis.
    private let inner: Int
    /// Positions of the axis.
    private let length: Int
    /// Positions of the axis that share a scale, and how many such blocks there are.
    private let block: Int
    private let blocks: Int
    private let kind: Kind

    private enum Kind: Sendable { case tensor, axis, block }

    /// - Parameters:
    ///   - axis: not yet counted from 0; only read where the scale isn't a single number.
    ///   - blockSize: 0 where scales aren't blocked.
    /// - Throws: `op.argument` where the scale's shape doesn't follow from `shape`, axis and block size.
    init(shape: [Int], scale: [Int], axis: Int64, blockSize: Int64) throws {
        guard blockSize >= 0 else {
            throw GraphError(.argument, "\(blockSize), expected a positive number", argument: "block_size")
        }
        if product(scale) == 1 && (blockSize == 0 || scale.count <= 1) {
            (inner, length, block, blocks, kind) = (max(product(shape), 1), 1, 1, 1, .tensor)
            return
        }
        let axis = try normalized(axis: Int(axis), rank: shape.count)
        inner = max(product(shape[(axis + 1)...]), 1)
        length = max(shape[axis], 1)
        if blockSize == 0 {
            guard scale == [shape[axis]] else {
                throw GraphError(
                    .argument, "scales of shape \(scale), expected [] or [\(shape[axis])] for axis \(axis) of \(shape)",
                    argument: "scale")
            }
            (block, blocks, kind) = (1, length, .axis)
            return
        }
        block = Int(blockSize)
        var expected = shape
        expected[axis] = shape[axis] / block + (shape[axis] % block == 0 ? 0 : 1)
        guard scale == expected else {
            throw GraphError(
                .argument, "scales of shape \(scale), expected \(expected) for blocks of \(block) on axis \(axis)",
                argument: "scale")
        }
        (blocks, kind) = (max(expected[axis], 1), .block)
    }

    /// Calls `body` for the runs of some elements whose scales follow each other: the elements, the first scale and the
    /// step (0 or 1) to the next element's.
    @inline(__always)
    func forEachRun(of elements: Range<Int>, _ body: (_ run: Range<Int>, _ scale: Int, _ step: Int) -> Void) {
        if kind == .tensor { return body(elements, 0, 0) }
        var at = elements.lowerBound
        while at < elements.upperBound {
            let row = at / inner
            let column = at - row * inner
            let end = min(at - column + inner, elements.upperBound)
            let position = row % length
            switch kind {
            case .block: body(at..<end, (row / length * blocks + position / block) * inner + column, 1)
            default: body(at..<end, position, 0)
            }
            at = end
        }
    }
}

/// A type that numbers are quantized to.
struct QuantizedType: Sendable {
    let type: ElementType
    private let lowest: Double
    private let highest: Double
    private let format: SmallFloat?
    private let saturates: Bool

    /// - Parameter saturates: what happens to numbers beyond the type's range; only for small floating-point types.
    /// - Throws: `op.argument` where nothing is quantized to the type.
    init(_ type: ElementType, saturates: Bool = true) throws {
        self.type = type
        self.saturates = saturates
        format = type == .float8e8m0 ? nil : SmallFloat(type)
        switch type {
        case .uint8, .uint16, .uint4, .uint2: (lowest, highest) = (0, Double((1 << type.bitWidth) - 1))
        case .int8, .int16, .int4, .int2:
            (lowest, highest) = (-Double(1 << (type.bitWidth - 1)), Double((1 << (type.bitWidth - 1)) - 1))
        default:
            (lowest, highest) = (0, 0)
            guard format != nil else {
                throw GraphError(.argument, "\(type.onnxName) is no type to quantize to", argument: "output_dtype")
            }
        }
    }

    /// The pattern of round(value) + zero held within the type's range; ties go to even, NaN to the lowest number.
    /// Small floating-point types round value + zero.
    @inline(__always)
    func pattern(of value: Double, zero: Double) -> Int {
        if let format { return Int(format.encode(value + zero, saturates: saturates)) }
        let low = lowest - zero
        let high = highest - zero
        let held = value > low ? (value < high ? value : high) : low
        // Adding and taking away 1.5 · 2⁵² rounds a double of modest size to an integer, ties to even.
        return Int((held + 0x1.8p52) - 0x1.8p52 + zero)
    }
}

/// Where the patterns of a quantized tensor are written: a byte or two for each.
struct QuantizedWriter: @unchecked Sendable {
    fileprivate let bytes: UnsafeMutablePointer<UInt8>?
    fileprivate let pairs: UnsafeMutablePointer<UInt16>?
    fileprivate let mask: Int

    @inline(__always)
    func callAsFunction(_ index: Int, _ pattern: Int) {
        if let bytes {
            bytes[index] = UInt8(truncatingIfNeeded: pattern & mask)
        } else {
            pairs?[index] = UInt16(truncatingIfNeeded: pattern)
        }
    }
}

extension Call {
    /// A tensor of a quantized type whose patterns `fill` writes, a range of elements at a time on all cores.
    func quantized(
        _ target: QuantizedType, _ shape: [Int], _ fill: @Sendable (Range<Int>, QuantizedWriter) throws -> Void
    ) throws -> Tensor {
        func write(_ count: Int, _ writer: QuantizedWriter) throws {
            try inParallel(count, grain: 1 << 14) { piece in
                try checkTime()
                try fill(piece, writer)
            }
        }
        let type = target.type
        if type.bitWidth == 16 {
            return try make(type, shape, as: UInt16.self) { out in
                try write(out.count, QuantizedWriter(bytes: nil, pairs: out.baseAddress, mask: 0xFFFF))
            }
        }
        let bytes = try make(type.bitWidth == 8 ? type : .uint8, shape, as: UInt8.self) { out in
            let mask = (1 << type.bitWidth) - 1
            try write(out.count, QuantizedWriter(bytes: out.baseAddress, pairs: nil, mask: mask))
        }
        return type.bitWidth == 8 ? bytes : try bytes.packed(as: type)
    }

    /// A quantized tensor in a type that a loop can read: integers in their own or in int8 and uint8, small
    /// floating-point types in float32.
    func readable(_ x: Tensor) throws -> Tensor {
        if SmallFloat(x.elementType) != nil { return try converted(x, to: .float32) }
        switch x.elementType {
        case .int4, .int2: return try converted(x, to: .int8)
        case .uint4, .uint2: return try converted(x, to: .uint8)
        default: return x
        }
    }

    /// The zero points that go with some scales, as doubles; zeros where there are none.
    /// - Throws: `op.argument` where their shape isn't the scales'.
    func zeroPoints(_ tensor: Tensor?, like scale: Tensor) throws -> [Double] {
        guard let tensor else { return [Double](repeating: 0, count: scale.count) }
        guard tensor.shape == scale.shape || (tensor.count == 1 && scale.count == 1) else {
            throw GraphError(
                .argument, "zero points of shape \(tensor.shape), scales of \(scale.shape)", argument: "zero_point")
        }
        return try converted(tensor, to: .float64).array(of: Double.self)
    }

    /// The elements less their zero points, exactly, in float32 or float64.
    /// - Parameter zero: of a shape that broadcasts to that of `x`.
    func centered<T: Real>(_ x: Tensor, _ zero: Tensor?, _ name: String, _: T.Type) throws -> Tensor {
        let wide = try converted(x, to: T.elementType)
        guard let zero else { return wide }
        guard zero.elementType == x.elementType else {
            throw GraphError(
                .argument, "\(zero.elementType.onnxName), expected \(x.elementType.onnxName)", argument: name)
        }
        guard try broadcastShape([x.shape, zero.shape]) == x.shape else {
            throw GraphError(.argument, "shape \(zero.shape) doesn't broadcast to \(x.shape)", argument: name)
        }
        return try arithmetic(
            ArithmeticFunction.subtract.rawValue, wide, converted(zero, to: T.elementType), T.self)
    }

    /// Integers that a floating-point kernel computed exactly, as int32; what doesn't fit wraps.
    func wrapped(_ sums: Tensor) throws -> Tensor {
        try withReal(sums.elementType) {
            try mapped(sums, to: .int32) { (sum: Float) in Int32(truncatingIfNeeded: Int64(sum)) }
        } double: {
            try mapped(sums, to: .int32) { (sum: Double) in Int32(truncatingIfNeeded: Int64(sum)) }
        }
    }

    /// round(sums · multiplier) + zero in the type of `zero`. The multiplier broadcasts to the sums.
    func requantized(_ sums: Tensor, _ multiplier: Tensor, zero: Tensor) throws -> Tensor {
        guard zero.count == 1 else {
            throw GraphError(.argument, "shape \(zero.shape), expected a scalar", argument: "y_zero_point")
        }
        guard try broadcastShape([sums.shape, multiplier.shape]) == sums.shape else {
            throw GraphError(
                .argument, "scales of shape \(multiplier.shape) don't broadcast to \(sums.shape)", argument: "scale")
        }
        let target = try QuantizedType(zero.elementType)
        let shift = try converted(zero, to: .float64).array(of: Double.self).first ?? 0
        let factors = try multiplier.widened(to: .float64)
        let scaled: Tensor
        if sums.elementType == .int32 {
            scaled = try zipped(sums, factors, to: .float64) { (sum: Int32, factor: Double) in Double(sum) * factor }
        } else {
            scaled = try arithmetic(
                ArithmeticFunction.multiply.rawValue, sums.widened(to: .float64), factors, Double.self)
        }
        return try scaled.withElements(Double.self) { values in
            let source = Shared(values)
            return try quantized(target, sums.shape) { piece, write in
                for i in piece { write(i, target.pattern(of: source.pointer[i], zero: shift)) }
            }
        }
    }
}

/// How many products of two centered eight-bit numbers each floating-point type sums up without rounding: partial sums
/// are integers below 2²⁴ or 2⁵³, whatever the order of summation.
enum ExactSums {
    private static let largestProduct = 255 * 255
    static let inFloat = (1 << 24) / largestProduct
    static let inDouble = (1 << 53) / largestProduct
}
