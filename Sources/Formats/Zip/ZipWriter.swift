import GraphIR

/// Writes a zip archive of stored records in the way PyTorch does: each payload at a multiple of 64 bytes so that it
/// can be mapped, sizes and CRC-32 in a data descriptor behind it, no dates. The same records give the same bytes.
public struct ZipWriter {
    private struct Written {
        var name: [UInt8]
        var crc: UInt32
        var size: Int
        var header: Int
    }

    private let output: OutputFile
    private let alignment: Int
    private var written: [Written] = []
    private var names: Set<ExactName> = []

    /// Bit 3 (a data descriptor follows) and bit 11 (names are UTF-8).
    private static let flags: UInt16 = 0x0808
    /// The identifier of the extra field that pads a local header, and the byte it holds: PyTorch's choice.
    private static let paddingField: UInt16 = 0x4246
    private static let paddingByte: UInt8 = 0x5A

    /// - Parameter alignment: what the offset of each payload is a multiple of, in bytes.
    public init(_ output: OutputFile, alignment: Int = 64) {
        self.output = output
        self.alignment = Swift.max(1, Swift.min(alignment, 1 << 14))
    }

    /// Adds a stored record.
    /// - Throws: `container.duplicate` for a name that was added before, `usage` for one that zip can't hold, `io.*`.
    public mutating func add(name: String, bytes: Bytes) throws {
        let utf8 = Array(name.utf8)
        guard !utf8.isEmpty, utf8.count <= 0xFFFF, !utf8.contains(0) else {
            throw FormatError(
                .usage, "a name of \(utf8.count) bytes, expected 1 to 65535 without NUL", item: name)
        }
        guard names.insert(ExactName(name)).inserted else {
            throw FormatError(.containerDuplicate, "two records of this name", item: name)
        }
        let header = output.position
        let isWide = bytes.count >= 0xFFFF_FFFF
        var local = LittleEndianBuilder()
        local.uint32(0x0403_4B50)
        local.uint16(0)
        local.uint16(Self.flags)
        local.uint16(0)
        local.uint32(0)
        local.uint32(0)
        local.uint32(0)
        local.uint32(0)
        local.uint16(UInt16(utf8.count))
        let unpadded = header + 30 + utf8.count + 4
        let padding = (alignment - unpadded % alignment) % alignment
        local.uint16(UInt16(4 + padding))
        local.append(utf8)
        local.uint16(Self.paddingField)
        local.uint16(UInt16(padding))
        local.append(Array(repeating: Self.paddingByte, count: padding))
        try output.write(local.bytes)
        var checksum = Checksum()
        try locating(item: name) {
            try bytes.forEachChunk { chunk in
                checksum.update(chunk)
                try output.write(chunk)
            }
        }
        var descriptor = LittleEndianBuilder()
        descriptor.uint32(0x0807_4B50)
        descriptor.uint32(checksum.value)
        if isWide {
            descriptor.uint64(UInt64(bytes.count))
            descriptor.uint64(UInt64(bytes.count))
        } else {
            descriptor.uint32(UInt32(bytes.count))
            descriptor.uint32(UInt32(bytes.count))
        }
        try output.write(descriptor.bytes)
        written.append(Written(name: utf8, crc: checksum.value, size: bytes.count, header: header))
    }

    /// Writes the directory and the end records.
    public mutating func finish() throws {
        let directory = output.position
        for record in written {
            var central = LittleEndianBuilder()
            let wideSize = record.size >= 0xFFFF_FFFF
            let wideHeader = record.header >= 0xFFFF_FFFF
            var extra = LittleEndianBuilder()
            if wideSize || wideHeader {
                extra.uint16(1)
                extra.uint16((wideSize ? 16 : 0) + (wideHeader ? 8 : 0))
                if wideSize {
                    extra.uint64(UInt64(record.size))
                    extra.uint64(UInt64(record.size))
                }
                if wideHeader { extra.uint64(UInt64(record.header)) }
            }
            central.uint32(0x0201_4B50)
            central.uint16(0)
            central.uint16(0)
            central.uint16(Self.flags)
            central.uint16(0)
            central.uint32(0)
            central.uint32(record.crc)
            central.uint32(wideSize ? .max : UInt32(record.size))
            central.uint32(wideSize ? .max : UInt32(record.size))
            central.uint16(UInt16(record.name.count))
            central.uint16(UInt16(extra.bytes.count))
            central.uint16(0)
            central.uint16(0)
            central.uint16(0)
            central.uint32(0)
            central.uint32(wideHeader ? .max : UInt32(record.header))
            central.append(record.name)
            central.append(extra.bytes)
            try output.write(central.bytes)
        }
        let end = output.position
        let size = end - directory
        var tail = LittleEndianBuilder()
        tail.uint32(0x0606_4B50)
        tail.uint64(44)
        // Version 4.5 is the first with zip64.
        tail.uint16(45)
        tail.uint16(45)
        tail.uint32(0)
        tail.uint32(0)
        tail.uint64(UInt64(written.count))
        tail.uint64(UInt64(written.count))
        tail.uint64(UInt64(size))
        tail.uint64(UInt64(directory))
        tail.uint32(0x0706_4B50)
        tail.uint32(0)
        tail.uint64(UInt64(end))
        tail.uint32(1)
        tail.uint32(0x0605_4B50)
        tail.uint16(0)
        tail.uint16(0)
        tail.uint16(UInt16(clamping: written.count))
        tail.uint16(UInt16(clamping: written.count))
        tail.uint32(UInt32(clamping: size))
        tail.uint32(UInt32(clamping: directory))
        tail.uint16(0)
        try output.write(tail.bytes)
    }
}

/// Little-endian numbers, one after the other.
struct LittleEndianBuilder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: [UInt8]) { bytes += more }
    mutating func uint8(_ value: UInt8) { bytes.append(value) }
    mutating func uint16(_ value: UInt16) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func uint32(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func uint64(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
}
