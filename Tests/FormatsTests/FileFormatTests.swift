import Formats
import GraphIR
import Testing

@Suite struct FileFormatTests {
    static let weights = "convmixer_digits/weights/"

    @Test(
        arguments: [
            (weights + "state_dict.pth", .torchZip), (weights + "legacy.pth", .torchLegacy),
            (weights + "torchscript.pt", .torchScript), (weights + "exported.pt2", .pt2),
            (weights + "model.safetensors", .safetensors),
            (weights + "model.safetensors.index.json", .safetensorsIndex),
            ("convmixer_digits/golden.npz", .npz), ("convmixer_digits/torch.onnx", .onnx),
        ] as [(String, FileFormat)])
    func contentTellsTheFormat(_ name: String, _ format: FileFormat) throws {
        let folder = try WorkFolder()
        let path = try folder.put(contents(fixturesFolder + "/" + name), as: "no_ending")
        #expect(try FileFormat.detect(FileSource(path: path)) == format)
    }

    @Test(
        arguments: [
            ("git-lfs", Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".utf8)),
            ("gzip", [0x1F, 0x8B, 8, 0]), ("7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
            ("rar", Array("Rar!\u{1A}\u{7}".utf8)),
            ("HDF5", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), ("web page", Array("<!DOCTYPE html>".utf8)),
            ("GGUF", Array("GGUF".utf8)), ("zeros", [UInt8](repeating: 0, count: 64)),
        ] as [(String, [UInt8])])
    func strangersAreNamed(_ name: String, _ bytes: [UInt8]) throws {
        let folder = try WorkFolder()
        let file = try FileSource(path: folder.put(bytes, as: "model.pth"))
        let error = try #require(throws: FormatError.self) { try FileFormat.detect(file) }
        #expect(error.code == .formatUnknown)
        #expect(error.problem.contains(name))
    }

    @Test func anEmptyFileIsTruncated() throws {
        let folder = try WorkFolder()
        let file = try FileSource(path: folder.put([], as: "model.pth"))
        #expect(failure { _ = try FileFormat.detect(file) } == .containerTruncated)
    }
}
