import GraphIR
import Operators
import OrderedCollections

/// Replaces every Gradient node by nodes that compute the derivatives: the graph between `xs` and `y` is walked from its
/// end, each node by its rule. Derivatives of higher order come by themselves, as what is made is differentiated again.
/// - Throws: `op.unsupported` naming an operator that there is no rule for, `op.argument`, `limit.count`.
func expandingGradients(_ model: Model) throws -> Model {
    guard hasGradient(model.graph, depth: 0) || model.functions.contains(where: { hasGradient($0.body, depth: 0) })
    else { return model }
    var model = model
    model.graph = try expanded(model.graph, opsets: model.opsetImports, depth: 0)
    model.opsetImports.append(OpsetImport(OperatorName.gradientDomain, 1))
    for index in model.functions.indices {
        let opsets = model.functions[index].opsetImports
        model.functions[index].body = try expanded(model.functions[index].body, opsets: opsets, depth: 0)
        model.functions[index].opsetImports = opsets + [OpsetImport(OperatorName.gradientDomain, 1)]
    }
    return model
}

private let gradientName = OperatorName("Gradient", domain: "ai.onnx.preview.training")

private func bodies(_ node: Node) -> [Graph] {
    node.attributes.flatMap { attribute -> [Graph] in
        switch attribute.value {
        case .graph(let graph): [graph]
        case .graphs(let graphs): graphs
        default: []
        }
    }
}

private func hasGradient(_ graph: Graph, depth: Int) -> Bool {
    depth <= ProgramLimits.depth
        && graph.nodes.contains { node in
            node.op == gradientName || bodies(node).contains { hasGradient($0, depth: depth + 1) }
        }
}

private func expanded(_ graph: Graph, opsets: [OpsetImport], depth: Int) throws -> Graph {
    guard hasGradient(graph, depth: depth) else { return graph }
    let opset = opsets.first { ($0.domain ?? "") == "" || $0.domain == "ai.onnx" }?.version ?? 1
    var result = graph
    result.nodes = []
    for node in graph.nodes {
        if node.op == gradientName {
            do {
                var differentiation = try Differentiation(node, in: result, opset: opset)
                result = try differentiation.run()
            } catch var error as GraphError {
                error.node = error.node ?? nodeLabel(node, graph)
                throw error
            }
            continue
        }
        var node = node
        for index in node.attributes.indices {
            if case .graph(let inner) = node.attributes[index].value {
                node.attributes[index].value = .graph(try expanded(inner, opsets: opsets, depth: depth + 1))
            }
        }
        result.nodes.append(node)
    }
    return result
}

/// One Gradient node on its way to become others.
private struct Differentiation {
    private var graph: Graph
    private let request: Node
    private let opset: Int64
    private let variables: [ValueID]
    private let target: ValueID
    /// Values that `xs` and `zs` name, and what the Gradient node is given for them.
    private var given: [ValueID: ValueID] = [:]
    /// The nodes between them and the target, in order.
    private var path: [Node] = []
    /// Values that depend on `xs`.
    private var active: Set<ValueID> = []

    init(_ request: Node, in graph: Graph, opset: Int64) throws {
        self.graph = graph
        self.request = request
        self.opset = opset
        guard opset >= 7 else {
            throw GraphError(.unsupportedOperator, "Gradient in operator set \(opset), expected 7 or newer")
        }
        func names(_ attribute: String) throws -> [ValueID] {
            switch request.attribute(attribute) {
            case nil: return []
            case .strings(let names)?:
                return try names.map { try Differentiation.value($0, graph, attribute) }
            default: throw GraphError(.argument, "the attribute must be of kind strings", argument: attribute)
            }
        }
        variables = try names("xs")
        let others = try names("zs")
        guard case .string(let name)? = request.attribute("y") else {
            throw GraphError(.argument, "the attribute is required, of kind string", argument: "y")
        }
        target = try Differentiation.value(name, graph, "y")
        guard !variables.isEmpty, request.inputs.count == variables.count + others.count else {
            throw GraphError(
                .argument,
                "\(request.inputs.count) inputs, xs and zs have \(variables.count) and \(others.count) names",
                argument: "xs")
        }
        guard request.outputs.count <= variables.count else {
            throw GraphError(.argument, "\(request.outputs.count) outputs for \(variables.count) names", argument: "xs")
        }
        for (id, input) in zip(variables + others, request.inputs) {
            guard let input, given.updateValue(input, forKey: id) == nil else {
                throw GraphError(.argument, "the value \"\(graph[id].name)\" has no input, or two", argument: "xs")
            }
        }
        findPath()
    }

    private static func value(_ name: [UInt8], _ graph: Graph, _ attribute: String) throws -> ValueID {
        let text = String(decoding: name, as: UTF8.self)
        guard let id = graph.id(named: text) else {
            throw GraphError(.argument, "the graph has no value \"\(text)\"", argument: attribute)
        }
        return id
    }

    private mutating func findPath() {
        var makers: [ValueID: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for case let id? in node.outputs { makers[id] = index }
        }
        var needed: Set<Int> = []
        var open = [target]
        while let id = open.popLast() {
            guard given[id] == nil, let index = makers[id], needed.insert(index).inserted else { continue }
            open += graph.nodes[index].inputs.compactMap { $0 }
        }
        active = Set(variables)
        for index in needed.sorted() {
            let node = graph.nodes[index]
            path.append(node)
            if node.inputs.contains(where: { $0.map(active.contains) ?? false }) {
                active.formUnion(node.outputs.compactMap { $0 })
            }
        }
    }

    /// The graph with nodes for the derivatives at its end.
    mutating func run() throws -> Graph {
        for node in path where !bodies(node).isEmpty {
            throw GraphError(.unsupportedOperator, "no derivative for \(node.op): it runs graphs")
        }
        let places = replay()
        func local(_ id: ValueID) -> ValueID { places[id] ?? id }
        var gradients: [ValueID: ValueID] = [:]
        if active.contains(target) {
            gradients[target] = emit("OnesLike", [local(target)], domain: OperatorName.gradientDomain)
        }
        for node in path.reversed() {
            let outputs = node.outputs.map { id in
                id.flatMap { given[$0] == nil && active.contains($0) ? gradients[$0] : nil }
            }
            let wanted = node.inputs.map { $0.map(active.contains) ?? false }
            guard outputs.contains(where: { $0 != nil }), wanted.contains(true) else { continue }
            guard let rule = GradientRules.rule(for: node.op) else {
                throw GraphError(
                    .unsupportedOperator, "no derivative for \(node.op)",
                    hint: "the model can still be inspected and converted")
            }
            var moved = node
            moved.inputs = node.inputs.map { $0.map(local) }
            moved.outputs = node.outputs.map { $0.map(local) }
            var tape = GradientTape(graph: graph, node: moved, outputGradients: outputs, opset: opset)
            let results = try rule(&tape)
            graph = tape.graph
            guard graph.nodes.count <= ProgramLimits.nodes else {
                throw GraphError(.count, "more than \(ProgramLimits.nodes) nodes")
            }
            for (position, id) in node.inputs.enumerated() {
                guard let id, wanted[position], let result = results[checked: position] ?? nil else { continue }
                gradients[id] = gradients[id].map { emit("Add", [$0, result]) } ?? result
            }
        }
        for (variable, output) in zip(variables, request.outputs) {
            guard let output else { continue }
            let result =
                gradients[variable]
                ?? emit("ZerosLike", [local(variable)], domain: OperatorName.gradientDomain)
            graph.nodes.append(Node(OperatorName("Identity"), inputs: [result], outputs: [output]))
        }
        return graph
    }

    /// Computes the path once more where the Gradient node is given other values than those that `xs` and `zs` name.
    /// - Returns: what stands for the values of the path.
    private mutating func replay() -> [ValueID: ValueID] {
        var places = given.filter { $0.key != $0.value }
        for node in path where node.inputs.contains(where: { $0.map { places[$0] != nil } ?? false }) {
            var copy = node
            copy.name = ""
            copy.inputs = node.inputs.map { id in id.map { places[$0] ?? $0 } }
            copy.outputs = node.outputs.map { id in
                guard let id else { return nil }
                let output = graph.addValue("gradient/\(graph[id].name)")
                if given[id] == nil { places[id] = output }
                return output
            }
            graph.nodes.append(copy)
        }
        return places
    }

    private mutating func emit(_ type: String, _ inputs: [ValueID?], domain: String = "") -> ValueID {
        let output = graph.addValue("gradient/\(graph.nodes.count)")
        graph.nodes.append(Node(OperatorName(type, domain: domain), inputs: inputs, outputs: [output]))
        return output
    }
}
