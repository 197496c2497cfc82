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
        try checkInvariants(in: Scope(names: [outerScope]), depth: 0)
    }

    /// What enclosing graphs have made, innermost last.
    fileprivate struct Scope {
        var names: [Set<ExactName>]
        func contains(_ name: ExactName) -> Bool { names.contains { $0.contains(name) } }
    }

    fileprivate func checkInvariants(in outer: Scope, depth: Int) throws {
        guard depth < GraphLimit.depth else {
            throw GraphError(.depth, "graphs are nested more than \(GraphLimit.depth) deep")
        }
        var made: Set<ExactName> = []
        for id in inputs {
            guard made.insert(try name(id)).inserted else {
                throw GraphError(.duplicate, "two inputs have the name '\(try name(id))'")
            }
        }
        for id in initializers.keys { made.insert(try name(id)) }
        for id in sparseInitializers.keys {
            guard initializers[id] == nil else {
                throw GraphError(.duplicate, "two initializers have the name '\(try name(id))'")
            }
            made.insert(try name(id))
        }
        var makers: [ExactName: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for id in node.outputs {
                guard let id else { continue }
                let output = try name(id)
                guard !made.contains(output), makers.updateValue(index, forKey: output) == nil else {
                    throw GraphError(.duplicate, "the value '\(output)' is made twice", node: node.label(in: self))
                }
            }
        }
        let scope = Scope(names: outer.names)
        for (index, node) in nodes.enumerated() {
            for id in node.inputs {
                guard let id else { continue }
                let input = try name(id)
                if made.contains(input) { continue }
                if makers[input] != nil { throw try unsorted(index, input, makers: makers) }
                guard outer.contains(input) else {
                    throw GraphError(
                        .invalid, "uses the value '\(input)', which nothing makes", node: node.label(in: self))
                }
            }
            for attribute in node.attributes {
                for subgraph in attribute.value.subgraphs {
                    try subgraph.checkInvariants(in: Scope(names: scope.names + [made]), depth: depth + 1)
                }
            }
            for id in node.outputs {
                if let id { made.insert(try name(id)) }
            }
        }
        for id in outputs {
            let output = try name(id)
            guard made.contains(output) || outer.contains(output) else {
                throw GraphError(.invalid, "nothing makes the graph output '\(output)'")
            }
        }
    }

    private func name(_ id: ValueID) throws -> ExactName {
        guard let value = values[checked: id.index] else {
            throw GraphError(.invalid, "the graph has no value number \(id.index)")
        }
        return ExactName(value.name)
    }

    /// A node uses what a later one makes: a ring, or merely a wrong order. Follows the makers of its inputs to see.
    private func unsorted(_ start: Int, _ input: ExactName, makers: [ExactName: Int]) throws -> GraphError {
        var seen = [Bool](repeating: false, count: nodes.count)
        var waiting: [Int] = [start]
        while let index = waiting.popLast() {
            for id in nodes[index].inputs {
                guard let id, let maker = makers[try name(id)] else { continue }
                if maker == start {
                    return GraphError(
                        .cycle, "the node needs its own result, through '\(input)'", node: nodes[start].label(in: self))
                }
                if !seen[maker] {
                    seen[maker] = true
                    waiting.append(maker)
                }
            }
        }
        return GraphError(
            .invalid, "uses the value '\(input)', which a later node makes: nodes must stand in topological order",
            node: nodes[start].label(in: self))
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
        var indices: [FunctionKey: Int] = [:]
        for (index, function) in functions.enumerated() {
            guard indices.updateValue(index, forKey: FunctionKey(function.name)) == nil else {
                throw GraphError(.duplicate, "the function '\(function.name)' is defined twice")
            }
            try function.body.checkInvariants()
        }
        try checkExpansion(indices)
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
