import Examples
import Testing
import Weightbridge

/// The example of a user's own model: built from Swift arrays, exported, read back and run.
@Suite struct ExampleTests {
    @Test func exampleIsAGraphWithTheKeysAsItsInitializers() throws {
        let graph = try tinyNetwork().graph
        #expect(
            graph.nodes.map(\.name) == [
                "/features/0/Conv", "/features/1/Relu", "/pool/GlobalAveragePool", "/flatten/Flatten", "/head/Gemm",
            ])
        #expect(
            graph.initializers.values.map(\.name) == [
                "features.0.weight", "features.0.bias", "head.weight", "head.bias",
            ])
        #expect(graph.moduleOutputs["features"].map { graph[$0].name } == "features.1")
        #expect(graph.outputs.map { graph[$0].type } == [.tensor(.float32, [.named("batch"), .size(2)])])
    }

    @Test func exportedExampleTellsEdgesApart() throws {
        let folder = try TemporaryFolder()
        try exportTinyNetwork(to: folder.path("tiny.onnx"))
        let model = try loadModel(folder.path("tiny.onnx")).model
        #expect(model.opsetVersion() == 13)
        // Dark left and bright right, then the other way round.
        let row: [Float] = [0, 0, 1, 1]
        let rise = [row, row, row, row].flatMap { $0 }
        let images = try Tensor(rise + rise.map { 1 - $0 }, shape: [2, 1, 4, 4])
        let scores = try Session(model).run(["image": images])["scores"]
        // The mean of the four valid positions, each an edge of height 3, and the bias.
        #expect(try scores?.array(of: Float.self) == [3.5, -3.5, -2.5, 2.5])
    }
}
