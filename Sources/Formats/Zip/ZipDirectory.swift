import GraphIR

/// Reading of the end record, the central directory and the local headers.
struct ZipDirectory {
    private(set) var entries: [ZipEntry] = []
    private(set) var notes: [String] = []
    private let content: Bytes

    private static let endSize = 22
    private static let localSize = 30
    private static let centralSize = 46
    private static let locatorSize = 20
    private static let zip64EndSize = 56
    private static let zip64EndSignature: UInt32 = 0x0606_4B50
    /// A data descriptor takes at most this: signature, CRC and two 64-bit sizes.
    private static let descriptorSize = 24
    /// Deflate can't pack better than 1032 to 1 (zlib technical details), so a size beyond is a lie.
    private static let deflateRatio = 1032

    init(_ content: Bytes) { self.content = content }

    /// A record as the central directory has it, before its local header is looked at.
    private struct Record {
        var name: [UInt8]
        var flags: UInt16
        var method: UInt16
        var crc: UInt32
        var packed: Int
        var size: Int
        var header: Int
        /// Where the payload starts, known once the local header is read.
        var data = 0
        var end: Int { data + packed }
    }

    mutating func read() throws {
        let end = try findEnd()
        let window = try content.slice(at: end.directory, count: end.directorySize).array()
        var cursor = LittleEndianCursor(window)
        var records: [Record] = []
        records.reserveCapacity(Swift.min(end.count, window.count / Self.centralSize))
        for index in 0..<end.count {
            try locating(offset: end.directory + cursor.position) {
                records.append(try Self.centralRecord(&cursor, index: index))
            }
        }
        guard cursor.remaining == 0 else {
            throw FormatError(
                .containerAmbiguous,
                "the end record counts \(end.count) records, the directory has \(cursor.remaining) bytes more",
                offset: end.directory + cursor.position)
        }
        try readLocalHeaders(&records, directory: end.directory)
        entries = try records.map { record in
            guard let name = String(validating: record.name, as: UTF8.self) else {
                throw FormatError(
                    .containerMalformed, "a record's name is not UTF-8",
                    item: String(decoding: record.name, as: UTF8.self))
            }
            guard let method = ZipEntry.Method(rawValue: record.method) else {
                throw FormatError(.containerUnsupported, "compression method \(record.method)", item: name)
            }
            return ZipEntry(
                name: name, size: record.size, compressedSize: record.packed, method: method, crc32: record.crc,
                headerOffset: record.header, dataOffset: record.data)
        }
    }

    // MARK: The end

    private struct End {
        var count: Int
        var directory: Int
        var directorySize: Int
    }

    private func findEnd() throws -> End {
        let tailSize = Swift.min(content.count, Self.endSize + 0xFFFF)
        let tailStart = content.count - tailSize
        let tail = try content.slice(at: tailStart, count: tailSize).array()
        guard let found = Self.lastSignature(in: tail) else {
            throw FormatError(
                .containerTruncated, "no end record in the last \(tailSize) bytes of the archive",
                hint: "the file was cut short: get it again")
        }
        let position = tailStart + found
        var cursor = LittleEndianCursor(Array(tail[found...]))
        guard cursor.remaining >= Self.endSize else {
            throw FormatError(.containerTruncated, "the end record is cut short", offset: position)
        }
        cursor.skip(4)
        let disk = cursor.uint16(), directoryDisk = cursor.uint16()
        let diskCount = cursor.uint16(), count = cursor.uint16()
        let size = cursor.uint32(), directory = cursor.uint32()
        let comment = Int(cursor.uint16())
        guard comment <= cursor.remaining else {
            throw FormatError(
                .containerMalformed, "a comment of \(comment) bytes reaches past the end of the file", offset: position)
        }
        guard comment == cursor.remaining else {
            throw FormatError(
                .containerTrailing, "\(cursor.remaining - comment) bytes follow the end of the archive",
                offset: position + Self.endSize + comment, hint: "the file was added to; get the original")
        }
        var end = End(count: Int(count), directory: Int(directory), directorySize: Int(size))
        var directoryEnd = position
        if let large = try readZip64(before: position) {
            let agree =
                (count == .max || Int(count) == large.end.count)
                && (size == .max || Int(size) == large.end.directorySize)
                && (directory == .max || Int(directory) == large.end.directory)
            guard agree else {
                throw FormatError(
                    .containerAmbiguous, "the end record and the zip64 end record disagree", offset: position)
            }
            end = large.end
            directoryEnd = large.position
        } else {
            if disk == .max || size == .max || directory == .max {
                throw FormatError(
                    .containerMalformed, "points to a zip64 end record, and there is none", offset: position)
            }
            guard disk == 0, directoryDisk == 0, diskCount == count else {
                throw FormatError(.containerUnsupported, "an archive of several disks", offset: position)
            }
        }
        guard let stop = end.directory.adding(checked: end.directorySize), stop <= directoryEnd else {
            throw FormatError(
                .containerMalformed,
                "a directory of \(end.directorySize) bytes at \(end.directory) does not end before the end record",
                offset: position)
        }
        guard end.count <= end.directorySize / Self.centralSize else {
            throw FormatError(
                .containerMalformed,
                "\(end.count) records don't fit a directory of \(end.directorySize) bytes", offset: position)
        }
        guard end.count <= ZipArchive.maximumEntries else {
            throw FormatError(.limitCount, "\(end.count) records, at most \(ZipArchive.maximumEntries) are read")
        }
        if stop != directoryEnd || end.count > 0 {
            try checkDirectory(end, stop: stop, directoryEnd: directoryEnd)
        }
        return end
    }

    /// The directory must lie right before its end record: else another reader would look for it there.
    private func checkDirectory(_ end: End, stop: Int, directoryEnd: Int) throws {
        if stop == directoryEnd, try isCentral(at: end.directory) { return }
        let implied = directoryEnd - end.directorySize
        if try implied >= 0 && implied != end.directory && isCentral(at: implied) {
            throw FormatError(
                .containerAmbiguous,
                "the directory lies at \(implied), the end record says \(end.directory): something was put before it",
                hint: "extract the archive from what surrounds it")
        }
        throw FormatError(.containerMalformed, "no directory where the end record says", offset: end.directory)
    }

    private func isCentral(at offset: Int) throws -> Bool {
        guard offset >= 0, let end = offset.adding(checked: 4), end <= content.count else { return false }
        return try content.slice(at: offset, count: 4).array() == [0x50, 0x4B, 1, 2]
    }

    private static func lastSignature(in tail: [UInt8]) -> Int? {
        var index = tail.count - 4
        while index >= 0 {
            if tail[index] == 0x50, tail[index + 1] == 0x4B, tail[index + 2] == 5, tail[index + 3] == 6 { return index }
            index -= 1
        }
        return nil
    }

    private func readZip64(before position: Int) throws -> (end: End, position: Int)? {
        guard position >= Self.locatorSize else { return nil }
        let locatorAt = position - Self.locatorSize
        var locator = LittleEndianCursor(try content.slice(at: locatorAt, count: Self.locatorSize).array())
        guard locator.uint32() == 0x0706_4B50 else { return nil }
        let disk = locator.uint32()
        let offset = locator.uint64(), disks = locator.uint32()
        guard disk == 0, disks <= 1 else {
            throw FormatError(.containerUnsupported, "an archive of several disks", offset: locatorAt)
        }
        guard let start = Int(exactly: offset), let stop = start.adding(checked: Self.zip64EndSize), stop <= locatorAt
        else {
            throw FormatError(.containerMalformed, "the zip64 locator points outside of the file", offset: locatorAt)
        }
        var record = LittleEndianCursor(try content.slice(at: start, count: Self.zip64EndSize).array())
        let signature = record.uint32()
        let length = record.uint64()
        guard signature == Self.zip64EndSignature, let length = Int(exactly: length),
            start.adding(checked: 12)?.adding(checked: length) == locatorAt
        else {
            let implied = locatorAt - Self.zip64EndSize
            if implied >= 0, implied != start {
                var other = LittleEndianCursor(try content.slice(at: implied, count: 4).array())
                if other.uint32() == Self.zip64EndSignature {
                    throw FormatError(
                        .containerAmbiguous,
                        "the zip64 end record lies at \(implied), its locator says \(start): something is before it",
                        hint: "extract the archive from what surrounds it")
                }
            }
            throw FormatError(
                .containerMalformed, "no zip64 end record that ends at its locator", offset: start)
        }
        record.skip(4)
        let thisDisk = record.uint32(), directoryDisk = record.uint32()
        let diskCount = record.uint64(), count = record.uint64(), size = record.uint64(), directory = record.uint64()
        guard thisDisk == 0, directoryDisk == 0, diskCount == count else {
            throw FormatError(.containerUnsupported, "an archive of several disks", offset: start)
        }
        guard let count = Int(exactly: count), let size = Int(exactly: size), let directory = Int(exactly: directory)
        else {
            throw FormatError(.containerMalformed, "the zip64 end record holds numbers past 2^63", offset: start)
        }
        return (End(count: count, directory: directory, directorySize: size), start)
    }

    // MARK: Records

    private static func centralRecord(_ cursor: inout LittleEndianCursor, index: Int) throws -> Record {
        guard cursor.remaining >= centralSize, cursor.uint32() == 0x0201_4B50 else {
            throw FormatError(.containerMalformed, "no directory record number \(index)")
        }
        cursor.skip(4)
        let flags = cursor.uint16(), method = cursor.uint16()
        cursor.skip(4)
        let crc = cursor.uint32()
        let packed = cursor.uint32(), size = cursor.uint32()
        let nameLength = Int(cursor.uint16()), extraLength = Int(cursor.uint16()), commentLength = Int(cursor.uint16())
        let disk = cursor.uint16()
        cursor.skip(6)
        let header = cursor.uint32()
        guard nameLength + extraLength + commentLength <= cursor.remaining else {
            throw FormatError(.containerTruncated, "directory record number \(index) is cut short")
        }
        let name = cursor.bytes(nameLength)
        let extra = cursor.bytes(extraLength)
        cursor.skip(commentLength)
        let item = String(decoding: name, as: UTF8.self)
        return try locating(item: item) {
            guard !name.isEmpty, !name.contains(0) else {
                throw FormatError(.containerMalformed, "a record's name is empty or holds NUL")
            }
            try checkFlags(flags)
            guard disk == 0 || disk == .max else {
                throw FormatError(.containerUnsupported, "lies on disk \(disk) of several")
            }
            guard ZipEntry.Method(rawValue: method) != nil else {
                throw FormatError(
                    .containerUnsupported, "compression method \(method), only stored (0) and deflated (8) are read")
            }
            let sizes = try wideSizes(extra, size: size, packed: packed, header: header)
            if method == ZipEntry.Method.stored.rawValue, sizes.packed != sizes.size {
                throw FormatError(
                    .containerMalformed, "stored, yet of \(sizes.packed) bytes in the archive and \(sizes.size) outside"
                )
            }
            if method == ZipEntry.Method.deflated.rawValue,
                sizes.size / deflateRatio > sizes.packed.adding(checked: 1) ?? .max
            {
                throw FormatError(
                    .containerMalformed, "\(sizes.packed) deflated bytes can't become \(sizes.size)")
            }
            return Record(
                name: name, flags: flags, method: method, crc: crc, packed: sizes.packed, size: sizes.size,
                header: sizes.header)
        }
    }

    private static func checkFlags(_ flags: UInt16) throws {
        if flags & 0x60 != 0 {
            throw FormatError(
                .containerAmbiguous, "flags 0x\(String(flags, radix: 16)) say patched or strongly encrypted",
                hint: "readers differ on such records: some read them as plain, some skip them")
        }
        if flags & 0x2001 != 0 { throw FormatError(.containerUnsupported, "is encrypted") }
    }

    /// Sizes and offset, from the zip64 extra field (APPNOTE 4.5.3) where the short ones are saturated.
    private static func wideSizes(
        _ extra: [UInt8], size: UInt32, packed: UInt32, header: UInt32
    ) throws -> (size: Int, packed: Int, header: Int) {
        var cursor = LittleEndianCursor(extra)
        var wide: LittleEndianCursor?
        while cursor.remaining >= 4 {
            let identifier = cursor.uint16(), length = Int(cursor.uint16())
            guard length <= cursor.remaining else {
                throw FormatError(.containerMalformed, "an extra field of \(length) bytes reaches past its end")
            }
            let field = cursor.bytes(length)
            if identifier == 1 {
                guard wide == nil else { throw FormatError(.containerAmbiguous, "two zip64 extra fields") }
                wide = LittleEndianCursor(field)
            }
        }
        func resolve(_ short: UInt32) throws -> Int {
            guard short == .max else { return Int(short) }
            guard wide != nil else {
                throw FormatError(.containerMalformed, "says that its size is in a zip64 extra field, and has none")
            }
            guard wide?.remaining ?? 0 >= 8, let value = wide?.uint64() else {
                throw FormatError(.containerMalformed, "its zip64 extra field is too short")
            }
            guard let number = Int(exactly: value) else {
                throw FormatError(.containerMalformed, "\(value) bytes, no file has as many")
            }
            return number
        }
        return (try resolve(size), try resolve(packed), try resolve(header))
    }

    // MARK: Local headers

    private func readLocalHeaders(_ records: inout [Record], directory: Int) throws {
        let order = records.indices.sorted { records[$0].header < records[$1].header }
        var locals: [LocalHeader] = Array(repeating: LocalHeader(), count: records.count)
        for index in order {
            let record = records[index]
            try locating(item: String(decoding: record.name, as: UTF8.self), offset: record.header) {
                locals[index] = try LocalHeader(content, at: record.header, directory: directory)
                let data = locals[index].dataOffset
                guard let end = data.adding(checked: record.packed), end <= content.count else {
                    throw FormatError(
                        .containerTruncated,
                        "\(record.packed) bytes from \(data) on reach past the end of the file (\(content.count))",
                        hint: "the file was cut short: get it again")
                }
                records[index].data = data
            }
        }
        var position = 0
        for index in order {
            let record = records[index]
            let item = String(decoding: record.name, as: UTF8.self)
            guard record.header >= position, record.end <= directory else {
                throw FormatError(
                    .containerOverlap, "shares bytes with another record or the directory", item: item,
                    offset: record.header)
            }
            try checkGap(from: position, to: record.header, isFirst: position == 0)
            position = record.end
        }
        if !order.isEmpty { try checkGap(from: position, to: directory, isFirst: false) }
        for index in order { try locals[index].check(against: records[index]) }
    }

    /// Between records there may be a data descriptor. What is more could be a record that the directory hides.
    private func checkGap(from start: Int, to end: Int, isFirst: Bool) throws {
        let length = end - start
        guard length > 0 else { return }
        if isFirst {
            throw FormatError(
                .containerAmbiguous, "\(length) bytes lie before the first record", offset: start,
                hint: "another reader may see another archive in them")
        }
        guard length > Self.descriptorSize else { return }
        throw FormatError(
            .containerAmbiguous, "\(length) bytes between records belong to none", offset: start,
            hint: "another reader may find records there that the directory does not list; save the file again")
    }

    private struct LocalHeader {
        var name: [UInt8] = []
        var flags: UInt16 = 0
        var method: UInt16 = 0
        var crc: UInt32 = 0
        var packed: UInt32 = 0
        var size: UInt32 = 0
        var dataOffset = 0
        var header = 0

        init() {}

        init(_ content: Bytes, at offset: Int, directory: Int) throws {
            guard let end = offset.adding(checked: ZipDirectory.localSize), end <= content.count else {
                throw FormatError(.containerMalformed, "the local header would lie outside of the file")
            }
            // One read for header and name: most names are short.
            let guess = Swift.min(content.count - offset, 160)
            var cursor = LittleEndianCursor(try content.slice(at: offset, count: guess).array())
            guard cursor.uint32() == 0x0403_4B50 else {
                throw FormatError(.containerMalformed, "no local header where the directory points")
            }
            cursor.skip(2)
            flags = cursor.uint16()
            method = cursor.uint16()
            cursor.skip(4)
            crc = cursor.uint32()
            packed = cursor.uint32()
            size = cursor.uint32()
            let nameLength = Int(cursor.uint16()), extraLength = Int(cursor.uint16())
            header = offset
            dataOffset = end + nameLength + extraLength
            guard dataOffset <= content.count else {
                throw FormatError(.containerTruncated, "the local header is cut short")
            }
            name =
                nameLength <= cursor.remaining
                ? cursor.bytes(nameLength) : try content.slice(at: end, count: nameLength).array()
        }

        func check(against record: Record) throws {
            let item = String(decoding: record.name, as: UTF8.self)
            func refuse(_ what: String) -> FormatError {
                FormatError(
                    .containerAmbiguous, "the local header and the directory disagree on the \(what)", item: item,
                    offset: header, hint: "readers differ on which of them counts; save the file again")
            }
            try locating(item: item, offset: header) { try ZipDirectory.checkFlags(flags) }
            guard name == record.name else { throw refuse("name") }
            guard method == record.method else { throw refuse("compression method") }
            // With bit 3 the sizes and the CRC follow the payload, and the local fields are most often 0.
            let deferred = flags & 8 != 0
            guard (packed == .max || Int(packed) == record.packed || deferred && packed == 0),
                size == .max || Int(size) == record.size || deferred && size == 0
            else { throw refuse("size") }
            guard crc == record.crc || deferred && crc == 0 else { throw refuse("CRC-32") }
        }
    }
}
