import Architectures
import Examples
import Execution
import GraphIR
import Testing

@Suite struct OpsetTests {
    private func types(_ model: Model) -> [String] { model.graph.nodes.map(\.op.type) }

    @Test(arguments: [
        (9, 4), (10, 5), (11, 6), (12, 7), (13, 7), (14, 7), (15, 8), (16, 8), (17, 8), (18, 8), (19, 9), (20, 9),
        (21, 10), (22, 10), (23, 11), (24, 12), (25, 13), (26, 13), (27, 13), (28, 14),
    ])
    func irVersionIsTheLowestThatTheOpsetAllows(opset: Int64, ir: Int64) throws {
        let weights = try initializeCheckpoint(architecture: "convmixer_8_2_ks3_p2", seed: 1)
        let model = try convertOpset(mapArchitecture(weights, config: nil).model, to: opset)
        #expect(model.opsetVersion() == opset)
        #expect(model.irVersion == ir)
        #expect(types(model).contains("Gelu") == (opset >= 20))
        #expect(types(model).contains("Erf") == (opset < 20))
        #expect(model.graph.initializers.values.map(\.name) == weights.names.filter { !$0.hasSuffix("tracked") })
        #expect(try restoredStateDict(of: model).names == weights.names)
        #expect(model.graph.moduleOutputs["stem.1"].map { model.graph[$0].name } == "stem.1")
    }

    @Test(arguments: [0, 29, -1, Int64.max]) func otherVersionsAreRefused(opset: Int64) throws {
        let model = try tinyNetwork()
        #expect(throws: FormatError.self) { try convertOpset(model, to: opset) }
    }

    /// One node of two float inputs `[2, 3, 4]` and constants.
    private func model(
        _ type: String, opset: Int64, attributes: [Attribute] = [], constants: [[Int64]] = [], outputs: Int = 1
    ) throws -> Model {
        var graph = Graph(name: "one")
        let x = graph.addValue("x", type: .tensor(.float32, [.size(2), .size(3), .size(4)]))
        graph.inputs = [x]
        var inputs: [ValueID?] = [x]
        for (index, values) in constants.enumerated() {
            inputs.append(
                try graph.addInitializer(TensorRecord(Tensor(values, shape: [values.count]), name: "c\(index)")))
        }
        graph.outputs = graph.addNode(
            OperatorName(type), name: "node", inputs: inputs, outputs: (0..<outputs).map { "y\($0)" },
            attributes: attributes)
        return Model(graph: graph, irVersion: nil, opsetImports: [OpsetImport("", opset)])
    }

    @Test func axesMoveBetweenInputAndAttribute() throws {
        let new = try model("ReduceMean", opset: 18, constants: [[1, -1]])
        let old = try convertOpset(new, to: 13)
        #expect(old.graph.nodes.count == 1)
        guard case .ints(let axes)? = old.graph.nodes[0].attribute("axes") else {
            Issue.record("no axes")
            return
        }
        #expect(axes == [1, -1])
        #expect(old.graph.nodes[0].inputs.count == 1)
        let again = try convertOpset(old, to: 18)
        #expect(types(again) == ["Constant", "ReduceMean"])
        #expect(again.graph.nodes[1].inputs.count == 2)
    }

    @Test func axesAreCountedFromTheFrontBeforeOpset11() throws {
        let old = try convertOpset(model("ReduceMean", opset: 18, constants: [[-1]]), to: 10)
        guard case .ints(let axes)? = old.graph.nodes[0].attribute("axes") else {
            Issue.record("no axes")
            return
        }
        #expect(axes == [2])
    }

    @Test func softmaxOverAMiddleAxisIsTransposedBeforeOpset13() throws {
        let new = try model("Softmax", opset: 13, attributes: [Attribute("axis", .int(1))])
        #expect(try types(convertOpset(new, to: 12)) == ["Transpose", "Softmax", "Transpose"])
        let last = try model("Softmax", opset: 13)
        #expect(try types(convertOpset(last, to: 9)) == ["Softmax"])
    }

    @Test(
        arguments: [
            ("Einsum", 12, 11), ("CumProd", 26, 25), ("STFT", 17, 16), ("Round", 11, 10),
        ] as [(String, Int64, Int64)])
    func whatHasNoOlderFormIsRefusedByName(type: String, from: Int64, to: Int64) throws {
        let new = try model(type, opset: from)
        let error = try #require(throws: GraphError.self) { try convertOpset(new, to: to) }
        #expect(error.code == .unsupportedOperator)
        #expect(error.node == "node")
        #expect(error.problem.contains(type))
    }

    @Test func aSplitSaysItsParts() throws {
        let new = try model(
            "Split", opset: 18, attributes: [Attribute("axis", .int(1)), Attribute("num_outputs", .int(2))], outputs: 2)
        #expect(try types(convertOpset(new, to: 17)) == ["Constant", "Split"])
        let even = try model(
            "Split", opset: 18, attributes: [Attribute("axis", .int(2)), Attribute("num_outputs", .int(2))], outputs: 2)
        #expect(try convertOpset(even, to: 17).graph.nodes[0].attribute("num_outputs") == nil)
    }

    @Test func operatorsOfOtherDomainsAreLeftAlone() throws {
        var other = try model("Relu", opset: 20)
        other.graph.nodes[0].op = OperatorName("Fancy", domain: "com.example")
        #expect(try convertOpset(other, to: 9).graph.nodes[0].op.type == "Fancy")
    }
}
