import Architectures
import Execution
import Formats
import Foundation
import GraphIR
import Parity
import Testing

@testable import Atlas

/// Graphs of the atlas against timm's own computation: `fixtures/atlas/make.py`.
@Suite struct AtlasGoldenTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/atlas").path

    static let models: [String] = {
        let golden = try? GoldenData.load("\(folder)/golden.npz")
        return golden?.arrays.keys.map(\.string).filter { !$0.hasSuffix("_f64") } ?? []
    }()

    /// The state dict with ten classes.
    static func weights(_ name: String) throws -> StateDict {
        let atlas = try Atlas.shared()
        let entry = try #require(atlas.entries(named: name).first { !$0.isHeadless })
        return try SeededWeights.stateDict(of: entry, in: atlas, classes: 10)
    }

    @Test("There are goldens of twelve models")
    func goldens() { #expect(Self.models.count == 12) }

    @Test("Logits are those of PyTorch, and the state dict comes back", arguments: models)
    func agrees(name: String) throws {
        let atlas = try Atlas.shared()
        let weights = try Self.weights(name)
        var options = MappingOptions()
        options.architecture = name
        let mapped = try atlas.map(weights, config: nil, options: options)
        let golden = try GoldenData.load("\(Self.folder)/golden.npz")
        let image = try SeededWeights.image(atlas.entries(named: name)[0].inputShape)
        try Self.compare(mapped.model, image, golden, name, weights)
    }

    /// Logits in float32 and float64 beside a golden, and the state dict that comes back.
    /// - Parameter isIllConditioned: whether float32 may be twice as far from float64 as PyTorch's own is.
    static func compare(
        _ model: Model, _ image: Tensor, _ golden: GoldenData, _ key: String, _ weights: StateDict,
        isIllConditioned: Bool = false
    ) throws {
        let single = try #require(golden[key]).doubles()
        let double = try #require(golden[key + "_f64"]).doubles()
        let greatest = double.map(\.magnitude).max() ?? 0
        let found = try #require(Session(model).run(["input": image]).values.first).doubles()
        let roundings = difference(found, single) / (greatest * 0x1p-24)
        let isNear = isIllConditioned && difference(found, double) <= 2 * difference(single, double)
        #expect(roundings <= 20 || isNear, "\(roundings)")
        var running = SessionOptions()
        running.precision = .float64
        let wide = try #require(Session(model, options: running).run(["input": image]).values.first).doubles()
        #expect(difference(wide, double) <= 1e-9 * Swift.max(1, greatest))

        let back = try restoredStateDict(of: model)
        #expect(back.names == weights.names)
        for key in back.names {
            #expect(try back[key]?.bytes().array() == weights[key]?.bytes().array(), "\(key)")
        }
    }

    static func difference(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count, !a.isEmpty else { return .infinity }
        return zip(a, b).map { ($0 - $1).magnitude }.max() ?? .infinity
    }
}
