import GraphIR

/// A zip archive, read by its central directory (APPNOTE 6.3.10), zip64 included.
///
/// Zip files can be read in more than one way, and readers differ. Where two could see different contents (a second
/// end record, local headers that disagree with the directory, records that overlap or repeat a name, a directory that
/// is not where the end record says) the archive is refused.
public final class ZipArchive: Sendable {
    /// The most records that are read: a checkpoint has one for each storage, the largest have some 100,000.
    public static let maximumEntries = 1 << 19

    /// The file's path, for messages.
    public let path: String
    /// In the order of the central directory.
    public let entries: [ZipEntry]
    /// What was odd and did no harm.
    public let notes: [String]
    let content: Bytes
    private let byName: [ExactName: Int]

    /// Reads the directory and every local header, no payload.
    /// - Parameter verifyChecksums: whether ``ZipArchive/bytes(of:)`` of small records checks their CRC.
    /// - Throws: `container.*` codes; `limit.count` beyond ``maximumEntries``.
    public convenience init(_ file: FileSource, verifyChecksums: Bool = true) throws {
        try self.init(Bytes(file), path: file.path, verifyChecksums: verifyChecksums)
    }

    /// An archive that lies within something else, such as another archive.
    public init(_ content: Bytes, path: String, verifyChecksums: Bool = true) throws {
        self.path = path
        self.content = content
        self.verifyChecksums = verifyChecksums
        var directory = ZipDirectory(content)
        try locating(file: path) { try directory.read() }
        entries = directory.entries
        var notes = directory.notes
        let unchecked = entries.reduce(0) { $0 + ($1.isUnchecked ? 1 : 0) }
        if unchecked > 0 {
            notes.append(
                "\(unchecked) of \(entries.count) archive records carry no checksum: their bytes are unchecked")
        }
        if !verifyChecksums { notes.append("checksums of the archive were not verified, as asked") }
        self.notes = notes
        var byName: [ExactName: Int] = [:]
        byName.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            guard byName.updateValue(index, forKey: ExactName(entry.name)) == nil else {
                throw FormatError(
                    .containerDuplicate, "two records have this name, expected one", file: path, item: entry.name,
                    hint: "readers differ on which of them counts; save the file again")
            }
        }
        self.byName = byName
    }

    let verifyChecksums: Bool

    /// Records up to this size are checked whenever they are opened: reading them twice costs nothing that shows.
    static let smallRecord = 1 << 20

    /// The record of that name, compared byte by byte.
    public func entry(named name: String) -> ZipEntry? {
        byName[ExactName(name)].flatMap { entries[checked: $0] }
    }

    /// The bytes of a record: a slice of the file where it is stored, inflated as they are read where it is deflated.
    /// - Throws: `tensor.bounds` for an entry of another archive.
    public func bytes(of entry: ZipEntry) throws -> Bytes {
        try locating(file: path, item: entry.name) {
            let packed = try content.slice(at: entry.dataOffset, count: entry.compressedSize)
            switch entry.method {
            case .stored: return packed
            case .deflated: return Bytes(InflateSource(packed, size: entry.size, name: entry.name))
            }
        }
    }

    /// Compares a record with its CRC-32. One without (CRC 0) passes if it can be read, see ``notes``.
    /// - Throws: `container.checksum`, or what reading throws.
    public func verify(_ entry: ZipEntry) throws {
        if entry.isUnchecked && entry.method == .stored { return }
        try locating(file: path, item: entry.name) {
            let found = try Checksum.of(try bytes(of: entry))
            guard found == entry.crc32 || entry.isUnchecked else {
                throw FormatError(
                    .containerChecksum,
                    "CRC-32 is \(String(found, radix: 16)), the directory says \(String(entry.crc32, radix: 16))",
                    hint: "the file was damaged or changed after it was written; get it again")
            }
        }
    }

    /// The bytes of a small record, in memory and checked.
    /// - Throws: `limit.memory` where it is larger than `limit` bytes; `container.checksum`.
    public func contents(of entry: ZipEntry, limit: Int = 1 << 20) throws -> Bytes {
        guard entry.size <= limit else {
            throw FormatError(
                .limitMemory, "takes \(entry.size) bytes, at most \(limit) are expected of such a record",
                file: path, item: entry.name)
        }
        if verifyChecksums { try verify(entry) }
        return try locating(file: path, item: entry.name) { try bytes(of: entry).loaded() }
    }
}
