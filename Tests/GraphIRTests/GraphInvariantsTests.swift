import GraphIR
import Testing

/// A graph of nodes written as `output...=operator(input...)`.
private func graph(inputs: [String] = ["x"], nodes: [([String], [String])], outputs: [String]) -> Graph {
    var graph = Graph(name: "g")
    graph.inputs = inputs.map { graph.value(named: $0) }
    for (made, used) in nodes {
        graph.nodes.append(
            Node(
                OperatorName("Op"), inputs: used.map { graph.value(named: $0) },
                outputs: made.map { graph.value(named: $0) }))
    }
    graph.outputs = outputs.map { graph.value(named: $0) }
    return graph
}

private func fault(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch { return (error as? any Fault)?.codeName ?? "\(error)" }
}

@Suite("Invariants of graphs")
struct GraphInvariantsTests {
    @Test("a chain in order holds")
    func chain() throws {
        try graph(nodes: [(["a"], ["x"]), (["b"], ["a", "x"])], outputs: ["b", "x"]).checkInvariants()
    }

    static let broken: [(String, Graph, String)] = [
        ("a ring of two", graph(nodes: [(["a"], ["b"]), (["b"], ["a"])], outputs: ["b"]), "graph.cycle"),
        ("a node that feeds itself", graph(nodes: [(["a"], ["a"])], outputs: ["a"]), "graph.cycle"),
        ("a wrong order", graph(nodes: [(["b"], ["a"]), (["a"], ["x"])], outputs: ["b"]), "graph.invalid"),
        ("a value made twice", graph(nodes: [(["a"], ["x"]), (["a"], ["x"])], outputs: ["a"]), "graph.duplicate"),
        ("a node that makes a name twice", graph(nodes: [(["a", "a"], ["x"])], outputs: ["a"]), "graph.duplicate"),
        ("a node that makes an input", graph(nodes: [(["x"], ["x"])], outputs: ["x"]), "graph.duplicate"),
        ("an input twice", graph(inputs: ["x", "x"], nodes: [], outputs: ["x"]), "graph.duplicate"),
        ("a use of nothing", graph(nodes: [(["a"], ["nobody"])], outputs: ["a"]), "graph.invalid"),
        ("an output of nothing", graph(nodes: [(["a"], ["x"])], outputs: ["nobody"]), "graph.invalid"),
    ]

    @Test("what is broken is named", arguments: broken)
    func brokenGraphs(what: String, graph: Graph, code: String) {
        #expect(fault { try graph.checkInvariants() } == code, "\(what)")
    }

    @Test("a ring of a hundred thousand nodes is found without a deep stack")
    func longRing() {
        let count = 100_000
        let nodes = (0..<count).map { (["v\($0)"], ["v\(($0 + count - 1) % count)"]) }
        #expect(fault { try graph(nodes: nodes, outputs: ["v0"]).checkInvariants() } == "graph.cycle")
    }

    @Test("an id of another graph is no value of this one")
    func foreignID() {
        var small = graph(nodes: [], outputs: ["x"])
        small.outputs = [ValueID(7)]
        #expect(fault { try small.checkInvariants() } == "graph.invalid")
        small.outputs = [ValueID(-1)]
        #expect(fault { try small.checkInvariants() } == "graph.invalid")
    }

    @Test("a subgraph sees what was made before its node, and nothing later")
    func scopes() throws {
        let inner = graph(inputs: [], nodes: [(["inner"], ["a"])], outputs: ["inner"])
        var outer = graph(nodes: [(["a"], ["x"]), (["b"], ["a"])], outputs: ["b"])
        outer.nodes[1].attributes = [Attribute("body", .graph(inner))]
        try outer.checkInvariants()
        outer.nodes[1].attributes = []
        outer.nodes[0].attributes = [Attribute("body", .graph(inner))]
        #expect(fault { try outer.checkInvariants() } == "graph.invalid")
        #expect(fault { try inner.checkInvariants() } == "graph.invalid")
        try inner.checkInvariants(outerScope: ["a"])
    }

    @Test("graphs nested beyond the limit are refused")
    func depth() {
        var nested = graph(nodes: [(["y"], ["x"])], outputs: ["y"])
        for _ in 0..<GraphLimit.depth {
            var outer = graph(nodes: [(["y"], ["x"])], outputs: ["y"])
            outer.nodes[0].attributes = [Attribute("body", .graph(nested))]
            nested = outer
        }
        #expect(fault { try nested.checkInvariants() } == "limit.depth")
    }
}

@Suite("Functions of a model")
struct FunctionTests {
    /// A function that calls others, once for each name in `calls`.
    private func function(_ name: String, calls: [String]) -> Function {
        var body = Graph()
        body.inputs = [body.value(named: "x")]
        var last = "x"
        for (index, call) in calls.enumerated() {
            let input = body.value(named: last)
            last = "v\(index)"
            body.nodes.append(
                Node(OperatorName(call, domain: "f"), inputs: [input], outputs: [body.value(named: last)]))
        }
        body.outputs = [body.value(named: last)]
        return Function(OperatorName(name, domain: "f"), body: body)
    }

    private func model(_ functions: [Function]) -> Model {
        var model = Model(
            graph: graph(nodes: [(["y"], ["x"])], outputs: ["y"]), irVersion: 10, opsetImports: [OpsetImport("", 20)])
        model.functions = functions
        return model
    }

    @Test("two functions that call each other are a cycle")
    func mutual() {
        let both = model([function("A", calls: ["B"]), function("B", calls: ["A"])])
        #expect(fault { try both.checkInvariants() } == "graph.cycle")
    }

    @Test("forty functions that double unfold beyond the limit; twenty don't")
    func bomb() throws {
        func doubling(_ count: Int) -> Model {
            model((0..<count).map { function("F\($0)", calls: ["F\($0 + 1)", "F\($0 + 1)"]) })
        }
        #expect(fault { try doubling(40).checkInvariants() } == "limit.count")
        try doubling(20).checkInvariants()
    }

    @Test("a function defined twice is refused, an overload isn't")
    func duplicates() throws {
        var second = function("A", calls: ["Abs"])
        #expect(fault { try model([function("A", calls: ["Abs"]), second]).checkInvariants() } == "graph.duplicate")
        second.name.overload = "other"
        try model([function("A", calls: ["Abs"]), second]).checkInvariants()
    }
}
