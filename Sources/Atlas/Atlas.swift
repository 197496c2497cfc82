import CAtlas
import Formats
import GraphIR

/// The graphs of timm's published architectures, without weights.
///
/// The file is part of the program. It is a zip archive: opening reads its directory and its index, and only the group
/// of graphs that is asked for is inflated.
public final class Atlas: Sendable {
    /// All forms, in the order of the file: timm's files and classes, then names.
    public let entries: [AtlasEntry]
    /// The versions of timm and PyTorch that the graphs were taken from.
    public let timmVersion: String
    public let torchVersion: String

    let operators: [AtlasOperator]
    private let archive: ZipArchive

    /// The atlas that is part of the program.
    /// - Throws: `container.*` where the program's own data is damaged.
    public static func shared() throws -> Atlas { try embedded.get() }

    private static let embedded = Result { try reopened() }

    /// The atlas that is part of the program, opened anew.
    static func reopened() throws -> Atlas {
        try Atlas(
            Bytes(
                EmbeddedSource(
                    UnsafeRawBufferPointer(start: weightbridge_atlas(), count: weightbridge_atlas_size()))))
    }

    /// Opens an atlas.
    /// - Throws: `container.*` where it isn't one.
    public init(_ bytes: Bytes) throws {
        archive = try ZipArchive(bytes, path: "the atlas")
        guard let index = archive.entry(named: "index") else { throw AtlasCursor.damaged("it has no index") }
        var cursor = AtlasCursor(try archive.bytes(of: index).array())
        let contents = try AtlasIndex(&cursor)
        entries = contents.entries
        operators = contents.operators
        timmVersion = contents.timmVersion
        torchVersion = contents.torchVersion
    }

    /// One form's graph, to be read.
    func record(of entry: AtlasEntry) throws -> AtlasCursor {
        try AtlasCursor(bytes(ofGroup: entry.group), at: entry.offset, count: entry.length)
    }

    /// The graph for other sizes.
    func record(of grid: AtlasGrid) throws -> AtlasRecord {
        var cursor = AtlasCursor(try bytes(of: grid))
        return try AtlasRecord(&cursor, operators: operators.count, sized: true)
    }

    /// The bytes of a graph for other sizes.
    func bytes(of grid: AtlasGrid) throws -> [UInt8] {
        guard let group = archive.entry(named: "sized/\(grid.group)") else {
            throw AtlasCursor.damaged("the group \(grid.group) of graphs for other sizes is missing")
        }
        var cursor = try AtlasCursor(archive.bytes(of: group).array(), at: grid.offset, count: grid.length)
        return try cursor.data(grid.length)
    }

    /// The bytes of one form's graph.
    func bytes(of entry: AtlasEntry) throws -> [UInt8] {
        var cursor = try record(of: entry)
        return try cursor.data(entry.length)
    }

    /// Several forms' graphs.
    func bytes(ofGroup number: Int) throws -> [UInt8] {
        guard let group = archive.entry(named: "graphs/\(number)") else {
            throw AtlasCursor.damaged("the group \(number) is missing")
        }
        return try archive.bytes(of: group).array()
    }

    /// The bytes of a tensor that isn't part of the checkpoint.
    func tensor(_ key: String) throws -> Bytes {
        guard let entry = archive.entry(named: "tensors/\(key)") else {
            throw AtlasCursor.damaged("the tensor \(key) is missing")
        }
        return try archive.bytes(of: entry)
    }
}

/// Bytes that are part of the program.
private final class EmbeddedSource: ByteSource, @unchecked Sendable {
    // Unchecked: the bytes are constant and live as long as the program.
    private let bytes: UnsafeRawBufferPointer
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
    var count: Int { bytes.count }
    var memory: UnsafeRawBufferPointer? { bytes }
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + buffer.count)]))
    }
}
