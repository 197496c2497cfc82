import Formats
import GraphIR
import Testing

@testable import Atlas

@Suite struct AtlasTests {
    @Test func everyGraphCanBeRead() throws {
        let atlas = try Atlas.shared()
        for entry in atlas.entries {
            var cursor = try atlas.record(of: entry)
            let record = try AtlasRecord(&cursor, operators: atlas.operators.count)
            #expect(!record.nodes.isEmpty && record.outputs.count >= 1, "\(entry.name)")
        }
    }
}
