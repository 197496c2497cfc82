import GraphIR
import Operators

/// The same model in another version of ONNX's operator set.
///
/// Version after version, each node whose operator changed is rewritten by the rule for that change (``OpsetRule``); a
/// node that means the same under both versions stays. Rewriting is exact: what has no exact form is refused. Constants
/// that a rewrite needs are `Constant` nodes, so that initializers stay the weights. The IR version becomes the lowest
/// that the operator set allows.
///
/// - Throws: `op.unsupported` or `op.unsupported-argument`, naming the node, where there is no exact form; `usage`
/// where
///   `version` is outside of ``Model/supportedOpsets``; `limit.depth` for subgraphs nested beyond any use.
public func convertOpset(_ model: Model, to version: Int64) throws -> Model {
    guard Model.supportedOpsets.contains(version) else {
        throw FormatError(
            .usage, "opset \(version) can't be written",
            hint: "choose from \(Model.supportedOpsets.lowerBound) to \(Model.supportedOpsets.upperBound)")
    }
    guard let current = model.opsetVersion() else { return model }
    var result = model
    if current != version {
        result.graph = try convert(model.graph, from: current, to: version, depth: 0)
        for index in result.functions.indices {
            try convert(&result.functions[index], to: version)
        }
        for index in result.opsetImports.indices where isDefault(result.opsetImports[index].domain) {
            result.opsetImports[index].version = version
        }
    }
    let needed = Model.lowestIRVersion(forOpset: version)
    result.irVersion = max(needed, model.functions.isEmpty ? needed : functionIRVersion)
    return result
}

/// Functions of a model's own came with IR version 8.
private let functionIRVersion: Int64 = 8
/// Subgraphs within subgraphs: the reader's own limit on nesting is of this size.
private let subgraphDepthLimit = 64

private func isDefault(_ domain: String?) -> Bool { (domain ?? "").isEmpty || domain == "ai.onnx" }

private func convert(_ function: inout Function, to version: Int64) throws {
    for index in function.opsetImports.indices where isDefault(function.opsetImports[index].domain) {
        function.body = try convert(
            function.body, from: function.opsetImports[index].version, to: version, depth: 0)
        function.opsetImports[index].version = version
    }
}

private func convert(_ graph: Graph, from current: Int64, to version: Int64, depth: Int) throws -> Graph {
    guard depth < subgraphDepthLimit else {
        throw GraphError(.depth, "subgraphs are nested more than \(subgraphDepthLimit) deep")
    }
    // `current` comes from the file: beyond the newest version known there is nothing to step through.
    guard (1...Model.supportedOpsets.upperBound).contains(current) else {
        throw GraphError(
            .unsupportedOperator,
            "the model asks for opset \(current), known are those up to "
                + "\(Model.supportedOpsets.upperBound)")
    }
    var graph = graph
    for index in graph.nodes.indices {
        for position in graph.nodes[index].attributes.indices {
            switch graph.nodes[index].attributes[position].value {
            case .graph(let inner):
                graph.nodes[index].attributes[position].value = .graph(
                    try convert(inner, from: current, to: version, depth: depth + 1))
            case .graphs(let inner):
                graph.nodes[index].attributes[position].value = .graphs(
                    try inner.map { try convert($0, from: current, to: version, depth: depth + 1) })
            default: break
            }
        }
    }
    if version < current {
        for boundary in ((version + 1)...current).reversed() { try step(&graph, across: boundary, isUpgrade: false) }
    } else if version > current {
        for boundary in (current + 1)...version { try step(&graph, across: boundary, isUpgrade: true) }
    }
    return graph
}

/// Carries all nodes from version `boundary` to the one before, or the other way.
private func step(_ graph: inout Graph, across boundary: Int64, isUpgrade: Bool) throws {
    var rewriter = OpsetRewriter(graph: graph)
    for node in graph.nodes {
        guard node.op.canonicalDomain.isEmpty else {
            rewriter.append(node)
            continue
        }
        var node = node
        if boundary == 11, !isUpgrade { try rewriter.makeAxesPositive(&node) }
        let op = OperatorName(node.op.type)
        let history = OperatorTable.versions(of: op).map(\.since)
        guard history.contains(boundary) else {
            if history.isEmpty {
                throw GraphError(
                    .unsupportedOperator, "ONNX has no operator '\(node.op.type)': it can't be converted",
                    node: node.label)
            }
            rewriter.append(node)
            continue
        }
        if let rule = OpsetRule.all[node.op.type]?.first(where: { $0.version == boundary }),
            let rewrite = isUpgrade ? rule.upgrade : rule.downgrade
        {
            try rewrite(&rewriter, node)
            continue
        }
        guard let old = OperatorTable.schema(for: op, opset: boundary - 1),
            let new = OperatorTable.schema(for: op, opset: boundary)
        else {
            throw GraphError(
                .unsupportedOperator,
                "'\(node.op.type)' came with opset \(boundary) and has no exact form in those before", node: node.label,
                hint: "choose opset \(boundary) or a newer one")
        }
        try rewriter.carry(node, from: isUpgrade ? old : new, to: isUpgrade ? new : old)
    }
    graph = rewriter.finished()
}

extension Node {
    /// The name, or what tells the node apart where it has none.
    var label: String { name.isEmpty ? op.type : name }
}
