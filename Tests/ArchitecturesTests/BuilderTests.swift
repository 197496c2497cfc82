import Execution
import Formats
import GraphIR
import Testing

@testable import Architectures

@Suite struct BuilderTests {
    @Test func allFaultsAreReportedTogether() throws {
        let net = ModelBuilder("own")
        try net.parameter("a.weight", [1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let x = try net.input("x", [.size(1), .size(4)])
        let y = try net.linear("b", net.linear("a", x), out: 3, bias: true)
        try net.output("y", y)
        let error = try #require(throws: MappingError.self) { try net.model() }
        #expect(error.report.contains("a.weight: expected [2, 4], found [2, 3]"))
        #expect(error.report.contains("b.weight [3, 2]"))
        #expect(error.report.contains("b.bias [3]"))
    }

    @Test func layerWithoutAnySizeNeedsItsWeight() throws {
        let net = ModelBuilder("own")
        let x = try net.input("x", [.size(1), .size(4)])
        #expect(throws: MappingError.self) { try net.linear("a", x) }
    }

    @Test func shapesThatCanNotBeAreRefused() throws {
        let net = ModelBuilder("own")
        try net.parameter("c.weight", [Float](repeating: 0, count: 49), shape: [1, 1, 7, 7])
        let image = try net.input("x", [.size(1), .size(1), .size(4), .size(4)])
        #expect(throws: GraphError.self) { try net.conv2d("c", image) }
        let other = try net.input("z", [.size(1), .size(1), .size(5), .size(4)])
        #expect(throws: GraphError.self) { try net.add("sum", image, other) }
        #expect(throws: GraphError.self) { try net.input("x", [.size(1)]) }
    }

    @Test func matricesOfMoreAxesKeepTheWeightAsItIs() throws {
        let net = ModelBuilder("own")
        try net.parameter("fc.weight", [Float](repeating: 1, count: 8), shape: [2, 4])
        try net.parameter("fc.bias", [Float](repeating: 1, count: 2), shape: [2])
        let x = try net.input("x", [.size(1), .size(5), .size(4)])
        try net.output("y", net.linear("fc", x))
        let model = try net.model()
        #expect(model.graph.nodes.map(\.op.type) == ["Transpose", "MatMul", "Add"])
        #expect(net.macs == 5 * 4 * 2)
    }
}
