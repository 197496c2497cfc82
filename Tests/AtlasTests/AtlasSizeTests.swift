import Architectures
import Execution
import Formats
import GraphIR
import Parity
import Testing

@testable import Atlas

/// Graphs for other sizes of image than the published one.
@Suite struct AtlasSizeTests {
    static let goldens = try? GoldenData.load("\(AtlasGoldenTests.folder)/sized.npz")

    /// `NAME@HEIGHTxWIDTH` and `NAME%CHANNELS`.
    static let models: [String] = (goldens?.arrays.keys.map(\.string) ?? []).filter {
        $0.contains { "@%".contains($0) } && !$0.hasSuffix("_f64")
    }

    /// `window.OLD.NEW.EXTRA`.
    static let windows: [String] = (goldens?.arrays.keys.map(\.string) ?? []).filter {
        $0.hasPrefix("window.") && !$0.hasSuffix(".new")
    }

    /// `line.OLD.NEW`.
    static let lines: [String] = (goldens?.arrays.keys.map(\.string) ?? []).filter {
        $0.hasPrefix("line.") && !$0.hasSuffix(".new")
    }

    private static func sides(_ text: Substring) -> [Int] { text.split(separator: "x").compactMap { Int($0) } }

    @Test("There are goldens of four sizes, two numbers of channels, three windows and three lines")
    func counts() { #expect(Self.models.count == 6 && Self.windows.count == 3 && Self.lines.count == 3) }

    @Test("Logits are those of timm's model for the size or channels, and the state dict comes back", arguments: models)
    func agrees(golden: String) throws {
        let parts = golden.split { "@%".contains($0) }
        let name = String(parts[0])
        let weights = try AtlasGoldenTests.weights(name)
        var options = MappingOptions()
        options.architecture = name
        var shape = try #require(Atlas.shared().entries(named: name).first).inputShape
        if golden.contains("@") {
            let size = Self.sides(parts[1])
            options.imageSize = (size[0], size[1])
            shape.replaceSubrange(1..., with: size)
        } else {
            options.inputChannels = Int(parts[1])
            shape[0] = try #require(options.inputChannels)
        }
        let mapped = try Atlas.shared().map(weights, config: nil, options: options)
        let image = try SeededWeights.image(shape)
        try AtlasGoldenTests.compare(
            mapped.model, image, #require(Self.goldens), golden, weights, isIllConditioned: true)
    }

    @Test("Biases of relative positions are those of timm's for another window, to the bit", arguments: windows)
    func window(golden: String) throws {
        let parts = golden.split(separator: ".")
        let (old, new) = (Self.sides(parts[1]), Self.sides(parts[2]))
        let arrays = try #require(Self.goldens)
        let extra = try #require(Int(parts[3]))
        let table = try #require(arrays[golden])
        let found = try WindowResampling.adapted(
            table, behind: extra, from: ImageSize(old[0], old[1]), to: ImageSize(new[0], new[1]))
        let wanted: [Float] = try #require(arrays[golden + ".new"]).array()
        #expect(try #require(found.derived).array(of: Float.self) == wanted.dropLast(2 * extra))
        #expect(found.kept == (table.shape[0] - extra)..<table.shape[0] && !found.keptFirst)
    }

    @Test("Relative positions along an axis are those of timm's for another length, to the bit", arguments: lines)
    func line(golden: String) throws {
        let parts = golden.split(separator: ".")
        let arrays = try #require(Self.goldens)
        let (old, new) = (try #require(Int(parts[1])), try #require(Int(parts[2])))
        let found = try LineResampling.resampled(try #require(arrays[golden]), from: old, to: new)
        let wanted: [Float] = try #require(arrays[golden + ".new"]).array()
        #expect(try found.derived.array(of: Float.self) == wanted)
    }

    @Test("A vision transformer is the same as that of the hand-written family at the same size")
    func sameAsFamily() throws {
        let weights = try AtlasGoldenTests.weights("test_vit")
        var options = MappingOptions()
        options.architecture = "test_vit"
        options.imageSize = (112, 208)
        let image = try SeededWeights.image([3, 112, 208])
        var running = SessionOptions()
        running.precision = .float64
        var familys = options
        familys.architecture = nil
        let results = try [
            Atlas.shared().map(weights, config: nil, options: options).model,
            mapArchitecture(weights, config: nil, options: familys).model,
        ].map { try #require(Session($0, options: running).run(["input": image]).values.first).doubles() }
        #expect(AtlasGoldenTests.difference(results[0], results[1]) <= 1e-12)
    }

    @Test(
        "Every form that has a grid becomes a model of its smallest oblong size, and of one anywhere", arguments: 0..<8)
    func everyGrid(part: Int) throws {
        let atlas = try Atlas.shared()
        let entries = atlas.entries.filter { $0.grid != nil }
        for place in (entries.count * part / 8)..<(entries.count * (part + 1) / 8) {
            let entry = entries[place]
            let grid = try #require(entry.grid)
            let weights = try SeededWeights.stateDict(of: entry, in: atlas, classes: 7, withContents: false)
            var options = MappingOptions()
            options.architecture = entry.name
            if entry.name.hasPrefix("tf_efficientnet_cc_") { options.batch = .size(2) }
            let (rows, columns) = ((grid.top - grid.height) / grid.step, (grid.top - grid.width) / grid.step)
            let (down, right) = (place * 7 % (rows + 1), place * 11 % (columns + 1))
            for (down, right) in [(0, 1), (down, right)] {
                let height = grid.height + grid.step * down
                let width = grid.isSquare ? height : grid.width + grid.step * right
                options.imageSize = (height, width)
                do {
                    let mapped = try atlas.map(weights, config: nil, options: options)
                    let input = try #require(mapped.model.graph.inputs.first)
                    #expect(mapped.model.graph[input].type?.dimensions?.last == .size(Int64(width)))
                } catch {
                    Issue.record("\(entry.name) at \(height)×\(width): \(error)")
                }
            }
        }
    }

    /// (0 · f(H) · f(W) + 1000 · f(H) + f(W) + 0) ^ 1 at 35 by 64, windows of 7 patches of 5 pixels for the padding.
    @Test(
        "What counts of a side is its quotient, whole windows, what they lack, or the greater side",
        arguments: [(0, 16, 2004), (1, 16, 3004), (2, 16, 2004), (3, 5, 0002), (4, 16, 4004)])
    func expressions(function: UInt8, k: UInt8, expected: Int64) throws {
        // Signed numbers have their sign in the lowest bit: 2000 is 1000, 2 is 1.
        var cursor = AtlasCursor([0, function, k, 7, 1, 0, 0xd0, 0x0f, 2, 0])
        let expression = try AtlasRecord.Expression(&cursor)
        #expect(expression.value(height: 35, width: 64) == expected)
        var unknown = AtlasCursor([0, 5, k, 7, 1, 0, 0xd0, 0x0f, 2, 0])
        #expect(throws: FormatError.self) { try AtlasRecord.Expression(&unknown) }
    }

    @Test("A size that doesn't fit is refused, with the nearest that does")
    func refusals() throws {
        let weights = try AtlasGoldenTests.weights("test_vit")
        var options = MappingOptions()
        options.architecture = "test_vit"
        for (asked, near) in [((100, 128), "96x128"), ((8, 5000), "80x768"), ((104, 130), "112x128")] {
            options.imageSize = asked
            let error = try #require(
                throws: FormatError.self, performing: { try Atlas.shared().map(weights, config: nil, options: options) }
            )
            #expect(error.hint == "the nearest is --image-size \(near)")
        }
        let fixed = try #require(Atlas.shared().entries(named: "volo_d1_224").first)
        #expect(fixed.sizes == .one && fixed.sizesReason == "timm has no rule for pos_embed")
    }

    @Test("A damaged graph for other sizes is an error and no trap", arguments: 0..<100)
    func damage(seed: Int) throws {
        let atlas = try Atlas.shared()
        let grids = atlas.entries.compactMap(\.grid)
        let grid = grids[seed * 31 % grids.count]
        var bytes = try atlas.bytes(of: grid)
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        for step in 0..<3 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // Expressions and rules stand in front.
            let place = Int(state >> 33) % (step == 0 ? min(bytes.count, 200) : bytes.count)
            bytes[place] = UInt8(truncatingIfNeeded: state >> 24)
        }
        do {
            var cursor = AtlasCursor(bytes)
            let record = try AtlasRecord(&cursor, operators: atlas.operators.count, sized: true)
            // The tables that rules are for, of a shape that few of them are of.
            var weights = StateDict()
            for rule in record.rules {
                guard let state = record.states[checked: rule.state] else { continue }
                weights[state.name] = try Tensor([Float](repeating: 0, count: 732 * 2), shape: [732, 2])
            }
            _ = try record.program(
                "damaged", weights: weights,
                choice: AtlasChoice(classes: 3, channels: 3, height: 224, width: 224), channels: 3,
                operators: atlas.operators, output: "logits", tensor: { try atlas.tensor($0) })
        } catch is FormatError {}
    }
}
