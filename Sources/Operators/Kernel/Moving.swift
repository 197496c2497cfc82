import GraphIR

/// Moving elements about, whatever their type: what Transpose, Slice, Concat, Gather, Pad … have in common.
///
/// Strings are moved as numbers of a pool, sub-byte types are unpacked to a byte each and packed again, so the loops see
/// elements of 1, 2, 4, 8 or 16 bytes only.
extension Call {
    /// Runs `body` on tensors in which every element takes whole bytes, and turns its results back.
    func moving(_ tensors: [Tensor], _ body: ([Tensor]) throws -> [Tensor]) throws -> [Tensor] {
        guard let type = tensors.first?.elementType else { return try body(tensors) }
        for tensor in tensors { try requireType(type, tensor) }
        if type == .string {
            var pool: [[UInt8]] = []
            let numbers = try tensors.map { tensor in
                guard case .strings(let strings) = tensor.contents else { throw unsupportedType(type) }
                let start = pool.count
                pool += strings
                return try Tensor((start..<pool.count).map { Int64($0) }, shape: tensor.shape)
            }
            return try body(numbers).map { moved in
                let strings = try moved.array(of: Int64.self).map { pool[checked: Int($0)] ?? [] }
                return try Tensor(strings: strings, shape: moved.shape)
            }
        }
        if type.bitWidth < 8 {
            return try body(tensors.map { try $0.unpacked() }).map { try $0.packed(as: type) }
        }
        return try body(tensors)
    }

    /// Reads `input` through a shape, strides (in elements, also negative or 0) and a first element.
    /// The caller has seen to it that all of it is within the input.
    func strided(_ input: Tensor, shape: [Int], strides: [Int], offset: Int) throws -> Tensor {
        try make(input.elementType, shape, as: UInt8.self, clears: false) { out in
            try input.withElements(UInt8.self) { source in
                guard let from = source.baseAddress, let to = out.baseAddress, !out.isEmpty else { return }
                copyStrided(
                    width: input.elementType.bitWidth / 8, shape: shape, from: UnsafeRawPointer(from), strides, offset,
                    to: UnsafeMutableRawPointer(to), rowMajorStrides(shape), 0)
            }
        }
    }
}

/// Copies elements between two strided layouts. Strides and offsets are in elements of `width` bytes.
func copyStrided(
    width: Int, shape: [Int], from source: UnsafeRawPointer, _ sourceStrides: [Int], _ sourceOffset: Int,
    to target: UnsafeMutableRawPointer, _ targetStrides: [Int], _ targetOffset: Int
) {
    let (dims, strides) = collapsed(shape, [sourceStrides, targetStrides])
    let length = dims.last ?? 1
    let stepFrom = strides[0].last ?? 1
    let stepTo = strides[1].last ?? 1
    forEachRow(dims, strides) { offsets in
        let from = source + (sourceOffset + offsets[0]) * width
        let to = target + (targetOffset + offsets[1]) * width
        if stepFrom == 1 && stepTo == 1 {
            to.copyMemory(from: from, byteCount: length * width)
            return
        }
        switch width {
        case 1: copyRow(UInt8.self, from, stepFrom, to, stepTo, length)
        case 2: copyRow(UInt16.self, from, stepFrom, to, stepTo, length)
        case 4: copyRow(UInt32.self, from, stepFrom, to, stepTo, length)
        case 8: copyRow(UInt64.self, from, stepFrom, to, stepTo, length)
        default:
            for i in 0..<length {
                (to + i * stepTo * width).copyMemory(from: from + i * stepFrom * width, byteCount: width)
            }
        }
    }
}

@inline(__always)
private func copyRow<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ from: UnsafeRawPointer, _ stepFrom: Int, _ to: UnsafeMutableRawPointer, _ stepTo: Int, _ length: Int
) {
    let size = MemoryLayout<T>.size
    for i in 0..<length {
        to.storeBytes(
            of: from.loadUnaligned(fromByteOffset: i &* stepFrom &* size, as: T.self),
            toByteOffset: i &* stepTo &* size, as: T.self)
    }
}

extension Tensor {
    /// A tensor of a sub-byte type with a byte for each element.
    func unpacked() throws -> Tensor {
        let bits = elementType.bitWidth
        let mask = UInt8((1 << bits) - 1)
        let perByte = 8 / bits
        let packed = try bytes().array()
        let single = (0..<count).map { (packed[$0 / perByte] >> UInt8($0 % perByte * bits)) & mask }
        return try Tensor(single, shape: shape)
    }

    /// The reverse of ``unpacked()``: the lowest bits hold the first element.
    func packed(as type: ElementType) throws -> Tensor {
        let perByte = 8 / type.bitWidth
        var packed = [UInt8](repeating: 0, count: (count + perByte - 1) / perByte)
        for (index, value) in try array(of: UInt8.self).enumerated() {
            packed[index / perByte] |= value << UInt8(index % perByte * type.bitWidth)
        }
        return try Tensor(type, shape: shape, bytes: Bytes(packed).loaded())
    }
}
