import Execution
import GraphIR
import Testing

@testable import Operators

/// What only the thorough check finds: rules that nothing depends on, types that follow, all faults at once.
@Suite struct FullCheckTests {
    /// A sound model of one node, changed.
    private func faults(_ change: (inout Model) throws -> Void) throws -> [GraphError] {
        var (sound, _) = model("Add", [try floats([1, 2]), try floats([3, 4])])
        sound.graph[sound.graph.outputs[0]].type = .tensor(.float32, [.size(2)])
        #expect(checkModelFully(sound).isValid)
        try change(&sound)
        return checkModelFully(sound).faults
    }

    @Test("The model's own rules")
    func modelRules() throws {
        #expect(try faults { $0.irVersion = nil }.map(\.argument) == ["ir_version"])
        #expect(try faults { $0.irVersion = 2 }.map(\.argument) == ["opset_import"])
        #expect(try faults { $0.graph.name = nil }.map(\.problem) == ["the graph has no name"])
        #expect(
            try faults { $0.metadata = [MetadataEntry("k", "1"), MetadataEntry("k", "2")] }.map(\.code) == [.duplicate])
        let missing = try faults { $0.graph[$0.graph.outputs[0]].type = nil }
        #expect(missing.map(\.argument) == ["output_0"])
        let noShape = try faults { $0.graph[$0.graph.inputs[0]].type = .tensor(.float32, nil) }
        #expect(noShape.first?.problem.contains("shape") == true)
    }

    @Test("Initializers are inputs up to IR version 3")
    func oldInitializers() throws {
        func change(_ ir: Int64) throws -> [GraphError] {
            try faults { model in
                model.irVersion = ir
                try model.graph.addInitializer(TensorRecord(floats([1]), name: "w"))
            }
        }
        #expect(try change(3).map(\.argument) == ["w"])
        #expect(try change(4).isEmpty)
    }

    @Test("Faults of different kinds are all told, each once")
    func allAtOnce() throws {
        let found = try faults { model in
            let a = model.graph.inputs[0]
            model.graph.nodes[0].attributes = [Attribute("nonsense", .int(1))]
            let bad = model.graph.addNode(OperatorName("Nope"), name: "n", inputs: [a], outputs: ["p"])
            _ = model.graph.addNode(OperatorName("Relu"), name: "r", inputs: bad, outputs: ["q"])
            let wide = model.graph.addNode(
                OperatorName("Concat"), name: "c", inputs: [a, a], outputs: ["w"],
                attributes: [Attribute("axis", .int(0))])
            _ = model.graph.addNode(OperatorName("Add"), name: "d", inputs: [a, wide[0]], outputs: ["z"])
        }
        #expect(found.map(\.node) == ["node (Add)", "n (Nope)", "d (Add)"])
    }

    @Test("A declared type that contradicts what follows")
    func declaredTypes() throws {
        let found = try faults { $0.graph[$0.graph.outputs[0]].type = .tensor(.float32, [.size(3)]) }
        #expect(found.map(\.argument) == ["output_0"] && found[0].problem.contains("float32[2]"), "\(found)")
    }

    @Test("Operators of other domains are noted, not faulted")
    func otherDomains() throws {
        var (model, _) = model("Add", [try floats([1]), try floats([2])])
        model.graph.nodes[0].op.domain = "com.example"
        model.graph[model.graph.outputs[0]].type = .tensor(.float32, [.size(1)])
        #expect(checkModelFully(model).faults.first?.hint?.contains("opset_import") == true)
        model.opsetImports.append(OpsetImport("com.example", 1))
        let check = checkModelFully(model)
        #expect(check.isValid && check.notes.map(\.code) == [.unsupportedOperator])
        #expect(checkModel(model).map(\.code) == [.unsupportedOperator])
    }

    @Test("Names of enclosing graphs are taken, and outputs are a graph's own")
    func scopes() throws {
        var branch = Graph(name: "branch")
        let inner = branch.addNode(
            OperatorName("Constant"), name: "k", inputs: [], outputs: ["x"],
            attributes: [Attribute("value_float", .float(1))])
        branch.outputs = inner
        var outer = Graph(name: "outer")
        let x = outer.addValue("x", type: .tensor(.bool, []))
        outer.inputs = [x]
        outer.outputs = outer.addNode(
            OperatorName("If"), name: "if", inputs: [x], outputs: ["y"],
            attributes: [Attribute("then_branch", .graph(branch)), Attribute("else_branch", .graph(branch))])
        outer[outer.outputs[0]].type = .tensor(.float32, [])
        let model = Model(graph: outer, irVersion: 9, opsetImports: [OpsetImport("", 20)])
        #expect(checkModelFully(model).faults.map(\.code) == [.duplicate, .duplicate])
        #expect(checkModel(model).isEmpty)
    }

    @Test(
        "Sparse tensors have sorted indices within their shape",
        arguments: [
            ([0, 3], [4], nil), ([3, 0], [4], "above the one before"), ([1, 1], [4], "above the one before"),
            ([0, 4], [4], "outside"), ([0, -1], [4], "outside"), ([0, 1], [0], "above 0"),
        ] as [([Int64], [Int64], String?)])
    func sparse(_ indices: [Int64], _ shape: [Int64], _ says: String?) throws {
        let found = try faults { model in
            let id = model.graph.value(named: "s")
            model.graph.sparseInitializers[id] = SparseTensorRecord(
                values: TensorRecord(try floats([1, 2]), name: "s"), indices: TensorRecord(try ints(indices)),
                shape: shape)
        }
        #expect(found.count == (says == nil ? 0 : 1), "\(found)")
        if let says { #expect(found.first?.problem.contains(says) == true, "\(found)") }
    }

    @Test("Damaged values don't blame their users")
    func excused() throws {
        var (model, _) = model("Add", [try floats([1]), try floats([2])])
        model.graph[model.graph.outputs[0]].type = .tensor(.float32, [.size(1)])
        model.graph.inputs.removeLast()
        #expect(checkModelFully(model).faults.count == 1)
        #expect(checkModelFully(model, excusing: ["input_1"]).isValid)
    }
}
