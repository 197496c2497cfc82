import GraphIR
import Operators

/// One conversion of a model: what its graphs share, and what had no exact form.
final class OpsetConversion {
    let domain: String
    let target: Int64
    private(set) var faults: [GraphError] = []
    /// Whether the graph is a function's body, which can't hold initializers.
    private(set) var isInFunction = false
    /// The names of all values in all graphs: a new one must not hide another.
    private var names: Set<ExactName> = []

    /// Faults that are named: nobody reads more.
    static let faultLimit = 1000
    /// Subgraphs within subgraphs: the reader's own limit on nesting is of this size.
    static let depthLimit = 64
    /// The domain of nodes that were refused: no later version looks at them again.
    private static let refused = "\u{0}refused"

    init(_ model: Model, domain: String, target: Int64) {
        self.domain = domain
        self.target = target
        var graphs = [model.graph] + model.functions.map(\.body)
        while let graph = graphs.popLast() {
            names.formUnion(graph.values.map { ExactName($0.name) })
            graphs += graph.nodes.flatMap(\.bodies)
        }
    }

    /// Whether the domain is the one that is converted.
    func owns(_ other: String?) -> Bool { (other == "ai.onnx" ? "" : other ?? "") == domain }

    /// A name that no value of the model has.
    func unusedName(_ base: String) -> String {
        var name = base
        var number = 1
        while !names.insert(ExactName(name)).inserted {
            name = "\(base)_\(number)"
            number += 1
        }
        return name
    }

    /// Throws what was found: the fault itself where there is one, else one that names all of them.
    func throwFaults() throws {
        guard var first = faults.first else { return }
        if faults.count > 1 {
            let others = faults.dropFirst().prefix(Self.faultLimit).map { "\($0.node ?? "a node"): \($0.problem)" }
            first.problem += "; and \(faults.count - 1) more: " + others.joined(separator: "; ")
        }
        throw first
    }

    // MARK: Graphs

    func convert(_ graph: inout Graph, from current: Int64) throws {
        // `current` comes from the file: beyond the newest version known there is nothing to step through.
        let newest = domain.isEmpty ? Model.supportedOpsets.upperBound : Model.supportedMLOpsets.upperBound
        guard (1...newest).contains(current) else {
            throw GraphError(
                .unsupportedOperator, "the model asks for opset \(current), known are those up to \(newest)")
        }
        if target < current {
            for boundary in ((target + 1)...current).reversed() {
                graph = try step(graph, across: boundary, isUpgrade: false, outer: nil, depth: 0)
            }
        } else if target > current {
            for boundary in (current + 1)...target {
                graph = try step(graph, across: boundary, isUpgrade: true, outer: nil, depth: 0)
            }
        }
        restore(&graph)
    }

    func convert(_ function: inout Function) throws {
        isInFunction = true
        defer { isInFunction = false }
        for index in function.opsetImports.indices where owns(function.opsetImports[index].domain) {
            try convert(&function.body, from: function.opsetImports[index].version)
            function.opsetImports[index].version = target
        }
    }

    func convert(_ training: inout TrainingInfo, from current: Int64) throws {
        if training.initialization != nil { try training.initialization.mutate { try convert(&$0, from: current) } }
        if training.algorithm != nil { try training.algorithm.mutate { try convert(&$0, from: current) } }
    }

    /// The graph with all nodes carried from version `boundary` to the one before, or the other way.
    private func step(
        _ graph: Graph, across boundary: Int64, isUpgrade: Bool, outer: OpsetRewriter?, depth: Int
    ) throws -> Graph {
        guard depth < Self.depthLimit else {
            throw GraphError(.depth, "subgraphs are nested more than \(Self.depthLimit) deep")
        }
        let rewriter = OpsetRewriter(
            graph, conversion: self, opset: isUpgrade ? boundary : boundary - 1,
            source: isUpgrade ? boundary - 1 : boundary, outer: outer)
        for node in graph.nodes {
            var node = node
            for position in node.attributes.indices {
                switch node.attributes[position].value {
                case .graph(let inner):
                    node.attributes[position].value = .graph(
                        try step(inner, across: boundary, isUpgrade: isUpgrade, outer: rewriter, depth: depth + 1))
                case .graphs(let inner):
                    node.attributes[position].value = .graphs(
                        try inner.map {
                            try step($0, across: boundary, isUpgrade: isUpgrade, outer: rewriter, depth: depth + 1)
                        })
                default: break
                }
            }
            do {
                try rewrite(node, across: boundary, isUpgrade: isUpgrade, by: rewriter)
            } catch var fault as GraphError {
                fault.node = fault.node ?? node.label
                faults.append(fault)
                node.op.domain = Self.refused
                rewriter.keep(node)
            } catch let fault as FormatError {
                faults.append(GraphError(.unsupportedArgument, fault.problem, node: node.label))
                node.op.domain = Self.refused
                rewriter.keep(node)
            }
        }
        return rewriter.finished()
    }

    private func rewrite(
        _ node: Node, across boundary: Int64, isUpgrade: Bool, by rewriter: OpsetRewriter
    ) throws {
        guard owns(node.op.domain) else { return rewriter.keep(node) }
        let name = OperatorName(node.op.type, domain: domain)
        let history = OperatorTable.versions(of: name)
        guard !history.isEmpty else {
            throw GraphError(.unsupportedOperator, "ONNX has no operator '\(name)': it can't be converted")
        }
        var node = node
        rewriter.begin(node)
        if boundary == 11, !isUpgrade, domain.isEmpty { node = try rewriter.withPositiveAxes(node) }
        guard history.contains(where: { $0.since == boundary }) else { return rewriter.keep(node) }
        let rule = OpsetRule.all[name.description]?.first { $0.version == boundary }
        if let rewrite = isUpgrade ? rule?.upgrade : rule?.downgrade {
            // A function's attribute may be anything: a rule can't know what it becomes.
            for attribute in node.attributes {
                if case .reference = attribute.value {
                    throw rewriter.refusal("the function's attribute isn't known", attribute.name)
                }
            }
            return try rewrite(rewriter, node)
        }
        guard let old = OperatorTable.schema(for: name, opset: boundary - 1) else {
            throw GraphError(
                .unsupportedOperator, "'\(name)' came with opset \(boundary) and has no exact form in those before",
                hint: "choose opset \(boundary) or a newer one")
        }
        guard let new = OperatorTable.schema(for: name, opset: boundary) else {
            throw GraphError(
                .unsupportedOperator, "'\(name)' ended with opset \(boundary) and has no exact form since",
                hint: "choose opset \(boundary - 1) or an older one")
        }
        try rewriter.carry(node, from: isUpgrade ? old : new, to: isUpgrade ? new : old)
    }

    /// Gives refused nodes their domain back.
    private func restore(_ graph: inout Graph) {
        for index in graph.nodes.indices where graph.nodes[index].op.domain == Self.refused {
            graph.nodes[index].op.domain = domain
        }
    }
}

extension Optional {
    fileprivate mutating func mutate(_ body: (inout Wrapped) throws -> Void) rethrows {
        guard var value = self else { return }
        try body(&value)
        self = value
    }
}

extension Node {
    /// The name, or what tells the node apart where it has none.
    var label: String { name.isEmpty ? op.type : name }

    /// The graphs among the attributes.
    var bodies: [Graph] {
        attributes.flatMap { attribute -> [Graph] in
            switch attribute.value {
            case .graph(let inner): [inner]
            case .graphs(let inner): inner
            default: []
            }
        }
    }
}
