import OrderedCollections

/// Limits of what a model may unfold to, each with its reason.
public enum GraphLimit {
    /// Graphs within graphs: deeper than any that a file can hold (protobuf's own limit is a hundred messages), and few
    /// enough for the stack.
    public static let depth = 100
    /// Nodes once every function is put in the place of its calls. The largest exported networks have some hundred
    /// thousand; forty functions that double take a kilobyte and would unfold to 2^40.
    public static let inlinedNodes = 10_000_000
}

extension Graph {
    /// Checks what must hold of every graph: every id is one of its values, each value is made once, every value that
    /// is used is made before by a node, an input, an initializer or an enclosing graph, every output is made, and
    /// nodes stand in topological order. The same for the graphs inside of nodes.
    /// - Parameter outerScope: the names that enclosing graphs have made.
    /// - Throws: ``GraphError``: `graph.duplicate`, `graph.cycle`, `graph.invalid`, `limit.depth`.
    public func checkInvariants(outerScope: Set<ExactName> = []) throws {
        if let fault = invariantFaults(outerScope: outerScope, limit: 1).first { throw fault }
    }

    /// All that ``checkInvariants(outerScope:)`` would find, in the order of the file.
    /// - Parameters:
    ///   - excused: values that count as made although nothing makes them.
    ///   - limit: how many are looked for.
    public func invariantFaults(
        outerScope: Set<ExactName> = [], rules: GraphRules = [], excusing excused: Set<ExactName> = [],
        limit: Int = .max
    ) -> [GraphError] {
        var checker = InvariantChecker(rules: rules, excused: excused, limit: limit)
        checker.check(self, in: [outerScope], depth: 0)
        return checker.faults
    }
}

/// What ONNX asks of a graph beyond what a computation needs.
public struct GraphRules: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A node may not make a value of a name that an enclosing graph has made.
    public static let noShadowing = GraphRules(rawValue: 1)
    /// A graph's outputs are its own: not values of enclosing graphs.
    public static let ownOutputs = GraphRules(rawValue: 2)
}

private struct InvariantChecker {
    let rules: GraphRules
    let excused: Set<ExactName>
    let limit: Int
    var faults: [GraphError] = []

    init(rules: GraphRules, excused: Set<ExactName>, limit: Int) {
        self.rules = rules
        self.excused = excused
        self.limit = limit
    }

    private var isDone: Bool { faults.count >= limit }

    private mutating func report(_ fault: GraphError) {
        if !isDone { faults.append(fault) }
    }

    /// - Parameter outer: what enclosing graphs have made, innermost last.
    mutating func check(_ graph: Graph, in outer: [Set<ExactName>], depth: Int) {
        guard depth < GraphLimit.depth else {
            return report(GraphError(.depth, "graphs are nested more than \(GraphLimit.depth) deep"))
        }
        var made = sources(graph)
        var makers: [ExactName: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for id in node.outputs {
                guard let output = name(id, graph) else { continue }
                guard !made.contains(output), makers.updateValue(index, forKey: output) == nil else {
                    report(
                        GraphError(
                            .duplicate, "the value '\(output)' is made twice", node: node.label(in: graph),
                            hint: "give one of them another name"))
                    continue
                }
                if rules.contains(.noShadowing), outer.contains(where: { $0.contains(output) }) {
                    report(
                        GraphError(
                            .duplicate, "the value '\(output)' has the name of one of an enclosing graph",
                            node: node.label(in: graph), hint: "give one of them another name"))
                }
            }
        }
        for (index, node) in graph.nodes.enumerated() {
            if isDone { return }
            for id in node.inputs {
                guard let input = name(id, graph), !made.contains(input), !excused.contains(input) else { continue }
                if makers[input] != nil {
                    report(unsorted(graph, index, input, makers: makers))
                } else if !outer.contains(where: { $0.contains(input) }) {
                    report(
                        GraphError(
                            .invalid, "uses the value '\(input)', which nothing makes", node: node.label(in: graph),
                            argument: input.string))
                }
            }
            for attribute in node.attributes {
                for subgraph in attribute.value.subgraphs { check(subgraph, in: outer + [made], depth: depth + 1) }
            }
            for id in node.outputs {
                if let name = name(id, graph) { made.insert(name) }
            }
        }
        for id in graph.outputs {
            guard let output = name(id, graph), !made.contains(output), !excused.contains(output) else { continue }
            let isOuter = outer.contains { $0.contains(output) }
            if !isOuter {
                report(GraphError(.invalid, "nothing makes the graph output '\(output)'", argument: output.string))
            } else if rules.contains(.ownOutputs) {
                report(
                    GraphError(
                        .invalid, "the graph output '\(output)' is a value of an enclosing graph",
                        argument: output.string, hint: "put an Identity in between"))
            }
        }
    }

    /// The names that a graph has before its first node.
    private mutating func sources(_ graph: Graph) -> Set<ExactName> {
        var made: Set<ExactName> = []
        for id in graph.inputs {
            guard let name = name(id, graph) else { continue }
            if !made.insert(name).inserted {
                report(GraphError(.duplicate, "two inputs have the name '\(name)'", argument: name.string))
            }
        }
        for id in graph.initializers.keys {
            if let name = name(id, graph) { made.insert(name) }
        }
        for id in graph.sparseInitializers.keys {
            guard let name = name(id, graph) else { continue }
            if graph.initializers[id] != nil {
                report(GraphError(.duplicate, "two initializers have the name '\(name)'", argument: name.string))
            }
            made.insert(name)
        }
        return made
    }

    /// The name of a value; `nil`, and a fault, where the graph has none of the number.
    private mutating func name(_ id: ValueID?, _ graph: Graph) -> ExactName? {
        guard let id else { return nil }
        guard let value = graph.values[checked: id.index] else {
            report(GraphError(.invalid, "the graph has no value number \(id.index)"))
            return nil
        }
        return ExactName(value.name)
    }

    /// A node uses what a later one makes: a ring, or merely a wrong order. Follows the makers of its inputs to see.
    private func unsorted(
        _ graph: Graph, _ start: Int, _ input: ExactName, makers: [ExactName: Int]
    ) -> GraphError {
        var seen = [Bool](repeating: false, count: graph.nodes.count)
        var waiting: [Int] = [start]
        while let index = waiting.popLast() {
            for id in graph.nodes[index].inputs {
                guard let id, let value = graph.values[checked: id.index], let maker = makers[ExactName(value.name)]
                else { continue }
                if maker == start {
                    return GraphError(
                        .cycle, "the node needs its own result, through '\(input)'",
                        node: graph.nodes[start].label(in: graph), argument: input.string)
                }
                if !seen[maker] {
                    seen[maker] = true
                    waiting.append(maker)
                }
            }
        }
        return GraphError(
            .invalid, "uses the value '\(input)', which a later node makes: nodes must stand in topological order",
            node: graph.nodes[start].label(in: graph), argument: input.string)
    }
}

extension AttributeValue {
    /// The graphs that the attribute holds.
    public var subgraphs: [Graph] {
        switch self {
        case .graph(let graph): [graph]
        case .graphs(let graphs): graphs
        default: []
        }
    }
}

extension Node {
    /// The node's name, or its operator and first output where it has none.
    public func label(in graph: Graph) -> String {
        if !name.isEmpty { return "\(name) (\(op))" }
        let output = outputs.compactMap { $0 }.first.flatMap { graph.values[checked: $0.index]?.name } ?? ""
        return "\(op) -> \(output)"
    }
}

extension Model {
    /// Checks the graph, the training graphs and the functions; that functions are defined once, don't call themselves
    /// and don't unfold beyond measure.
    /// - Throws: ``GraphError``: what ``Graph/checkInvariants(outerScope:)`` throws, and `limit.count`.
    public func checkInvariants() throws {
        try graph.checkInvariants()
        let names = Set(graph.values.map { ExactName($0.name) })
        for training in trainingInfo {
            try training.initialization?.checkInvariants()
            try training.algorithm?.checkInvariants(outerScope: names)
        }
        for function in functions { try function.body.checkInvariants() }
        if let fault = callFault() { throw fault }
    }

    /// What is wrong with the model's functions: one that is defined twice, calls itself, or unfolds beyond measure.
    public func callFault() -> GraphError? {
        var indices: [FunctionKey: Int] = [:]
        for (index, function) in functions.enumerated() {
            guard indices.updateValue(index, forKey: FunctionKey(function.name)) == nil else {
                return GraphError(.duplicate, "the function '\(function.name)' is defined twice")
            }
        }
        do {
            try checkExpansion(indices)
            return nil
        } catch {
            return error as? GraphError
        }
    }

    /// An operator's name, compared byte by byte.
    private struct FunctionKey: Hashable {
        let domain: ExactName, type: ExactName, overload: ExactName
        init(_ name: OperatorName) {
            domain = ExactName(name.canonicalDomain)
            type = ExactName(name.type)
            overload = ExactName(name.overload)
        }
    }

    /// Adds up what each function unfolds to, callees before callers, with an explicit stack.
    private func checkExpansion(_ indices: [FunctionKey: Int]) throws {
        enum State { case untouched, open, done(Int) }
        var states = Array(repeating: State.untouched, count: functions.count)
        let calls = functions.map { self.calls(in: $0.body, indices) }
        for root in functions.indices {
            var stack: [(function: Int, next: Int, nodes: Int)] = []
            if case .untouched = states[root] {
                states[root] = .open
                stack.append((root, 0, calls[root].plain))
            }
            while let top = stack.last {
                guard top.next < calls[top.function].callees.count else {
                    states[top.function] = .done(top.nodes)
                    stack.removeLast()
                    continue
                }
                let callee = calls[top.function].callees[top.next]
                switch states[callee] {
                case .open:
                    throw GraphError(.cycle, "the function '\(functions[callee].name)' calls itself")
                case .untouched:
                    states[callee] = .open
                    stack.append((callee, 0, calls[callee].plain))
                case .done(let nodes):
                    let sum = top.nodes.adding(checked: nodes) ?? .max
                    guard sum <= GraphLimit.inlinedNodes else { throw tooManyNodes(functions[top.function].name) }
                    stack[stack.count - 1].nodes = sum
                    stack[stack.count - 1].next += 1
                }
            }
        }
        let main = self.calls(in: graph, indices)
        var total = main.plain
        for callee in main.callees {
            if case .done(let nodes) = states[callee] { total = total.adding(checked: nodes) ?? .max }
            guard total <= GraphLimit.inlinedNodes else { throw tooManyNodes(functions[callee].name) }
        }
    }

    private func tooManyNodes(_ function: OperatorName) -> GraphError {
        GraphError(
            .count, "the function '\(function)' unfolds to more than \(GraphLimit.inlinedNodes) nodes")
    }

    /// The functions that a graph and those inside of it call, once for each call, and the number of other nodes.
    private func calls(in graph: Graph, _ indices: [FunctionKey: Int]) -> (callees: [Int], plain: Int) {
        var callees: [Int] = []
        var plain = 0
        var waiting = [graph]
        while let graph = waiting.popLast() {
            for node in graph.nodes {
                if let index = indices[FunctionKey(node.op)] { callees.append(index) } else { plain += 1 }
                for attribute in node.attributes { waiting += attribute.value.subgraphs }
            }
        }
        return (callees, plain)
    }
}
