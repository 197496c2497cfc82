import Architectures
import Formats
import GraphIR
import Testing

@testable import Atlas

/// The atlas as a file.
@Suite struct AtlasTests {
    @Test("Every graph can be read, and its weights are those of its fingerprint")
    func everyGraph() throws {
        let atlas = try Atlas.shared()
        var names: Set<String> = []
        for entry in atlas.entries {
            var cursor = try atlas.record(of: entry)
            let record = try AtlasRecord(&cursor, operators: atlas.operators.count)
            #expect(!record.nodes.isEmpty && !record.outputs.isEmpty, "\(entry.name)")
            let weights = try SeededWeights.stateDict(of: record, classes: 7, channels: 4, withContents: false)
            let free = Set(entry.freeNames.map { ExactName($0) })
            #expect(Fingerprint(weights, free: free) == entry.fingerprint, "\(entry.name)")
            names.insert(entry.name)
        }
        #expect(names.count == 1151)
        #expect(atlas.entries.reduce(0) { $0 + $1.published.count } == 1826)
    }

    @Test("Every form becomes a model", arguments: 0..<16)
    func everyModel(part: Int) throws {
        let atlas = try Atlas.shared()
        for entry in atlas.entries[(atlas.entries.count * part / 16)..<(atlas.entries.count * (part + 1) / 16)] {
            let weights = try SeededWeights.stateDict(of: entry, in: atlas, classes: 7, withContents: false)
            var options = MappingOptions()
            options.architecture = entry.name
            // Each image's kernels are made of its content: as many groups as there are images.
            if entry.name.hasPrefix("tf_efficientnet_cc_") {
                #expect(throws: GraphError.self) { try atlas.map(weights, config: nil, options: options) }
                options.batch = .size(2)
            }
            do {
                let mapped = try atlas.map(weights, config: nil, options: options)
                #expect(mapped.architecture == entry.name && mapped.model.graph.outputs.count == 1)
            } catch {
                Issue.record("\(entry.name): \(error)")
            }
        }
    }

    @Test("Opening takes less than 20 ms")
    func opensFast() throws {
        _ = try Atlas.shared()
        let clock = ContinuousClock()
        let time = try (0..<5).map { _ in try clock.measure { _ = try Atlas.reopened() } }.min()
        #expect(try #require(time) < .milliseconds(20))
    }

    @Test("A damaged index or graph is an error and no trap", arguments: 0..<200)
    func damage(seed: Int) throws {
        let atlas = try Atlas.shared()
        let entry = atlas.entries[seed * 31 % atlas.entries.count]
        var bytes = try atlas.bytes(of: entry)
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<3 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let place = Int(state >> 33) % bytes.count
            bytes[place] = UInt8(truncatingIfNeeded: state >> 24)
        }
        if seed % 4 == 0 { bytes.removeLast(bytes.count / 3) }
        var cursor = AtlasCursor(bytes)
        do {
            let record = try AtlasRecord(&cursor, operators: atlas.operators.count)
            let choice = AtlasChoice(classes: 3, channels: 3, height: 224, width: 224)
            _ = try record.program(
                "damaged", weights: StateDict(), choice: choice, channels: 3, operators: atlas.operators,
                output: "logits", tensor: { try atlas.tensor($0) })
        } catch is FormatError {}
    }

    @Test("A number of more than 64 bits, a list longer than its bytes, an open end")
    func numbers() {
        var long = AtlasCursor([UInt8](repeating: 255, count: 12))
        #expect(throws: FormatError.self) { try long.number() }
        var list = AtlasCursor([200, 1, 0])
        #expect(throws: FormatError.self) { try list.list { try $0.byte() } }
        var open = AtlasCursor([128])
        #expect(throws: FormatError.self) { try open.number() }
    }
}
