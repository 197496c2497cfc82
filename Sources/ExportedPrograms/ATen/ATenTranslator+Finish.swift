import Architectures
import GraphIR
import OrderedCollections

extension ATenTranslator {
    /// The model, without what no output needs; initializers in the order of the checkpoint.
    func finished() throws -> Model {
        dropUnused()
        if case .fixed(let count) = options.batch, let assumedBatch { close(assumedBatch, as: Int64(count)) }
        try keepWeights()
        var model = Model(
            graph: graph, irVersion: Model.lowestIRVersion(forOpset: ModelBuilder.opset),
            opsetImports: [OpsetImport("", ModelBuilder.opset)])
        let inlined = program.stateDict.names.filter { graph.id(named: $0).flatMap { graph.initializers[$0] } == nil }
        model.metadata.append(
            MetadataEntry(
                MetadataKey.stateDict,
                try stateDictRecord(of: program.stateDict, inline: Set(inlined.map { ExactName($0) }))))
        return options.foldsConstants ? try folded(model) : model
    }

    private func dropUnused() {
        var needed = Set(graph.outputs)
        var kept: [Node] = []
        for node in graph.nodes.reversed() where node.outputs.contains(where: { $0.map(needed.contains) ?? false }) {
            needed.formUnion(node.inputs.compactMap { $0 })
            kept.append(node)
        }
        graph.nodes = kept.reversed()
        graph.valueInfo = graph.valueInfo.filter { needed.contains($0) }
        let unused = graph.initializers.keys.filter { !needed.contains($0) }
        for id in unused { graph.initializers[id] = nil }
    }

    /// Declares a dimension as a number.
    private func close(_ symbol: String, as count: Int64) {
        for id in graph.inputs + graph.outputs + graph.valueInfo {
            guard let type = graph[id].type, let elementType = type.elementType, let shape = type.dimensions else {
                continue
            }
            graph[id].type = .tensor(elementType, shape.map { $0 == .named(symbol) ? .size(count) : $0 })
        }
    }

    /// All of the state dict, in its order: what no node uses stays too, small tensors in the record.
    private func keepWeights() throws {
        var ordered: OrderedDictionary<ValueID, TensorRecord> = [:]
        for (key, tensor) in program.stateDict.tensors {
            if let id = graph.id(named: key.string), let record = graph.initializers[id] {
                ordered[id] = record
            } else if try tensor.bytes().count > stateDictInlineLimit {
                if let other = graph.id(named: key.string) { graph[other].name = freeName(key.string) }
                let id = try graph.addInitializer(TensorRecord(tensor, name: key.string))
                ordered[id] = graph.initializers[id]
            }
        }
        graph.initializers = ordered
    }

    private func freeName(_ name: String) -> String {
        var number = 1
        while graph.id(named: "\(name)_\(number)") != nil { number += 1 }
        return "\(name)_\(number)"
    }
}
