import Execution
import GraphIR
import OrderedCollections

/// The metadata key, at a constant that was computed ahead, of the weights that it was computed from, one a line.
let foldedKey = "weightbridge.folded"

/// The model with everything that depends on no input computed.
///
/// Weights stay as they are, also those that no node uses any more, so that the state dict comes back with its bits. A
/// weight that is only turned or widened isn't folded: that would double it for little.
func folded(_ model: Model) throws -> Model {
    let graph = model.graph
    var sources: [ValueID: OrderedSet<String>] = [:]
    var isWorthy: [ValueID: Bool] = [:]
    for (id, record) in graph.initializers { sources[id] = [record.name] }
    var fixed: Set<Int> = []
    for (index, node) in graph.nodes.enumerated() {
        let inputs = node.inputs.compactMap { $0 }
        guard inputs.allSatisfy({ sources[$0] != nil }) else { continue }
        fixed.insert(index)
        var names: OrderedSet<String> = []
        for id in inputs { names.formUnion(sources[id] ?? []) }
        let isMove = ["Transpose", "Cast", "Reshape", "Identity", "Constant", "Unsqueeze"].contains(node.op.type)
        let worth = !isMove || inputs.contains { isWorthy[$0] == true } || (names.isEmpty && node.op.type != "Constant")
        for case let id? in node.outputs {
            sources[id] = names
            isWorthy[id] = worth
        }
    }
    // The values at the border: fixed, and read by what isn't.
    var wanted: OrderedSet<ValueID> = []
    for (index, node) in graph.nodes.enumerated() where !fixed.contains(index) {
        for case let id? in node.inputs where isWorthy[id] == true { wanted.append(id) }
    }
    for id in graph.outputs where isWorthy[id] == true { wanted.append(id) }
    guard !wanted.isEmpty else { return model }
    var part = model
    part.graph.inputs = []
    part.graph.outputs = Array(wanted)
    part.graph.nodes = graph.nodes.indices.filter(fixed.contains).map { graph.nodes[$0] }
    let values = try Session(part).run([:])

    var result = model
    let isWanted = Set(wanted)
    var nodes: [Node] = []
    for (index, node) in graph.nodes.enumerated() {
        let computed = node.outputs.compactMap { $0 }.filter(isWanted.contains)
        guard fixed.contains(index), !computed.isEmpty else {
            nodes.append(node)
            continue
        }
        for id in computed {
            guard let tensor = values[graph[id].name] else { continue }
            var constant = Node(
                OperatorName("Constant"), name: computed.count == 1 ? node.name : "\(node.name)_\(graph[id].name)",
                inputs: [], outputs: [id], attributes: [Attribute("value", .tensor(TensorRecord(tensor)))])
            constant.metadata = node.metadata
            if let names = sources[id], !names.isEmpty {
                constant.metadata.append(MetadataEntry(foldedKey, names.joined(separator: "\n")))
            }
            nodes.append(constant)
        }
        for case let id? in node.outputs where !isWanted.contains(id) { result.graph.valueInfo.remove(id) }
    }
    var needed = Set(graph.outputs)
    result.graph.nodes = nodes.reversed().filter { node in
        guard node.outputs.contains(where: { $0.map(needed.contains) ?? false }) else { return false }
        needed.formUnion(node.inputs.compactMap { $0 })
        return true
    }.reversed()
    result.graph.valueInfo = result.graph.valueInfo.filter { needed.contains($0) }
    return result
}
