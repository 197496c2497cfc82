import Formats
import Foundation
import GraphIR
import Testing

@Suite("Files of PyTorch's")
struct TorchFixtureTests {
    @Test("every fixture has the tensors that PyTorch reads: names, types, shapes and bits")
    func fixtures() throws {
        let golden = try TorchFixtures.golden("torch/golden.json")
        #expect(golden.count >= 29)
        for (file, rows) in golden {
            let torch = try TorchFixtures.read(TorchFixtures.path("torch/\(file)"))
            let found = try torch.root.tensors().map { try GoldenTensor(path: $0.path, $0.tensor) }
            #expect(found == rows, "\(file)")
        }
    }

    @Test(
        "weights in every container equal those of the plain state dict",
        arguments: [
            "channels_last.pth", "exported.pt2", "legacy.pth", "one_storage.pth", "parameters.pth", "protocol4.pth",
            "protocol5.pth", "torchscript.pt", "training_checkpoint.pth", "whole_module.pth",
        ])
    func containers(_ file: String) throws {
        let folder = "convmixer_digits/weights/"
        let plain = try TorchFixtures.read(TorchFixtures.path(folder + "state_dict.pth")).root.tensors()
        #expect(plain.count == 65)
        var found: [String: GoldenTensor] = [:]
        for (path, tensor) in try TorchFixtures.read(TorchFixtures.path(folder + file)).root.tensors() {
            let skipped: Set<Substring> = ["_modules", "_parameters", "_buffers", "state_dict", "module"]
            let parts = path.split(separator: ".")
            if parts.first == "state_dict_ema" { continue }
            let name = parts.filter { !skipped.contains($0) }.joined(separator: ".")
            found[name] = try GoldenTensor(path: name, tensor)
        }
        for (path, tensor) in plain {
            #expect(found[path] == (try GoldenTensor(path: path, tensor)), "\(file)")
        }
    }

    @Test("checkpoints of other projects read as PyTorch reads them")
    func published() throws {
        let golden = try TorchFixtures.golden("real/torch_digests.json")
        #expect(golden.count == 5)
        for (file, rows) in golden {
            let root = try TorchFixtures.read(TorchFixtures.path("real/\(file)")).root
            let found = try root.tensors().map { try GoldenTensor(path: $0.path, $0.tensor) }
            #expect(found == rows, "\(file)")
        }
    }

    @Test("names that share a storage say so")
    func tied() throws {
        for file in ["torch/views.pt", "torch/views_legacy.pt"] {
            let root = try TorchFixtures.read(TorchFixtures.path(file)).root
            let storages = Dictionary(root.tensors().map { ($0.path, $0.tensor.storage) }) { first, _ in first }
            #expect(storages["tied"] == storages["tied_again"])
            #expect(storages["tied"] == storages["tied_transposed"])
            #expect(storages["transposed"] == storages["sliced"])
            #expect(storages["tied"] != storages["sliced"])
        }
    }

    @Test("a view can be read from any byte on")
    func partialReads() throws {
        for (path, tensor) in try TorchFixtures.read(TorchFixtures.path("torch/views.pt")).root.tensors() {
            let bytes = try tensor.tensor.bytes()
            let whole = try bytes.array()
            for size in [1, 3, 5, 7, 16] {
                var pieces: [UInt8] = []
                try bytes.forEachChunk(of: size) { pieces += $0 }
                #expect(pieces == whole, "\(path) in pieces of \(size)")
            }
        }
    }

    @Test("parameters, their attributes, and what is frozen")
    func parameters() throws {
        let root = try TorchFixtures.read(TorchFixtures.path("torch/parameter.pt")).root
        guard case .tensor(let weight) = root["weight"], case .tensor(let frozen) = root["frozen"] else {
            Issue.record("expected two tensors")
            return
        }
        #expect(weight.isParameter && weight.requiresGradient)
        #expect(frozen.isParameter && !frozen.requiresGradient)
        guard case .string("kept") = weight.attributes?["note"] else {
            Issue.record("the attribute is missing")
            return
        }
    }

    @Test("quantised tensors keep scale and zero point")
    func quantized() throws {
        let root = try TorchFixtures.read(TorchFixtures.path("torch/quantized.pt")).root
        guard case .tensor(let tensor) = root["tensor"],
            case .perTensor(let scale, let zeroPoint) = tensor.quantization,
            case .tensor(let channel) = root["channel"],
            case .perChannel(let scales, let zeroPoints, let axis) = channel.quantization
        else {
            Issue.record("expected two quantised tensors")
            return
        }
        #expect(scale == 0.1 && zeroPoint == 3 && axis == 0)
        #expect(try scales.array(of: Double.self) == [Double(0.1 as Float), Double(0.2 as Float)])
        #expect(try zeroPoints.array(of: Int64.self) == [0, 1])
    }

    @Test("a meta tensor has a shape; its bytes are an error, not zeros")
    func meta() throws {
        let root = try TorchFixtures.read(TorchFixtures.path("torch/meta.pt")).root
        guard case .tensor(let weight) = root["weight"] else {
            Issue.record("expected a tensor")
            return
        }
        #expect(weight.isMeta && weight.tensor.shape == [2, 3])
        #expect(failureCode { _ = try weight.tensor.bytes().array() } == .tensorMissing)
    }

    @Test("what trainers keep beside the weights becomes data")
    func training() throws {
        let torch = try TorchFixtures.read(TorchFixtures.path("torch/training.pt"))
        guard case .int(3) = torch.root["epoch"], case .float(0.5) = torch.root["best"],
            case .object(let arguments) = torch.root["args"], case .float(0.1) = arguments.state?["lr"],
            case .complex(1, 2) = torch.root["z"], case .bytes([0x61, 0x62]) = torch.root["blob"],
            case .global("torch.float16") = torch.root["dtype"], case .bigInt(let big) = torch.root["big"],
            case .int(2) = torch.root["counts"]?["a"]
        else {
            Issue.record("a value was read as something else: \(torch.root)")
            return
        }
        #expect(arguments.className == "argparse.Namespace")
        #expect(big == [0, 0, 0, 0, 0, 0, 0, 0, 64])
        #expect(torch.globals.contains("argparse.Namespace"))
    }

    @Test("Python 2's text pickle: escapes, long integers, old-style instances")
    func pythonTwo() throws {
        let root = try TorchFixtures.read(TorchFixtures.path("torch/python2_text.pkl")).root
        guard case .string("café\n") = root["name"], case .string("é😀") = root["title"],
            case .bigInt(let long) = root["long"], case .object(let old) = root["old"], case .bool(true) = root["yes"],
            case .float(3.25) = root["pi"]
        else {
            Issue.record("a value was read as something else: \(root)")
            return
        }
        #expect(long == Array(repeating: 0, count: 15) + [0x80])
        #expect(old.className == "legacy.module.Thing")
    }
}

@Suite("Damaged files of PyTorch's")
struct TorchDamagedTests {
    /// Where another code is as good: the case's own code, and ours.
    private static let otherCodes: [String: FormatError.Code] = [
        // Sixty values are left on the stack, which is seen before they are counted.
        "pickle/m_laughs_memo.pt": .pickleStack,
        // The indices' strides don't fit their sizes either, and that comes first.
        "pickle/t_sparse_oob.pt": .tensorShape,
        // Three bytes of a legacy file are the start of any pickle.
        "legacy/trunc_003.pt": .pickleTruncated,
        // The tar container is read, so its hostile global is what is wrong.
        "legacy/tar_hostile.tar.pt": .pickleGlobal,
        // A file that starts with a pickle is one, whatever lies behind it.
        "zip/prefix_pickle.pt": .pickleGlobal,
    ]

    @Test("every case of the collection gets its verdict, its code, and the name of what is wrong")
    func collection() throws {
        let text = try Bytes(FileSource(path: TorchFixtures.path("damaged/index.json"))).array()
        guard case .array(let cases) = try JSONValue.parse(text)["cases"] else {
            Issue.record("no cases")
            return
        }
        var seen = 0
        for item in cases {
            guard let file = item["file"]?.stringValue, let expect = item["expect"]?.stringValue,
                ["pickle", "legacy", "torchscript", "zip"].contains(file.split(separator: "/")[0])
            else { continue }
            seen += 1
            let path = TorchFixtures.path("damaged/files/\(file)")
            do {
                let torch = try TorchFixtures.read(path)
                #expect(expect != "reject", "\(file) was accepted")
                _ = torch
            } catch let error as FormatError {
                #expect(expect != "accept", "\(file): \(error)")
                if expect == "reject", let code = item["cls"]?.stringValue {
                    #expect(error.code.rawValue == Self.otherCodes[file]?.rawValue ?? code, "\(file): \(error)")
                }
                if expect == "reject", let name = item["must_name"]?.stringValue, !name.isEmpty {
                    #expect(error.description.contains(name), "\(file): \(error)")
                }
            }
        }
        #expect(seen > 150)
    }

    @Test("a file cut anywhere is refused, and never crashes", arguments: ["views.pt", "views_legacy.pt", "tar.pt"])
    func cut(_ file: String) throws {
        let whole = try Bytes(FileSource(path: TorchFixtures.path("torch/\(file)"))).array()
        let folder = try TorchScratchFolder()
        // What lies behind the data of the tar's last member is padding.
        let end = file == "tar.pt" ? 3696 : whole.count
        for length in stride(from: 1, to: end, by: 13) {
            let cut = try folder.write("cut.pt", Array(whole[..<length]))
            #expect(throws: FormatError.self, "\(file) cut after \(length) bytes") {
                _ = try readTorch(cut, format: FileFormat.detect(cut), options: ReadOptions())
            }
        }
    }

    @Test(
        "a file with flipped bits is read or refused, and never crashes",
        arguments: [
            "views.pt", "views_legacy.pt", "tar.pt", "deflated.pt", "sparse.pt", "quantized.pt", "exported.pt2",
            "arrays_protocol0.pkl", "arrays_protocol4.pkl", "pickled_tensors.pkl", "python2_legacy.pt",
        ])
    func flipped(_ file: String) throws {
        let whole = try Bytes(FileSource(path: TorchFixtures.path("torch/\(file)"))).array()
        let folder = try TorchScratchFolder()
        var options = ReadOptions()
        // Else nothing would get past the first checksum.
        options.verifyChecksums = false
        for seed in 1...150 as ClosedRange<UInt64> {
            var random = DamageGenerator(seed: seed)
            var damaged = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] ^=
                    UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            }
            do {
                let source = try folder.write("flipped", damaged)
                let torch = try readTorch(source, format: FileFormat.detect(source), options: options)
                for (_, tensor) in torch.root.tensors() { try tensor.tensor.bytes().forEachChunk { _ in } }
            } catch {
                #expect(error is FormatError, "\(file), seed \(seed): \(error)")
            }
        }
    }
}
