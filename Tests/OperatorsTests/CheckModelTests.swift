import Execution
import GraphIR
import Testing

@testable import Operators

struct CheckModelTests {
    @Test("The table holds every schema of the standard")
    func tableIsWhole() throws {
        #expect(OperatorTable.names.map { OperatorTable.versions(of: $0).count }.reduce(0, +) == 659)
        let conv = try #require(OperatorTable.schema(for: OperatorName("Conv"), opset: 20))
        #expect(conv.since == 11)
        #expect(conv.inputs.map(\.name) == ["X", "W", "B"])
        #expect(conv.inputCounts == 2...3)
        #expect(conv.attribute("group")?.isRequired == false)
        let types = conv.allowedTypes(conv.inputs[0])
        #expect(types == ["tensor(double)", "tensor(float)", "tensor(float16)"])
        #expect(OperatorTable.schema(for: OperatorName("Upsample"), opset: 10) == nil, "deprecated")
    }

    @Test("Every runnable operator is in the standard's table")
    func registryIsKnown() {
        for name in OperatorRegistry.standard.names {
            #expect(!OperatorTable.versions(of: OperatorName(name)).isEmpty, "\(name)")
        }
    }

    @Test("A sound node has no faults")
    func sound() throws {
        let (model, _) = model("Add", [try floats([1]), try floats([2])])
        #expect(checkModel(model).isEmpty)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let op: String
        var inputs = 1
        var outputs = 1
        var attributes: [Attribute] = []
        let code: GraphError.Code
        let names: String
        var testDescription: String { "\(op): \(names)" }
    }

    @Test(
        "What breaks a schema is reported with its name",
        arguments: [
            Case(op: "LaunchMissiles", code: .unsupportedOperator, names: "LaunchMissiles"),
            Case(op: "Add", code: .argument, names: "Add of 1 inputs"),
            Case(op: "Relu", inputs: 0, code: .argument, names: "Relu of 0 inputs"),
            Case(op: "Relu", outputs: 2, code: .argument, names: "2 outputs"),
            Case(op: "Relu", attributes: [Attribute("alpha", .float(1))], code: .argument, names: "alpha"),
            Case(op: "Concat", code: .argument, names: "axis"),
            Case(op: "Softmax", attributes: [Attribute("axis", .float(1))], code: .argument, names: "expected int"),
            Case(
                op: "Softmax", attributes: [Attribute("axis", .int(.min))], code: .argument,
                names: "-9223372036854775808"),
            Case(
                op: "Softmax", attributes: [Attribute("axis", .int(0)), Attribute("axis", .int(0))], code: .duplicate,
                names: "axis"),
            Case(
                op: "Softmax", attributes: [Attribute("axis", .reference(name: "a", type: 2))], code: .invalid,
                names: "axis"),
            Case(
                op: "Constant", inputs: 0,
                attributes: [Attribute("value_int", .int(1)), Attribute("value_float", .float(1))],
                code: .argument, names: "2 attributes"),
            Case(op: "If", code: .argument, names: "then_branch"),
        ])
    func faults(_ example: Case) throws {
        let inputs = try (0..<example.inputs).map { _ in try floats([1, 2]) }
        let (model, _) = model(example.op, inputs, example.attributes, outputs: example.outputs)
        let faults = checkModel(model)
        #expect(faults.contains { $0.code == example.code && $0.description.contains(example.names) }, "\(faults)")
    }

    @Test("Rings, values made twice and values nobody makes")
    func wiring() {
        var ring = Graph()
        let a = ring.addValue("a")
        let b = ring.addValue("b")
        ring.nodes = [
            Node(OperatorName("Relu"), inputs: [b], outputs: [a]),
            Node(OperatorName("Relu"), inputs: [a], outputs: [b]),
        ]
        ring.outputs = [b]
        #expect(check(ring).map(\.code) == [.cycle])

        var twice = Graph()
        let x = twice.addValue("x")
        let y = twice.addValue("y")
        twice.inputs = [x]
        twice.nodes = [
            Node(OperatorName("Relu"), inputs: [x], outputs: [y]),
            Node(OperatorName("Relu"), inputs: [x], outputs: [y]),
        ]
        #expect(check(twice).map(\.code) == [.duplicate])

        var loose = Graph()
        let lost = loose.addValue("lost")
        loose.outputs = [lost]
        #expect(check(loose).map(\.code) == [.invalid])
    }

    @Test("All operators without a kernel are named at once")
    func unsupportedOperators() throws {
        var graph = Graph()
        let x = graph.addValue("x", type: .tensor(.float32, [.size(1)]))
        graph.inputs = [x]
        let y = graph.addNode(OperatorName("Whirl", domain: "example"), name: "d", inputs: [x], outputs: ["y"])
        graph.outputs = graph.addNode(
            OperatorName("Twirl", domain: "example"), name: "l", inputs: [y[0]], outputs: ["z"])
        let error = #expect(throws: GraphError.self) {
            try Session(Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("example", 1)]))
        }
        #expect(error?.code == .unsupportedOperator)
        #expect(error?.problem.contains("Whirl") == true && error?.problem.contains("Twirl") == true)
    }

    private func check(_ graph: Graph) -> [GraphError] {
        checkModel(Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("", 20)]))
    }
}
