import GraphIR
import OrderedCollections

/// Where a module's result is found in a graph.
struct ModuleValue {
    /// The golden data's key.
    var module: String
    var value: ValueID
    /// The position of the node that makes it; -1 for graph inputs and constants.
    var node: Int
}

extension Graph {
    /// Finds the values that module names stand for, in the order of the nodes that make them.
    ///
    /// A name is looked up, in this order: in `aliases`; in the nodes' `weightbridge.module_outputs`; among the values;
    /// in the module scopes that PyTorch's exporter writes (`pkg.torch.onnx.name_scopes`), where the module's result is
    /// that of its last node; among the nodes' names.
    /// - Returns: what was found, and the names that weren't.
    func moduleValues(
        _ names: [String], aliases: [String: String]
    ) -> (found: [ModuleValue], missing: [String]) {
        var producers: [ValueID: Int] = [:]
        var byScope: [ExactName: ValueID] = [:]
        var byNodeName: [ExactName: ValueID] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs { if let output { producers[output] = index } }
            guard let first = node.outputs.first ?? nil else { continue }
            if !node.name.isEmpty { byNodeName[ExactName(node.name)] = first }
            for entry in node.metadata where entry.key == "pkg.torch.onnx.name_scopes" {
                // A Python list of strings: the modules from the outermost in, then the node itself.
                let parts = entry.value.split(separator: "'", omittingEmptySubsequences: false)
                let scopes = parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
                for scope in scopes.dropLast() where !scope.isEmpty { byScope[ExactName(scope)] = first }
            }
        }
        let declared = moduleOutputs
        var found: [ModuleValue] = []
        var missing: [String] = []
        for name in names {
            let key = ExactName(name)
            let id =
                aliases[name].flatMap { self.id(named: $0) } ?? declared[key] ?? self.id(named: name)
                ?? byScope[key] ?? byNodeName[key]
            if let id {
                found.append(ModuleValue(module: name, value: id, node: producers[id] ?? -1))
            } else {
                missing.append(name)
            }
        }
        let ordered = found.enumerated().sorted { ($0.element.node, $0.offset) < ($1.element.node, $1.offset) }
        return (ordered.map(\.element), missing)
    }

    /// What to call a node in a message.
    func label(ofNode index: Int) -> (name: String, op: String) {
        guard let node = nodes[checked: index] else { return ("graph input", "") }
        if !node.name.isEmpty { return (node.name, node.op.description) }
        let output = (node.outputs.first ?? nil).map { self[$0].name } ?? "\(index)"
        return ("that makes '\(output)'", node.op.description)
    }

    /// The names of a node's constants.
    func weights(ofNode index: Int) -> [String] {
        guard let node = nodes[checked: index] else { return [] }
        return node.inputs.compactMap { $0 }.filter { initializers[$0] != nil }.map { self[$0].name }
    }

    /// The nodes that `value` depends on, up to the values in `known`, in graph order.
    func nodes(behind value: ValueID, upTo known: Set<ValueID>) -> [Int] {
        var producers: [ValueID: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs { if let output { producers[output] = index } }
        }
        var reached: Set<Int> = []
        var waiting = [value]
        while let next = waiting.popLast() {
            guard let index = producers[next], next == value || !known.contains(next), reached.insert(index).inserted
            else { continue }
            waiting += nodes[index].inputs.compactMap { $0 }
        }
        return reached.sorted()
    }
}
