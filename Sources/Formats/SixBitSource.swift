import GraphIR

/// Six-bit floats that the file packs four to three bytes, lowest bits first, as one byte each.
final class UnpackedSixBits: ByteSource {
    let count: Int
    private let packed: Bytes

    /// - Parameter count: the number of values; `packed` holds as many bytes as ``packedCount(_:)`` says.
    init(_ packed: Bytes, count: Int) {
        self.packed = packed
        self.count = count
    }

    /// Bytes that some values take in the file.
    static func packedCount(_ values: Int) -> Int { values / 4 * 3 + (values % 4 * 6 + 7) / 8 }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let first = offset / 4 * 3
        let end = Swift.min(packed.count, (offset + buffer.count + 3) / 4 * 3)
        let bytes = try packed.slice(at: first, count: end - first).array()
        for index in 0..<buffer.count {
            let bit = (offset + index) * 6 - first * 8
            let low = UInt16(bytes[checked: bit / 8] ?? 0)
            let high = UInt16(bytes[checked: bit / 8 + 1] ?? 0)
            buffer[index] = UInt8(truncatingIfNeeded: (low | high << 8) >> UInt16(bit % 8)) & 0x3F
        }
    }
}

/// The reverse: one byte each becomes four to three bytes; the last byte is filled up with zeros.
final class PackedSixBits: ByteSource {
    let count: Int
    private let values: Bytes

    init(_ values: Bytes) {
        self.values = values
        self.count = UnpackedSixBits.packedCount(values.count)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let first = offset / 3 * 4
        let end = Swift.min(values.count, (offset + buffer.count + 2) / 3 * 4)
        let bytes = try values.slice(at: first, count: end - first).array()
        for index in 0..<buffer.count {
            let bit = (offset + index) * 8 - first * 6
            let low = UInt16(bytes[checked: bit / 6] ?? 0) & 0x3F
            let high = UInt16(bytes[checked: bit / 6 + 1] ?? 0) & 0x3F
            buffer[index] = UInt8(truncatingIfNeeded: (low | high << 6) >> UInt16(bit % 6))
        }
    }
}
