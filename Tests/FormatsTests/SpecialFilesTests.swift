import Formats
import Foundation
import GraphIR
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `link(2)`, whose name the cases below take.
private func linkFile(_ from: String, _ to: String) -> Int32 { link(from, to) }

/// What a file system can hold in place of a file, and what can happen to a file while it is read: the cases that no
/// repository can hold.
@Suite("Special files")
struct SpecialFilesTests {
    /// Ways in which a name that another file gives can be something else than a plain file.
    enum Stand: String, CaseIterable, Sendable {
        case link, linkToFolder, danglingLink, hardLink, fifo, folder, missing, socket
        case device = "a link to a device"

        var code: FormatError.Code {
            switch self {
            case .link, .linkToFolder, .danglingLink, .device: .pathEscape
            case .hardLink, .fifo, .folder: .pathSpecial
            // The system opens none.
            case .socket: .ioFailed
            case .missing: .ioMissing
            }
        }

        /// Puts it at `path`; what links lead to lies in `outside`.
        func make(at path: String, outside: WorkFolder, content: [UInt8]) throws {
            switch self {
            case .link:
                try #require(symlink(try outside.put(content, as: "real"), path) == 0)
            case .linkToFolder:
                try #require(symlink(outside.path, path) == 0)
            case .danglingLink:
                try #require(symlink(outside("nothing"), path) == 0)
            case .hardLink:
                try #require(linkFile(try outside.put(content, as: "real"), path) == 0)
            case .fifo:
                try #require(mkfifo(path, 0o600) == 0)
            case .folder:
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .missing: break
            case .device:
                try #require(symlink("/dev/zero", path) == 0)
            case .socket:
                try #require(mknod(path, S_IFSOCK | 0o600, 0) == 0)
            }
        }
    }

    private static let shard = safetensorsBytes(
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", data: 8)
    private static let index = Array("{\"weight_map\":{\"w\":\"part.safetensors\"}}".utf8)

    @Test(arguments: Stand.allCases) func shardMustBeAPlainFile(_ stand: Stand) throws {
        let folder = try WorkFolder()
        let outside = try WorkFolder()
        let path = try folder.put(Self.index, as: "model.safetensors.index.json")
        try stand.make(at: folder("part.safetensors"), outside: outside, content: Self.shard)
        #expect(failure { _ = try openCheckpoint(path) } == stand.code)
    }

    @Test func folderOnTheWayMayBeNoLink() throws {
        let folder = try WorkFolder()
        let outside = try WorkFolder()
        try outside.put(Self.shard, as: "part.safetensors")
        try #require(symlink(outside.path, folder("sub")) == 0)
        let path = try folder.put(
            Array("{\"weight_map\":{\"w\":\"sub/part.safetensors\"}}".utf8), as: "model.safetensors.index.json")
        #expect(failure { _ = try openCheckpoint(path) } == .pathEscape)
    }

    @Test func oneShardUnderTwoNamesIsRefused() throws {
        let folder = try WorkFolder()
        try folder.put(Self.shard, as: "part.safetensors")
        let path = try folder.put(
            Array("{\"weight_map\":{\"w\":\"part.safetensors\",\"v\":\"./part.safetensors\"}}".utf8),
            as: "model.safetensors.index.json")
        #expect(failure { _ = try openCheckpoint(path) } == .containerDuplicate)
    }

    // MARK: ONNX

    /// A model whose one tensor `w`, two floats, lies in `w.bin`.
    private static let model: [UInt8] = {
        func field(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] { [tag << 3 | 2, UInt8(body.count)] + body }
        let entry = field(1, Array("location".utf8)) + field(2, Array("w.bin".utf8))
        // dims = 2, data_type = FLOAT, name, external_data, data_location = EXTERNAL
        let tensor: [UInt8] = [0x08, 2, 0x10, 1] + field(8, Array("w".utf8)) + field(13, entry) + [0x70, 1]
        let type = field(1, [0x08, 1] + field(2, field(1, [0x08, 2])))
        let output = field(1, Array("y".utf8)) + field(2, type)
        let node = field(1, Array("w".utf8)) + field(2, Array("y".utf8)) + field(4, Array("Relu".utf8))
        let graph = field(1, node) + field(2, Array("g".utf8)) + field(5, tensor) + field(12, output)
        return [0x08, 8] + field(7, graph) + field(8, [0x10, 17])
    }()

    @Test func externalDataIsRead() throws {
        let folder = try WorkFolder()
        try folder.put([1, 2, 3, 4, 5, 6, 7, 8], as: "w.bin")
        let model = try readModel(FileSource(path: folder.put(Self.model, as: "m.onnx")))
        #expect(try model.stateDict()["w"]?.bytes().array() == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test(arguments: Stand.allCases) func externalDataMustBeAPlainFile(_ stand: Stand) throws {
        let folder = try WorkFolder()
        let outside = try WorkFolder()
        let path = try folder.put(Self.model, as: "m.onnx")
        try stand.make(at: folder("w.bin"), outside: outside, content: [UInt8](repeating: 1, count: 8))
        #expect(failure { _ = try readModel(FileSource(path: path)) } == stand.code)
    }

    // MARK: The file itself

    @Test(arguments: ["/dev/null", "/dev/zero", "/dev/stdin", "/proc/self/fd", "/"])
    func whatIsNoRegularFileIsRefused(_ path: String) throws {
        // Standard input may be a file, a terminal or nothing at all where the tests run.
        let code = failure { _ = try openCheckpoint(path) }
        #expect(code != nil)
        if path != "/dev/stdin" { #expect(code == .pathSpecial) }
    }

    @Test func fifoDoesNotBlock() throws {
        let folder = try WorkFolder()
        try #require(mkfifo(folder("a.pth"), 0o600) == 0)
        #expect(failure { _ = try openCheckpoint(folder("a.pth")) } == .pathSpecial)
    }

    @Test func linkThatTheUserNamesIsFollowed() throws {
        let folder = try WorkFolder()
        try folder.put(Self.shard, as: "real.safetensors")
        try #require(symlink(folder("real.safetensors"), folder("link.safetensors")) == 0)
        #expect(try openCheckpoint(folder("link.safetensors")).stateDict.names == ["w"])
    }

    @Test func linkThatLeadsToItselfIsAnError() throws {
        let folder = try WorkFolder()
        try #require(symlink(folder("a.pth"), folder("a.pth")) == 0)
        #expect(failure { _ = try openCheckpoint(folder("a.pth")) } == .ioFailed)
    }

    /// Root reads whatever it likes.
    @Test(.enabled(if: geteuid() != 0)) func unreadableFileIsAnError() throws {
        let folder = try WorkFolder()
        let path = try folder.put(Self.shard, as: "a.safetensors")
        try #require(chmod(path, 0) == 0)
        #expect(failure { _ = try openCheckpoint(path) } == .ioFailed)
    }

    @Test func fileCutShortWhileItIsReadIsAnError() throws {
        let folder = try WorkFolder()
        let path = try folder.put(Self.shard, as: "a.safetensors")
        let checkpoint = try openCheckpoint(path)
        let tensor = try #require(checkpoint.stateDict["w"])
        try #require(truncate(path, off_t(Self.shard.count - 4)) == 0)
        #expect(failure { _ = try tensor.loaded() } == .containerTruncated)
        let output = folder("out.safetensors")
        #expect(
            failure { try write(to: output) { try writeSafetensors(checkpoint.stateDict, to: $0) } }
                == .containerTruncated)
        #expect(folder.contents == ["a.safetensors"], "whole or not at all")
    }

    @Test func fileThatIsReplacedKeepsItsOldContent() throws {
        let folder = try WorkFolder()
        let path = try folder.put(Self.shard, as: "a.safetensors")
        let tensor = try #require(try openCheckpoint(path).stateDict["w"])
        try FileManager.default.removeItem(atPath: path)
        try folder.put([0], as: "a.safetensors")
        #expect(try tensor.bytes().array() == [0, 1, 2, 3, 4, 5, 6, 7])
    }
}
