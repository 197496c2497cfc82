import Testing
import Weightbridge

/// Weights that a model keeps in `Constant` nodes, as Paddle's exporter does, aren't lost on the way out.
@Suite struct ConstantWeightsTests {
    @Test func constantsAreTakenWhereThereAreNoInitializers() throws {
        let folder = try TemporaryFolder()
        try writeModel(model(withInitializer: false), to: folder.path("m.onnx"))
        let report = try convert(folder.path("m.onnx"), to: folder.path("w.safetensors"))
        #expect(report.tensors == 1)
        #expect(report.notes == ["the model has no initializers: the tensors of its 1 Constant nodes were taken"])
        guard case .checkpoint(let back) = try WeightFile.open(folder.path("w.safetensors")) else { return }
        #expect(try back.stateDict["w"]?.array(of: Float.self) == [1, 2])
    }

    @Test func constantsBesideInitializersAreReported() throws {
        let folder = try TemporaryFolder()
        try writeModel(model(withInitializer: true), to: folder.path("m.onnx"))
        let report = try convert(folder.path("m.onnx"), to: folder.path("w.npz"))
        #expect(report.tensors == 1)
        #expect(report.notes == ["1 tensors of Constant nodes were left out"])
    }

    /// y = x + w (+ b).
    private func model(withInitializer: Bool) throws -> Model {
        var graph = Graph(name: "constants")
        let type = ValueType.tensor(.float32, [.size(2)])
        let x = graph.addValue("x", type: type)
        graph.inputs = [x]
        let w = TensorRecord(try Tensor([1, 2] as [Float], shape: [2]))
        var wires: [ValueID?] = [x]
        wires += graph.addNode("Constant", "c", [], ["w"], [Attribute("value", .tensor(w))])
        var sum = graph.addNode("Add", "a", wires, ["s"])
        if withInitializer {
            let b = try graph.addInitializer(TensorRecord(try Tensor([3, 4] as [Float], shape: [2]), name: "b"))
            sum = graph.addNode("Add", "a2", [sum[0], b], ["y"])
        }
        var result = graph[sum[0]]
        result.type = type
        graph[sum[0]] = result
        graph.outputs = sum
        return Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("", 20)])
    }
}

extension Graph {
    fileprivate mutating func addNode(
        _ op: String, _ name: String, _ inputs: [ValueID?], _ outputs: [String], _ attributes: [Attribute] = []
    ) -> [ValueID] {
        addNode(OperatorName(op), name: name, inputs: inputs, outputs: outputs, attributes: attributes)
    }
}
