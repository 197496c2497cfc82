import Execution
import Formats
import Foundation
import GraphIR
import OrderedCollections
import Testing

@testable import Architectures
@testable import Parity

/// Every family against its original code.
@Suite struct FamilyTests {
    @Test("There are goldens of every family")
    func goldens() {
        #expect(Self.models.count == 71 && Self.folders.count == 73)
    }

    @Test("In float64 logits and every block's output are within 1e-10 of PyTorch's", arguments: models)
    func agreesInDouble(name: String) throws {
        let mapped = try FamilyTests.map(name)
        let golden = try GoldenData.load("\(Self.folder)/\(name)/golden.npz")
        let blocks = try GoldenData.load("\(Self.folder)/\(name)/blocks.npz")
        let input = try #require(golden["input"])
        let expected = try #require(golden["logits_f64"]).array(of: Double.self)
        var options = SessionOptions()
        options.precision = .float64
        let (outputs, found) = try run(mapped.model, input, options)
        let logits = try #require(outputs.values.first).doubles()
        #expect(difference(logits, expected) <= 1e-10)
        #expect(blocks.arrays.count > 2)
        for (module, tensor) in blocks.arrays {
            let value = try #require(found[module], "\(module.string) is made by no node")
            let sampled = Self.isSeeded(name) ? samples(value) : value
            #expect(try difference(sampled, tensor.doubles()) <= 1e-10, "\(module.string)")
        }
        if let map = golden["attention_map"] {
            let value = try #require(outputs["attention_map"] ?? outputs["attention_maps"]).doubles()
            #expect(try difference(value, map.doubles()) <= 1e-10)
        }
    }

    /// What `make_seeded.py` keeps of a block's output: each n-th element, at most 512, and the mean of all.
    private func samples(_ values: [Double]) -> [Double] {
        let step = (values.count + 511) / 512
        return stride(from: 0, to: values.count, by: step).map { values[$0] }
            + [values.reduce(0, +) / Double(values.count)]
    }

    @Test("A module's name stands for what it returns, whatever value has the same name", arguments: models)
    func valuesOfModules(name: String) throws {
        let graph = try Self.map(name).model.graph
        #expect(graph.moduleOutputs.count > 2)
        for (module, value) in graph.moduleOutputs {
            let found = graph.moduleValues([module.string], aliases: [:]).found
            #expect(found.first?.value == value, "\(module.string)")
        }
    }

    @Test(
        "In float32 logits are within 20 roundings of PyTorch's float32, blocks within 20 of its float64",
        arguments: models)
    func agreesInSingle(name: String) throws {
        let mapped = try FamilyTests.map(name)
        let golden = try GoldenData.load("\(Self.folder)/\(name)/golden.npz")
        let blocks = try GoldenData.load("\(Self.folder)/\(name)/blocks.npz")
        let input = try #require(golden["input"])
        let (outputs, found) = try run(mapped.model, input)
        let logits = try #require(outputs.values.first).doubles()
        let expected = try #require(golden["logits"]).doubles()
        #expect(roundings(logits, expected) <= 20)
        var before: [Double] = []
        for (module, tensor) in blocks.arrays {
            // Square roots of products near zero: no rounding of these says how far their roots may be.
            if module.string.hasSuffix("bap") { continue }
            let value = try #require(found[module], "\(module.string) is made by no node")
            let sampled = Self.isSeeded(name) ? samples(value) : value
            // Attention is one convolution of features that are up to four times as large: its roundings are theirs.
            let scale = module == "attentions" ? value + before : value
            let error = try roundings(sampled, tensor.doubles(), scale: scale)
            #expect(error <= 20, "\(module.string)")
            before = value
        }
    }

    /// The greatest difference in roundings of float32 at the greatest number of a tensor, all of it where only samples
    /// are compared.
    private func roundings(_ found: [Double], _ expected: [Double], scale: [Double]? = nil) -> Double {
        difference(found, expected) / (((scale ?? expected).map(\.magnitude).max() ?? 0) * 0x1p-24)
    }

    /// The outputs, and what modules return.
    private func run(
        _ model: Model, _ input: Tensor, _ options: SessionOptions = SessionOptions()
    ) throws -> (outputs: OrderedDictionary<String, Tensor>, modules: [ExactName: [Double]]) {
        var found: [ExactName: [Double]] = [:]
        let outputs = try Session(model, options: options).run(["input": input]) { _, node, tensor in
            for entry in node.metadata where entry.key == MetadataKey.moduleOutputs {
                for module in entry.value.split(separator: "\n") {
                    found[ExactName(String(module))] = try tensor.doubles()
                }
            }
        }
        return (outputs, found)
    }

    @Test("The state dict comes back, key by key and bit by bit", arguments: models)
    func comesBack(name: String) throws {
        let checkpoint = try FamilyTests.checkpoint(name)
        let back = try restoredStateDict(of: FamilyTests.map(name).model)
        #expect(back.names == checkpoint.stateDict.names)
        for key in back.names {
            #expect(try back[key]?.bytes().array() == checkpoint.stateDict[key]?.bytes().array(), "\(key)")
        }
    }

    private func difference(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count, !a.isEmpty else { return .infinity }
        return zip(a, b).map { ($0 - $1).magnitude }.max() ?? .infinity
    }
}
