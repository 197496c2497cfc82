import GraphIR
import Operators

/// Checks a model against the standard: every node of every graph, subgraph and function against its operator's schema,
/// and the graphs' own rules (each value made once and before it is used).
/// - Returns: what is wrong, in the order of the file; empty where all is well. At most ``CheckLimits/faults``.
public func checkModel(_ model: Model) -> [GraphError] {
    var checker = ModelChecker(model: model)
    checker.check()
    return checker.faults
}

public enum CheckLimits {
    /// Faults after which checking stops: nobody reads more, and hostile models have millions.
    public static let faults = 100
    /// Graphs within graphs.
    static let depth = 64
}

struct ModelChecker {
    let model: Model
    private(set) var faults: [GraphError] = []
    private var functions: [ExactName: Function] = [:]

    init(model: Model) { self.model = model }

    mutating func check() {
        if model.opsetImports.isEmpty {
            report(GraphError(.invalid, "the model imports no operator set"))
            return
        }
        for function in model.functions {
            if functions.updateValue(function, forKey: key(function.name)) != nil {
                report(GraphError(.duplicate, "the function \(function.name) is defined twice"))
            }
        }
        checkCalls()
        check(model.graph, opsets: model.opsetImports, scope: [], depth: 0, isFunction: false)
        for function in model.functions {
            check(function.body, opsets: function.opsetImports, scope: [], depth: 0, isFunction: true)
        }
    }

    mutating func report(_ fault: GraphError, _ label: String? = nil) {
        guard faults.count < CheckLimits.faults else { return }
        var fault = fault
        fault.node = fault.node ?? label
        faults.append(fault)
    }

    private func key(_ name: OperatorName) -> ExactName {
        ExactName("\(name.canonicalDomain)\u{0}\(name.type)\u{0}\(name.overload)")
    }

    /// No function may call itself, directly or through others.
    private mutating func checkCalls() {
        var remaining: [ExactName: Set<ExactName>] = [:]
        for (name, function) in functions {
            remaining[name] = Set(function.body.nodes.map { key($0.op) }.filter { functions[$0] != nil })
        }
        while let free = remaining.first(where: { $0.value.isEmpty })?.key {
            remaining[free] = nil
            for name in Array(remaining.keys) { remaining[name]?.remove(free) }
        }
        for function in model.functions where remaining[key(function.name)] != nil {
            report(GraphError(.cycle, "the function \(function.name) calls itself, maybe through others"))
            return
        }
    }

    private mutating func check(
        _ graph: Graph, opsets: [OpsetImport], scope: Set<ExactName>, depth: Int, isFunction: Bool
    ) {
        guard depth <= CheckLimits.depth else {
            report(GraphError(.depth, "graphs within graphs, more than \(CheckLimits.depth) deep"))
            return
        }
        var made = Set<ValueID>(graph.initializers.keys)
        made.formUnion(graph.sparseInitializers.keys)
        made.formUnion(graph.inputs)
        var makers: [ValueID: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for case let id? in node.outputs {
                if made.contains(id) || makers.updateValue(index, forKey: id) != nil {
                    report(
                        GraphError(.duplicate, "the value \"\(graph[id].name)\" is made twice"), nodeLabel(node, graph))
                }
            }
        }
        var known = scope
        for id in made { known.insert(ExactName(graph[id].name)) }
        var hasCycle = false
        for node in graph.nodes {
            if faults.count >= CheckLimits.faults { return }
            let label = nodeLabel(node, graph)
            for case let id? in node.inputs where !made.contains(id) && !scope.contains(ExactName(graph[id].name)) {
                let name = graph[id].name
                if makers[id] == nil {
                    report(GraphError(.invalid, "nothing makes the input \"\(name)\"", argument: name), label)
                } else if !hasCycle {
                    hasCycle = true
                    report(
                        GraphError(
                            .cycle, "the input \"\(name)\" is made only later: a cycle, or nodes out of order",
                            argument: name), label)
                }
            }
            for case let id? in node.outputs {
                made.insert(id)
                known.insert(ExactName(graph[id].name))
            }
            check(node, label, graph, opsets: opsets, isFunction: isFunction)
            for attribute in node.attributes {
                let graphs: [Graph] =
                    switch attribute.value {
                    case .graph(let inner): [inner]
                    case .graphs(let inner): inner
                    default: []
                    }
                for inner in graphs {
                    check(inner, opsets: opsets, scope: known, depth: depth + 1, isFunction: isFunction)
                }
            }
        }
        for id in graph.outputs where !made.contains(id) && !scope.contains(ExactName(graph[id].name)) {
            report(GraphError(.invalid, "nothing makes the graph's output \"\(graph[id].name)\""))
        }
    }

    private mutating func check(
        _ node: Node, _ label: String, _ graph: Graph, opsets: [OpsetImport], isFunction: Bool
    ) {
        if node.op.type.isEmpty {
            report(GraphError(.invalid, "the node names no operator"), label)
            return
        }
        var seen: Set<ExactName> = []
        for attribute in node.attributes {
            if !seen.insert(ExactName(attribute.name)).inserted {
                report(GraphError(.duplicate, "the attribute comes twice", argument: attribute.name), label)
            }
            if case .reference(let name, _) = attribute.value, !isFunction {
                report(
                    GraphError(
                        .invalid, "refers to the attribute \"\(name)\" of a function, but is in none",
                        argument: attribute.name), label)
            }
        }
        if let function = functions[key(node.op)] {
            checkCall(node, label, of: function)
            return
        }
        let domain = node.op.canonicalDomain
        guard let opset = opsets.first(where: { ($0.domain == "ai.onnx" ? "" : $0.domain ?? "") == domain })?.version
        else {
            report(
                GraphError(
                    OperatorTable.knows(domain: domain) ? .invalid : .unsupportedOperator,
                    "\(node.op): no operator set of the domain \"\(domain)\" is imported"), label)
            return
        }
        let name = OperatorName(node.op.type, domain: domain, overload: node.op.overload)
        guard let schema = OperatorTable.schema(for: name, opset: opset) else {
            report(unknown(name, opset), label)
            return
        }
        NodeChecker(node: node, label: label, graph: graph, schema: schema).faults.forEach { report($0, label) }
    }

    private func unknown(_ name: OperatorName, _ opset: Int64) -> GraphError {
        let versions = OperatorTable.versions(of: name)
        guard let first = versions.first else {
            return GraphError(
                .unsupportedOperator, "the operator \(name) is unknown",
                hint: OperatorTable.knows(domain: name.domain) ? nil : "\(name.domain) is not a domain of the standard")
        }
        if opset < first.since {
            return GraphError(
                .unsupportedOperator, "\(name) came with version \(first.since), the model uses \(opset)",
                hint: "convert the model to a newer operator set")
        }
        return GraphError(.unsupportedOperator, "\(name) is no longer an operator in version \(opset)")
    }

    private mutating func checkCall(_ node: Node, _ label: String, of function: Function) {
        if node.inputs.count > function.body.inputs.count || node.outputs.count > function.body.outputs.count {
            report(
                GraphError(
                    .argument,
                    "\(node.inputs.count) inputs and \(node.outputs.count) outputs, the function \(function.name) has"
                        + " \(function.body.inputs.count) and \(function.body.outputs.count)"), label)
        }
        for attribute in node.attributes
        where !function.attributeNames.contains(attribute.name)
            && !function.attributeDefaults.contains(where: { $0.name == attribute.name })
        {
            report(
                GraphError(.argument, "the function \(function.name) has no such attribute", argument: attribute.name),
                label)
        }
    }
}
