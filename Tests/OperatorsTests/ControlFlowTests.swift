import Execution
import GraphIR
import OrderedCollections
import Testing

@testable import Operators

/// What goes wrong in nodes that run graphs, and in sequences and optionals; what they give is in `fixtures/onnx_cases`.
@Suite struct ControlFlowTests {
    /// A graph of typed inputs and outputs that `fill` gives nodes to.
    private func graph(
        _ inputs: [(String, ValueType)], outputs: [(String, ValueType?)], _ fill: (inout Graph) -> Void
    ) -> Graph {
        var graph = Graph(name: "graph")
        for (name, type) in inputs { graph.inputs.append(graph.addValue(name, type: type)) }
        fill(&graph)
        for (name, type) in outputs {
            let id = graph.value(named: name)
            if let type { graph[id].type = type }
            graph.outputs.append(id)
        }
        return graph
    }

    private func node(
        _ graph: inout Graph, _ op: String, _ inputs: [String?], _ outputs: [String], _ attributes: [Attribute] = []
    ) {
        let ins = inputs.map { name in name.map { graph.value(named: $0) } }
        let outs = outputs.map { graph.value(named: $0) }
        graph.nodes.append(Node(OperatorName(op), inputs: ins, outputs: outs, attributes: attributes))
    }

    private func code(
        _ graph: Graph, _ feeds: OrderedDictionary<String, Tensor> = [:], memory: Int = 1 << 22,
        time: Duration = .seconds(20)
    ) -> GraphError.Code? {
        var options = SessionOptions()
        options.memoryLimit = memory
        options.timeLimit = time
        do {
            let model = Model(graph: graph, irVersion: 10, opsetImports: [OpsetImport("", 21)])
            _ = try Session(model, options: options).run(values: feeds.mapValues { .tensor($0) })
            return nil
        } catch {
            return (error as? GraphError)?.code
        }
    }

    private let number = ValueType.tensor(.int64, [])
    private let flag = ValueType.tensor(.bool, [])
    private let pair = ValueType.tensor(.float32, [.size(2)])

    private func endless(stacking: Bool, growing: Bool = false, typed: Bool = true) -> Graph {
        let stacked: [(String, ValueType?)] = stacking ? [("o", typed ? pair : nil)] : []
        let body = graph(
            [("i", number), ("go", flag), ("s", pair)], outputs: [("again", flag), ("t", pair)] + stacked
        ) { graph in
            node(&graph, "Identity", ["go"], ["again"])
            if growing {
                node(&graph, "Concat", ["s", "s"], ["t"], [Attribute("axis", .int(0))])
            } else {
                node(&graph, "Neg", ["s"], ["t"])
            }
            if stacking { node(&graph, "Identity", ["s"], ["o"]) }
        }
        return graph([("x", pair)], outputs: [("y", nil)] + (stacking ? [("z", nil)] : [])) { graph in
            node(&graph, "Loop", [nil, nil, "x"], ["y"] + (stacking ? ["z"] : []), [Attribute("body", .graph(body))])
        }
    }

    @Test("A loop without end is stopped by the time limit, or by the memory that it fills")
    func endlessLoops() throws {
        let x = try floats([1, 2])
        #expect(code(endless(stacking: false), ["x": x], time: .milliseconds(50)) == .time)
        #expect(code(endless(stacking: true), ["x": x], memory: 1 << 20) == .memory)
        #expect(code(endless(stacking: false, growing: true), ["x": x], memory: 1 << 20) == .memory)
    }

    @Test("A sequence that grows without end is stopped by the memory limit")
    func endlessSequence() throws {
        let sequence = ValueType(.sequence(pair))
        let body = graph([("i", number), ("go", flag), ("s", sequence)], outputs: [("go", nil), ("t", sequence)]) {
            node(&$0, "SequenceInsert", ["s", "x"], ["t"])
        }
        let outer = graph([("x", pair)], outputs: [("y", nil)]) { graph in
            node(&graph, "SequenceEmpty", [], ["e"])
            node(&graph, "Loop", [nil, nil, "e"], ["y"], [Attribute("body", .graph(body))])
        }
        #expect(code(outer, ["x": try floats([1, 2])], memory: 1 << 20) == .memory)
    }

    @Test("Graphs within graphs have a greatest depth", arguments: [20, 40])
    func depth(levels: Int) throws {
        let expected: GraphError.Code? = levels > 32 ? .depth : nil
        var inner = graph([], outputs: [("y", nil)]) { node(&$0, "Identity", ["x"], ["y"]) }
        for _ in 0..<levels {
            let body = inner
            inner = graph([], outputs: [("y", nil)]) { graph in
                // The other branch stays small: two of full depth each would double with every level.
                let small = self.graph([], outputs: [("y", nil)]) { node(&$0, "Neg", ["x"], ["y"]) }
                node(
                    &graph, "If", ["c"], ["y"],
                    [
                        Attribute("then_branch", .graph(body)), Attribute("else_branch", .graph(small)),
                    ])
            }
        }
        inner.inputs = [inner.value(named: "x"), inner.value(named: "c")]
        inner[inner.inputs[0]].type = pair
        inner[inner.inputs[1]].type = flag
        let yes = try Tensor(.bool, shape: [], bytes: Bytes([1]))
        #expect(code(inner, ["x": try floats([1, 2]), "c": yes]) == expected)
    }

    @Test("A loop that never runs has no outputs to stack unless their type is declared")
    func noIterations() throws {
        for typed in [true, false] {
            var model = endless(stacking: true, typed: typed)
            try model.replaceTrips(0)
            #expect(code(model, ["x": try floats([1, 2])]) == (typed ? nil : .unsupportedArgument))
        }
    }

    @Test("Graphs that don't fit their node are refused when the model is bound")
    func unfitBodies() throws {
        let yes = try Tensor(.bool, shape: [], bytes: Bytes([1]))
        let two = try Tensor(.bool, shape: [2], bytes: Bytes([1, 0]))
        let plain = graph([], outputs: [("y", nil)]) { node(&$0, "Neg", ["x"], ["y"]) }
        let withInput = graph([("q", pair)], outputs: [("y", nil)]) { node(&$0, "Neg", ["q"], ["y"]) }
        let nothing = graph([], outputs: []) { _ in }
        func choice(_ then: Graph, _ otherwise: Graph?) -> Graph {
            graph([("x", pair), ("c", ValueType(.tensor(elementType: 9, shape: nil)))], outputs: [("y", nil)]) {
                graph in
                let branches = [Attribute("then_branch", .graph(then))]
                let other = otherwise.map { [Attribute("else_branch", .graph($0))] } ?? []
                node(&graph, "If", ["c"], ["y"], branches + other)
            }
        }
        let x = try floats([1, 2])
        #expect(code(choice(plain, plain), ["x": x, "c": yes]) == nil)
        #expect(code(choice(plain, plain), ["x": x, "c": two]) == .argument)
        #expect(code(choice(withInput, plain), ["x": x, "c": yes]) == .argument)
        #expect(code(choice(plain, nothing), ["x": x, "c": yes]) == .argument)
        #expect(code(choice(plain, nil), ["x": x, "c": yes]) == .argument)
        let unknown = graph([], outputs: [("y", nil)]) { node(&$0, "Neg", ["nowhere"], ["y"]) }
        #expect(code(choice(plain, unknown), ["x": x, "c": yes]) == .invalid)
    }

    @Test(
        "Scan refuses numbers of inputs, axes and lengths that don't fit",
        arguments: [
            [Attribute("num_scan_inputs", .int(0))], [Attribute("num_scan_inputs", .int(9))],
            [Attribute("num_scan_inputs", .int(.min))],
            [Attribute("num_scan_inputs", .int(1)), Attribute("scan_input_axes", .ints([5]))],
            [Attribute("num_scan_inputs", .int(1)), Attribute("scan_input_axes", .ints([0, 0]))],
            [Attribute("num_scan_inputs", .int(1)), Attribute("scan_output_axes", .ints([.min]))],
            [Attribute("num_scan_inputs", .int(2))],
        ])
    func scans(attributes: [Attribute]) throws {
        let body = graph([("s", pair), ("a", pair)], outputs: [("t", pair), ("o", pair)]) { graph in
            node(&graph, "Add", ["s", "a"], ["t"])
            node(&graph, "Neg", ["a"], ["o"])
        }
        let rows = ValueType.tensor(.float32, [.size(3), .size(2)])
        let outer = graph([("x", pair), ("a", rows)], outputs: [("y", nil), ("z", nil)]) { graph in
            node(&graph, "Scan", ["x", "a"], ["y", "z"], attributes + [Attribute("body", .graph(body))])
        }
        let feeds: OrderedDictionary = ["x": try floats([1, 2]), "a": try floats([1, 2, 3, 4, 5, 6], [3, 2])]
        #expect(code(outer, feeds) == .argument)
    }

    @Test("Positions outside of a sequence, sizes that don't add up, kinds that aren't wanted")
    func sequences() throws {
        let x = try floats([1, 2])
        func built(_ fill: (inout Graph) -> Void) -> Graph {
            graph([("x", pair), ("p", number)], outputs: [("y", nil)]) { graph in
                node(&graph, "SequenceConstruct", ["x", "x"], ["s"])
                node(&graph, "SequenceEmpty", [], ["e"])
                fill(&graph)
            }
        }
        let cases: [(Int64, [String?], String, [Attribute])] = [
            (2, ["s", "p"], "SequenceAt", []), (-3, ["s", "p"], "SequenceAt", []),
            (.min, ["s", "p"], "SequenceAt", []),
            (0, ["e", "p"], "SequenceAt", []), (3, ["s", "x", "p"], "SequenceInsert", []),
            (2, ["s", "p"], "SequenceErase", []), (0, ["e"], "SequenceErase", []), (0, ["e"], "ConcatFromSequence", []),
            (0, ["s"], "ConcatFromSequence", [Attribute("axis", .int(1))]),
            (0, ["s"], "ConcatFromSequence", [Attribute("axis", .int(0)), Attribute("new_axis", .int(7))]),
            (0, ["x", "p"], "SplitToSequence", []), (-1, ["x", "p"], "SplitToSequence", []),
            (1, ["x"], "SplitToSequence", [Attribute("axis", .int(.max))]),
            (0, ["s"], "Neg", []), (0, ["x"], "SequenceLength", []), (0, ["s", "p"], "SequenceInsert", []),
            (0, [], "Optional", []), (0, [], "OptionalGetElement", []),
            (0, ["s"], "SequenceMap", [Attribute("body", .graph(graph([], outputs: []) { _ in }))]),
            (0, [], "SequenceEmpty", [Attribute("dtype", .int(99))]),
        ]
        for (position, inputs, op, attributes) in cases {
            let model = built { node(&$0, op, inputs, ["y"], attributes) }
            let found = code(model, ["x": x, "p": try Tensor(scalar: position)])
            #expect(found == .argument, "\(op) at \(position)")
        }
    }

    @Test("Every iteration sees the values of the graphs around it, in float64 too")
    func precision() throws {
        var options = SessionOptions()
        options.precision = .float64
        let body = graph([("i", number), ("go", flag), ("s", pair)], outputs: [("go", nil), ("t", pair), ("o", pair)]) {
            node(&$0, "Add", ["s", "x"], ["t"])
            node(&$0, "Mul", ["s", "x"], ["o"])
        }
        var outer = graph([("x", pair)], outputs: [("y", nil), ("z", nil)]) { graph in
            node(&graph, "Loop", ["n", nil, "x"], ["y", "z"], [Attribute("body", .graph(body))])
        }
        try outer.replaceTrips(2)
        let model = Model(graph: outer, irVersion: 10, opsetImports: [OpsetImport("", 21)])
        let results = try Session(model, options: options).run(["x": try floats([1, 2])])
        #expect(try results["y"]?.array(of: Double.self) == [3, 6])
        #expect(results["z"]?.shape == [2, 2])
        #expect(try results["z"]?.array(of: Double.self) == [1, 4, 2, 8])
    }
}

extension Graph {
    /// Gives the first node's first input a value.
    fileprivate mutating func replaceTrips(_ count: Int64) throws {
        try addInitializer(TensorRecord(Tensor(scalar: count), name: "trips"))
        nodes[0].inputs[0] = value(named: "trips")
    }
}
