import Foundation
import OrderedCollections
import Testing
import Weightbridge

/// The main job: a trained checkpoint becomes a verified ONNX model, and comes back with the bits it had.
@Suite struct MainJobTests {
    /// Every container that holds float32 weights leads to the same graph and the same logits.
    @Test(arguments: [
        "state_dict.pth", "training_checkpoint.pth", "whole_module.pth", "legacy.pth", "model.safetensors",
    ])
    func checkpointVerifies(_ name: String) throws {
        let loaded = try loadModel(Digits.weights(name))
        #expect(loaded.mapping?.family == "convmixer")
        let golden = try arrays(Digits.golden)
        let input = try #require(golden["input"])
        let logits = try run(loaded.model, input).array(of: Float.self)
        let wanted = try #require(golden["logits_f32"]).array(of: Float.self)
        #expect(zip(logits, wanted).allSatisfy { abs($0 - $1) <= 1e-5 })
        var options = SessionOptions()
        options.precision = .float64
        let double = try run(loaded.model, input, options).array(of: Double.self)
        let wanted64 = try #require(golden["logits_f64"]).array(of: Double.self)
        #expect(zip(double, wanted64).allSatisfy { abs($0 - $1) <= 1e-12 })
        #expect(logits.count == 320 && double.count == 320)
    }

    /// As many held-out digits right as PyTorch gets: 357 of 360.
    @Test func accuracyIsPyTorchs() throws {
        let held = try arrays("\(Digits.folder)/accuracy.npz")
        let model = try loadModel(Digits.weights("state_dict.pth")).model
        let logits = try run(model, #require(held["input"])).array(of: Float.self)
        let labels = try #require(held["labels"]).array(of: Int64.self)
        let right = labels.indices.filter { index in
            let row = logits[(index * 10)..<(index * 10 + 10)]
            return row.firstIndex(of: row.max() ?? 0).map { $0 - row.startIndex } == Int(labels[index])
        }
        #expect(labels.count == 360)
        #expect(right.count == 357)
    }

    @Test func exportRunsAsTheCheckpointDoes() throws {
        let folder = try TemporaryFolder()
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("m.onnx"))
        let input = try #require(try arrays(Digits.golden)["input"])
        let exported = try run(loadModel(folder.path("m.onnx")).model, input).bytes().array()
        let direct = try run(loadModel(Digits.weights("state_dict.pth")).model, input).bytes().array()
        #expect(exported == direct)
    }

    /// To every opset, and back from each: names, order and bits of the original, counters included.
    @Test(arguments: [9, 13, 17, 20, 28] as [Int64], ["onnx-embedded", "onnx-external"])
    func roundTrip(_ opset: Int64, _ storage: String) throws {
        let folder = try TemporaryFolder()
        var options = ConversionOptions()
        options.opset = opset
        options.externalDataThreshold = storage == "onnx-external" ? 0 : nil
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("m.onnx"), options: options)
        for format in ["pth", "npz", "safetensors"] {
            _ = try convert(folder.path("m.onnx"), to: folder.path("back.\(format)"))
            try expectSame(folder.path("back.\(format)"), ordered: format != "safetensors")
        }
    }

    @Test(arguments: ["onnx", "safetensors", "pth", "npz"]) func sameInputGivesSameBytes(_ format: String) throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("a.\(format)"))
        _ = try convert(Digits.weights("state_dict.pth"), to: other.path("b.\(format)"))
        let bytes = try contents(folder.path("a.\(format)"))
        #expect(try bytes == contents(other.path("b.\(format)")))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains(folder.url.path) && !text.contains("a.\(format)"), "no path in the output")
    }

    /// The digest is of the weights, not of their container.
    @Test func digestIsOfTheWeights() throws {
        let plain = try SourceDigest.of(Digits.stateDict())
        #expect(try SourceDigest.of(Digits.stateDict("legacy.pth")) == plain)
        #expect(try SourceDigest.of(Digits.stateDict("half.pth")) != plain)
        #expect(plain.hasPrefix("sha256-tree:") && plain.count == 12 + 64)
    }

    @Test func outputMayBeTheInput() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("w.pth")
        try contents(Digits.weights("channels_last.pth")).write(to: URL(fileURLWithPath: path))
        _ = try convert(path, to: path)
        try expectSame(path, ordered: true)
    }

    private func expectSame(_ path: String, ordered: Bool) throws {
        guard case .checkpoint(let back) = try WeightFile.open(path) else {
            Issue.record("\(path) is no checkpoint")
            return
        }
        let original = try Digits.stateDict()
        #expect(ordered ? back.stateDict.names == original.names : Set(back.stateDict.names) == Set(original.names))
        for name in original.names {
            let (want, got) = (try #require(original[name]), try #require(back.stateDict[name]))
            #expect(got.elementType == want.elementType && got.shape == want.shape, "\(name)")
            #expect(try got.bytes().array() == want.bytes().array(), "\(name)")
        }
    }

    private func arrays(_ path: String) throws -> StateDict {
        guard case .checkpoint(let checkpoint) = try WeightFile.open(path) else { return StateDict() }
        return checkpoint.stateDict
    }

    private func run(_ model: Model, _ input: Tensor, _ options: SessionOptions = SessionOptions()) throws -> Tensor {
        let name = try #require(model.graph.inputs.first { model.graph.initializers[$0] == nil })
        let outputs = try Session(model, options: options).run([model.graph[name].name: input])
        return try #require(outputs.values.first)
    }
}
