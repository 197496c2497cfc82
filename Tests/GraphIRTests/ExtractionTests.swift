import GraphIR
import Testing

/// Parts of models.
@Suite struct ExtractionTests {
    /// `x`, `w` → a → (b, c) → d → y, with a node that takes `b` only within a subgraph.
    private func model() throws -> Model {
        var graph = Graph(name: "g")
        let float = ValueType.tensor(.float32, [.size(2)])
        func value(_ name: String) -> ValueID {
            let id = graph.value(named: name)
            graph[id].type = float
            return id
        }
        let x = value("x")
        let other = value("other")
        let flag = graph.addValue("flag", type: .tensor(.bool, []))
        graph.inputs = [x, other, flag]
        let w = try graph.addInitializer(TensorRecord(Tensor([1, 2] as [Float], shape: [2]), name: "w"))
        let unused = try graph.addInitializer(TensorRecord(Tensor([1, 2] as [Float], shape: [2]), name: "unused"))
        let (a, b, c, d, y) = (value("a"), value("b"), value("c"), value("d"), value("y"))
        func node(_ type: String, _ inputs: [ValueID?], _ outputs: [ValueID], domain: String = "") {
            graph.nodes.append(
                Node(OperatorName(type, domain: domain), name: "node_\(type)", inputs: inputs, outputs: outputs))
        }
        node("Add", [x, w], [a])
        node("Split", [a], [b, c])
        node("Mine", [c, other], [d], domain: "my.own")
        var branch = Graph(name: "branch")
        let inner = branch.value(named: "b")
        branch.outputs = branch.addNode(OperatorName("Neg"), name: "", inputs: [inner], outputs: ["inner"])
        graph.nodes.append(
            Node(
                OperatorName("If"), name: "choice", inputs: [flag], outputs: [y],
                attributes: [Attribute("then_branch", .graph(branch)), Attribute("else_branch", .graph(branch))]))
        node("Sub", [d, unused], [value("z")])
        graph.outputs = [y, value("z")]
        graph.valueInfo = [a, b, c, d]
        var body = Graph()
        body.inputs = [body.value(named: "p"), body.value(named: "q")]
        body.outputs = body.addNode(
            OperatorName("Add"), name: "", inputs: [body.inputs[0], body.inputs[1]], outputs: ["r"])
        var function = Function(OperatorName("Mine", domain: "my.own"), body: body)
        function.opsetImports = [OpsetImport("", 20)]
        var model = Model(
            graph: graph, irVersion: 10,
            opsetImports: [OpsetImport("", 20), OpsetImport("my.own", 1), OpsetImport("ai.onnx.ml", 3)])
        model.functions = [function]
        model.metadata = [MetadataEntry("weightbridge.architecture", "a"), MetadataEntry("kept", "b")]
        return model
    }

    private func names(_ ids: some Sequence<ValueID>, _ graph: Graph) -> [String] { ids.map { graph[$0].name } }

    @Test("what the outputs don't need is left out; what subgraphs capture is needed")
    func toOutput() throws {
        let part = try model().extracted(outputs: ["y"]).model
        try part.checkInvariants()
        #expect(names(part.graph.inputs, part.graph) == ["x", "flag"])
        #expect(part.graph.nodes.map(\.name) == ["node_Add", "node_Split", "choice"])
        #expect(names(part.graph.initializers.keys, part.graph) == ["w"])
        #expect(names(part.graph.valueInfo, part.graph) == ["a", "b", "c"])
        #expect(part.functions.isEmpty && part.opsetImports.map(\.domain) == [""])
        #expect(part.metadata.map(\.key) == ["kept"])
    }

    @Test("a cut through the middle, by value and by node")
    func between() throws {
        let part = try model().extracted(inputs: ["c", "other"], outputs: ["node_Mine"]).model
        try part.checkInvariants()
        #expect(
            names(part.graph.inputs, part.graph) == ["c", "other"] && names(part.graph.outputs, part.graph) == ["d"])
        #expect(part.graph.nodes.map(\.name) == ["node_Mine"] && part.functions.count == 1)
        #expect(part.opsetImports.map(\.domain) == ["", "my.own"])
        let same = try model().extracted(inputs: ["node_Mine"], outputs: ["d"]).model
        #expect(names(same.graph.inputs, same.graph) == ["c", "other"])
    }

    @Test("one output of a node becomes an input while another is needed")
    func sibling() throws {
        let cut = try model().extracted(inputs: ["c", "x", "other"], outputs: ["d", "b"])
        try cut.model.checkInvariants()
        let split = try #require(cut.model.graph.nodes.first { $0.name == "node_Split" })
        #expect(names(split.outputs.compactMap { $0 }, cut.model.graph) == ["b", "c_1"])
        #expect(cut.notes.count == 1)
    }

    @Test("a constant may become an input, an unneeded input stays with a note")
    func constants() throws {
        let cut = try model().extracted(inputs: ["x", "w", "other"], outputs: ["a"])
        #expect(names(cut.model.graph.inputs, cut.model.graph) == ["x", "w", "other"])
        #expect(cut.model.graph.initializers.isEmpty && cut.notes.count == 1)
    }

    @Test("wrong names are told with what is near, missing inputs by name")
    func refusals() throws {
        let model = try model()
        func problem(_ inputs: [String]?, _ outputs: [String]?) -> String {
            do {
                _ = try model.extracted(inputs: inputs, outputs: outputs)
                return ""
            } catch let fault as any Fault {
                return "\(fault) \(fault.hint ?? "")"
            } catch { return "untyped" }
        }
        #expect(problem(nil, ["node_Spilt"]).contains("did you mean 'node_Split'"))
        #expect(problem(["b"], ["d"]).contains("'c'") == false)
        #expect(problem(["b"], ["d"]).contains("'other', 'x'") || problem(["b"], ["d"]).contains("'x', 'other'"))
        #expect(problem(nil, []).contains("no outputs"))
        #expect(problem(nil, [""]).contains("[usage]"))
        var untyped = model
        untyped.graph[try #require(untyped.graph.id(named: "a"))].type = nil
        #expect(throws: GraphError.self) { try untyped.extracted(outputs: ["a"]) }
    }
}
