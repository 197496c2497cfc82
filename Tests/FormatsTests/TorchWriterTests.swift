import Formats
import Foundation
import GraphIR
import Testing

@Suite("Writing what torch.load reads")
struct TorchWriterTests {
    private func stateDict(_ file: String) throws -> StateDict {
        var result = StateDict()
        for (path, tensor) in try TorchFixtures.read(TorchFixtures.path("torch/\(file)")).root.tensors() {
            result[path] = tensor.tensor
        }
        return result
    }

    private func write(_ stateDict: StateDict, to path: String) throws {
        let output = try OutputFile(path: path)
        try writeTorch(stateDict, to: output)
        try output.commit()
    }

    @Test("every element type and every view comes back with the same bits", arguments: ["types.pt", "views.pt"])
    func roundTrip(_ file: String) throws {
        let folder = try TorchScratchFolder()
        let before = try stateDict(file)
        try write(before, to: folder.path("out.pt"))
        let torch = try TorchFixtures.read(folder.path("out.pt"))
        try torch.verifyChecksums()
        let after = torch.root.tensors()
        #expect(after.map(\.path) == before.names)
        for (path, tensor) in after {
            let original = try #require(before[path])
            #expect(tensor.tensor.elementType == original.elementType)
            #expect(tensor.tensor.shape == original.shape)
            #expect(try tensor.tensor.bytes().array() == original.bytes().array(), "\(path)")
        }
        #expect(
            torch.globals.allSatisfy {
                $0.hasPrefix("torch.") || $0 == "collections.OrderedDict" || $0.hasPrefix("torch._utils")
            })
    }

    @Test("the same tensors give the same bytes")
    func deterministic() throws {
        let folder = try TorchScratchFolder()
        try write(try stateDict("views.pt"), to: folder.path("one.pt"))
        try write(try stateDict("views.pt"), to: folder.path("two.pt"))
        #expect(
            try Data(contentsOf: folder.url.appendingPathComponent("one.pt"))
                == Data(contentsOf: folder.url.appendingPathComponent("two.pt")))
    }

    @Test("every payload starts at a multiple of 64 bytes, so that it can be mapped")
    func alignment() throws {
        let folder = try TorchScratchFolder()
        try write(try stateDict("types.pt"), to: folder.path("out.pt"))
        let archive = try ZipArchive(FileSource(path: folder.path("out.pt")))
        #expect(archive.entries.count == 25)
        for entry in archive.entries { #expect(entry.dataOffset % 64 == 0, "\(entry.name)") }
    }

    @Test("tied weights are written once")
    func tied() throws {
        let folder = try TorchScratchFolder()
        let weight = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        var stateDict = StateDict()
        stateDict["encoder.weight"] = weight
        stateDict["decoder.weight"] = weight
        stateDict["other"] = try Tensor([1, 2, 3, 4] as [Float], shape: [4])
        try write(stateDict, to: folder.path("out.pt"))
        let tensors = try TorchFixtures.read(folder.path("out.pt")).root.tensors()
        #expect(tensors.map(\.tensor.storage) == ["0", "0", "1"])
    }

    @Test("an element type that PyTorch lacks is refused by name")
    func unsupported() throws {
        let folder = try TorchScratchFolder()
        var stateDict = StateDict()
        stateDict["packed"] = try Tensor(.int4, shape: [2], bytes: Bytes([0x21]))
        do {
            try write(stateDict, to: folder.path("out.pt"))
            Issue.record("was written")
        } catch let error as FormatError {
            #expect(error.code == .tensorDtype && error.faultClass == .unsupported)
            #expect(error.description.contains("packed") && error.description.contains("INT4"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out.pt")))
    }
}
