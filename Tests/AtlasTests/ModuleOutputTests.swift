import Architectures
import Execution
import Formats
import GraphIR
import Parity
import Testing

@testable import Atlas

/// Other outputs of the atlas's graphs than what the head makes, against timm's: `fixtures/atlas/make_modules.py`.
@Suite struct ModuleOutputTests {
    static let golden = (try? GoldenData.load("\(AtlasGoldenTests.folder)/modules.npz")) ?? GoldenData()
    static let models = ["test_convnext", "dla46x_c", "convnextv2_atto", "efficientvit_m0"]

    /// What the golden data has of a model: modules, and `features`.
    static func modules(_ name: String) -> [String] {
        golden.arrays.keys.map(\.string).filter { $0.hasPrefix(name + "/") }.map {
            String($0.dropFirst(name.count + 1))
        }
        .filter { $0 != "features" }
    }

    private func map(
        _ name: String, _ weights: StateDict? = nil, _ change: (inout MappingOptions) -> Void
    ) throws -> MappedModel {
        var options = MappingOptions()
        options.architecture = name
        change(&options)
        return try Atlas.shared().map(weights ?? AtlasGoldenTests.weights(name), config: nil, options: options)
    }

    private func run(_ mapped: MappedModel, _ name: String) throws -> [(name: String, tensor: Tensor)] {
        var running = SessionOptions()
        running.precision = .float64
        let image = try SeededWeights.image(Atlas.shared().entries(named: name)[0].inputShape)
        return try Session(mapped.model, options: running).run(["input": image]).map { ($0.key, $0.value) }
    }

    /// Whether a tensor's numbers at even steps are those of the golden data.
    private func agrees(_ tensor: Tensor, _ key: String) throws -> Bool {
        let expected = try #require(Self.golden[key]).doubles()
        let numbers = try tensor.doubles()
        let step = numbers.count > expected.count ? numbers.count / expected.count : 1
        let scale = expected.map(\.magnitude).max() ?? 0
        return scale > 0
            && expected.enumerated().allSatisfy { place, number in
                numbers[checked: place * step].map { ($0 - number).magnitude <= 1e-10 * scale } ?? false
            }
    }

    @Test("A module's output is what timm's module returns when it is last called", arguments: models)
    func modules(name: String) throws {
        let modules = Self.modules(name)
        #expect(modules.count >= 4)
        let mapped = try map(name) { $0.modules = modules }
        let outputs = try run(mapped, name)
        #expect(outputs.map(\.name) == modules)
        for output in outputs {
            #expect(try agrees(output.tensor, "\(name)/\(output.name)"), "\(output.name)")
        }
        try mapped.model.graph.checkInvariants()
    }

    @Test("What the modules don't need is left out, of the state dict too")
    func whatIsLeft() throws {
        let graph = try map("test_convnext") { $0.modules = ["stem"] }.model
        #expect(!graph.graph.initializers.isEmpty)
        #expect(graph.graph.initializers.values.allSatisfy { $0.name.hasPrefix("stem.") })
        #expect(try restoredStateDict(of: graph).names == graph.graph.initializers.values.map(\.name))
    }

    @Test(
        "Without its head a graph returns timm's pooled features, and keeps no weights of the head", arguments: models)
    func headless(name: String) throws {
        let weights = try AtlasGoldenTests.weights(name)
        for change: (inout MappingOptions) -> Void in [{ $0.leavesOutHead = true }, { $0.classes = 0 }] {
            let mapped = try map(name, weights, change)
            let outputs = try run(mapped, name)
            #expect(outputs.map(\.name) == ["features"])
            #expect(try agrees(#require(outputs.first).tensor, "\(name)/features"))
            let left = try restoredStateDict(of: mapped.model).names
            let head = name == "efficientvit_m0" ? 7 : 2
            #expect(weights.names.filter { !left.contains($0) }.count == head)
            #expect(mapped.hyperparameters.contains { $0 == ("num_classes", "0") })
        }
        // Weights that come without the head's.
        let kept = try restoredStateDict(of: map(name, weights) { $0.leavesOutHead = true }.model).names
        var bare = weights
        for key in weights.names where !kept.contains(key) { bare[key] = nil }
        #expect(try map(name, bare) { $0.leavesOutHead = true }.unused.isEmpty)
    }

    @Test("What the atlas can't give is refused with the modules that there are")
    func refusals() throws {
        func refusal(_ name: String, _ change: (inout MappingOptions) -> Void) throws -> MappingError? {
            let weights = try AtlasGoldenTests.weights(name)
            do {
                _ = try map(name, weights, change)
                return nil
            } catch let error as MappingError { return error }
        }
        let unpooled = try refusal("test_convnext") { $0.returnsFeatures = true }
        #expect(unpooled?.code == .option && unpooled?.hint?.contains("'stem', 'stages', 'head'") == true)
        // Two heads, whose results are averaged.
        let heads = try refusal("levit_128s") { $0.leavesOutHead = true }
        #expect(heads?.code == .option && heads?.hint?.contains("'head_dist'") == true)
        let module = try refusal("test_convnext") { $0.modules = ["stage.1"] }
        #expect(module?.code == .option && module?.hint?.contains("stages.1") == true)
        #expect(try refusal("test_convnext") { $0.modules = ["stem.0.weight"] }?.code == .option)
        #expect(try refusal("test_convnext") { $0.classes = 3 }?.code == .option)
        #expect(try refusal("test_convnext") { $0.classes = 10 } == nil)
    }
}
