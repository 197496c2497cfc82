import CZlib
import GraphIR

/// CRC-32 (IEEE 802.3), as zip archives keep it, by zlib.
struct Checksum {
    private(set) var value: UInt32 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            // zlib counts in 32 bits.
            let length = Swift.min(bytes.count - position, 1 << 30)
            let start = bytes.baseAddress?.advanced(by: position).assumingMemoryBound(to: UInt8.self)
            value = UInt32(truncatingIfNeeded: crc32(UInt(value), start, UInt32(length)))
            position += length
        }
    }

    /// The checksum of all of `bytes`.
    static func of(_ bytes: Bytes) throws -> UInt32 {
        var checksum = Checksum()
        try bytes.forEachChunk { checksum.update($0) }
        return checksum.value
    }
}
