import OrderedCollections

/// A part of a model, as a model of its own.
public struct ExtractedModel: Sendable {
    public var model: Model
    /// What was left out or changed besides the nodes that the outputs don't need.
    public var notes: [String]
}

extension Model {
    /// The part of the model that computes some of its values from others, with the constants, functions, operator sets
    /// and descriptions that it needs. Nodes keep their order, values their names.
    ///
    /// A name is a value's, or else a node's: as an output it stands for all that the node makes, as an input for all
    /// that it takes besides constants.
    /// - Parameters:
    ///   - inputs: where the part begins; `nil` for the model's inputs, as far as they are needed. A constant named here
    ///     becomes an input.
    ///   - outputs: where it ends; `nil` for the model's outputs.
    /// - Throws: `usage` where a name is unknown, or the outputs need more than the inputs; `graph.invalid` where
    ///   nothing is known of the type of an input or output; what ``checkInvariants()`` throws.
    public func extracted(inputs: [String]? = nil, outputs: [String]? = nil) throws -> ExtractedModel {
        try checkInvariants()
        var extraction = Extraction(self)
        return try extraction.run(inputs: inputs, outputs: outputs)
    }
}

/// Walks from the outputs back to the inputs and copies what it met.
private struct Extraction {
    let model: Model
    let graph: Graph
    /// The node that makes a value.
    var makers: [ValueID: Int] = [:]
    var notes: [String] = []
    var keptNodes: Set<Int> = []
    var keptConstants: Set<ValueID> = []
    var missing: OrderedSet<ValueID> = []

    init(_ model: Model) {
        self.model = model
        graph = model.graph
        for (index, node) in graph.nodes.enumerated() {
            for case let id? in node.outputs { makers[id] = index }
        }
    }

    mutating func run(inputs: [String]?, outputs: [String]?) throws -> ExtractedModel {
        let ends = try outputs.map { try resolve($0, asInputs: false) } ?? OrderedSet(graph.outputs)
        guard !ends.isEmpty else { throw FormatError(.usage, "no outputs are asked for") }
        let plainInputs = graph.inputs.filter { !isConstant($0) }
        let begins = try inputs.map { try resolve($0, asInputs: true) } ?? OrderedSet(plainInputs)
        walk(from: ends, to: begins)
        try checkMissing()
        let needed = neededValues(begins, ends)
        var chosen = begins
        if inputs == nil {
            chosen.removeAll { !needed.contains($0) }
        } else {
            for id in begins where !needed.contains(id) {
                notes.append("the input '\(graph[id].name)' is needed by none of the outputs")
            }
        }
        return ExtractedModel(model: try build(chosen, ends), notes: notes)
    }

    private func isConstant(_ id: ValueID) -> Bool {
        graph.initializers[id] != nil || graph.sparseInitializers[id] != nil
    }

    // MARK: Names

    private func resolve(_ names: [String], asInputs: Bool) throws -> OrderedSet<ValueID> {
        var result: OrderedSet<ValueID> = []
        for name in names {
            if let id = graph.id(named: name), makers[id] != nil || isConstant(id) || graph.inputs.contains(id) {
                result.append(id)
                continue
            }
            let nodes = graph.nodes.filter { ExactName($0.name) == ExactName(name) }
            guard let node = nodes.first, !name.isEmpty else { throw unknown(name) }
            guard nodes.count == 1 else {
                throw FormatError(
                    .usage, "\(nodes.count) nodes have this name", item: name, hint: "name the values instead")
            }
            if asInputs {
                result.formUnion(uses(of: node).filter { !isConstant($0) })
            } else {
                result.formUnion(node.outputs.compactMap { $0 })
            }
        }
        return result
    }

    private func unknown(_ name: String) -> FormatError {
        let names = graph.values.lazy.map(\.name)
        let nodeNames = graph.nodes.lazy.map(\.name)
        let near = nearestNames(to: name, in: Array(names) + Array(nodeNames))
        return FormatError(
            .usage, "no value and no node of the graph has this name", item: name,
            hint: near.isEmpty
                ? "'weightbridge inspect --text' lists them"
                : "did you mean \(near.map { "'\($0)'" }.joined(separator: ", "))?")
    }

    // MARK: Walking

    /// The values of the graph that a node takes, those that its subgraphs take from around them included.
    private func uses(of node: Node) -> OrderedSet<ValueID> {
        var result = OrderedSet(node.inputs.compactMap { $0 })
        for attribute in node.attributes {
            for subgraph in attribute.value.subgraphs {
                for name in subgraph.freeNames() {
                    if let id = graph.id(named: name.string) { result.append(id) }
                }
            }
        }
        return result
    }

    private mutating func walk(from ends: OrderedSet<ValueID>, to begins: OrderedSet<ValueID>) {
        var seen = Set(begins)
        var waiting = Array(ends)
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            if let maker = makers[id] {
                if keptNodes.insert(maker).inserted { waiting += uses(of: graph.nodes[maker]) }
            } else if isConstant(id) {
                keptConstants.insert(id)
            } else {
                missing.append(id)
            }
        }
        for annotation in graph.quantizationAnnotations {
            guard let id = graph.id(named: annotation.tensorName), seen.contains(id) else { continue }
            for parameter in annotation.parameters {
                if let id = graph.id(named: parameter.value), isConstant(id) { keptConstants.insert(id) }
            }
        }
    }

    private func checkMissing() throws {
        guard !missing.isEmpty else { return }
        let names = missing.map { "'\(graph[$0].name)'" }
        throw FormatError(
            .usage,
            "the outputs need \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? " …" : ""), which "
                + "\(names.count == 1 ? "is" : "are") not among the inputs",
            hint: "add \(names.count == 1 ? "it" : "them") to the inputs, or name values nearer to the outputs")
    }

    private func neededValues(_ begins: OrderedSet<ValueID>, _ ends: OrderedSet<ValueID>) -> Set<ValueID> {
        var needed = Set(ends)
        for index in keptNodes { needed.formUnion(uses(of: graph.nodes[index])) }
        return needed
    }

    // MARK: Building

    private mutating func build(_ begins: OrderedSet<ValueID>, _ ends: OrderedSet<ValueID>) throws -> Model {
        var part = Graph(name: graph.name)
        part.docString = graph.docString
        part.metadata = graph.metadata
        func copy(_ id: ValueID) -> ValueID {
            let copied = part.value(named: graph[id].name)
            part[copied] = graph[id]
            return copied
        }
        for id in begins {
            try checkType(id)
            part.inputs.append(copy(id))
        }
        // Before IR version 4 a constant had to be an input, too.
        if (model.irVersion ?? 0) < 4 {
            for id in graph.inputs where keptConstants.contains(id) { part.inputs.append(copy(id)) }
        }
        for id in ends {
            try checkType(id)
            part.outputs.append(copy(id))
        }
        for (id, record) in graph.initializers where keptConstants.contains(id) { part.initializers[copy(id)] = record }
        for (id, record) in graph.sparseInitializers where keptConstants.contains(id) {
            part.sparseInitializers[copy(id)] = record
        }
        var taken: Set<ExactName>?
        for (index, node) in graph.nodes.enumerated() where keptNodes.contains(index) {
            var node = node
            node.inputs = node.inputs.map { $0.map(copy) }
            for (position, id) in node.outputs.enumerated() {
                guard let id else { continue }
                guard begins.contains(id) else {
                    node.outputs[position] = copy(id)
                    continue
                }
                // The part gets this value from outside, but needs another output of the node that makes it.
                var names = taken ?? graph.allNames()
                let name = names.addUnused(like: graph[id].name)
                taken = names
                node.outputs[position] = part.addValue(name, type: graph[id].type)
                notes.append("'\(graph[id].name)' is an input now; what the node \(node.name) makes of it is '\(name)'")
            }
            part.nodes.append(node)
        }
        for id in graph.valueInfo {
            if let kept = part.id(named: graph[id].name) {
                if !part.inputs.contains(kept), !part.outputs.contains(kept) { part.valueInfo.append(kept) }
            }
        }
        part.quantizationAnnotations = graph.quantizationAnnotations.filter { part.id(named: $0.tensorName) != nil }
        var result = model
        result.graph = part
        trim(&result)
        return result
    }

    private func checkType(_ id: ValueID) throws {
        guard graph[id].type?.kind == nil else { return }
        throw GraphError(
            .invalid, "nothing is known of the type of '\(graph[id].name)', which an input or output must have",
            hint: "run shape inference over the model first")
    }

    /// Leaves out what spoke of the whole model or isn't used any more.
    private mutating func trim(_ result: inout Model) {
        func key(_ name: OperatorName) -> ExactName {
            ExactName("\(name.canonicalDomain)\u{0}\(name.type)\u{0}\(name.overload)")
        }
        var functions: [ExactName: Function] = [:]
        for function in model.functions { functions[key(function.name)] = function }
        var called: Set<ExactName> = []
        var domains: Set<ExactName> = []
        var waiting = [result.graph]
        while let graph = waiting.popLast() {
            for node in graph.nodes {
                domains.insert(ExactName(node.op.canonicalDomain))
                let name = key(node.op)
                if let function = functions[name], called.insert(name).inserted { waiting.append(function.body) }
                for attribute in node.attributes { waiting += attribute.value.subgraphs }
            }
        }
        result.functions = model.functions.filter { called.contains(key($0.name)) }
        let imports = model.opsetImports.filter {
            domains.contains(ExactName($0.domain == "ai.onnx" ? "" : $0.domain ?? ""))
        }
        result.opsetImports = imports.isEmpty ? model.opsetImports : imports
        if !result.trainingInfo.isEmpty {
            result.trainingInfo = []
            notes.append("the training information is left out")
        }
        let whole = [
            MetadataKey.architecture, MetadataKey.family, MetadataKey.hyperparameters, MetadataKey.stateDict,
            MetadataKey.sourceDigest,
        ]
        result.metadata.removeAll { whole.contains($0.key) }
    }
}

extension Graph {
    /// The names that the graph takes from around it.
    fileprivate func freeNames() -> OrderedSet<ExactName> {
        var made: Set<ExactName> = []
        for id in inputs + Array(initializers.keys) + Array(sparseInitializers.keys) {
            made.insert(ExactName(self[id].name))
        }
        for node in nodes {
            for case let id? in node.outputs { made.insert(ExactName(self[id].name)) }
        }
        var free: OrderedSet<ExactName> = []
        for node in nodes {
            for case let id? in node.inputs { free.append(ExactName(self[id].name)) }
            for attribute in node.attributes {
                for subgraph in attribute.value.subgraphs { free.formUnion(subgraph.freeNames()) }
            }
        }
        for id in outputs { free.append(ExactName(self[id].name)) }
        return OrderedSet(free.filter { !made.contains($0) })
    }

    /// The names of all values, those of graphs inside included.
    fileprivate func allNames() -> Set<ExactName> {
        var names: Set<ExactName> = []
        var waiting = [self]
        while let graph = waiting.popLast() {
            for value in graph.values { names.insert(ExactName(value.name)) }
            for node in graph.nodes {
                for attribute in node.attributes { waiting += attribute.value.subgraphs }
            }
        }
        return names
    }
}

extension Set<ExactName> {
    /// Adds a name that isn't there yet.
    fileprivate mutating func addUnused(like name: String) -> String {
        var number = 1
        while !insert(ExactName("\(name)_\(number)")).inserted { number += 1 }
        return "\(name)_\(number)"
    }
}
