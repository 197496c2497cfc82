import GraphIR
import Operators

/// The standard's rules on models and graphs as such.
extension ModelChecker {
    mutating func checkModelRules() {
        checkVersions()
        var keys: Set<ExactName> = []
        for entry in model.metadata where !keys.insert(ExactName(entry.key)).inserted {
            report(GraphError(.duplicate, "the metadata has the key '\(entry.key)' twice", argument: "metadata_props"))
        }
        checkRules(of: model.graph, isMain: true, label: nil, depth: 0)
        for id in model.graph.inputs + model.graph.outputs { checkDeclaration(of: model.graph[id]) }
        for function in model.functions { checkRules(of: function) }
    }

    private mutating func checkVersions() {
        guard let ir = model.irVersion, ir >= 1 else {
            return report(GraphError(.invalid, "the model has no IR version", argument: "ir_version"))
        }
        if ir < 3 && !model.opsetImports.isEmpty {
            report(
                GraphError(
                    .invalid, "imports operator sets, which came with IR version 3; it says \(ir)",
                    argument: "opset_import", hint: "set ir_version to 3 or more"))
        }
    }

    /// What the model says of its inputs and outputs.
    private mutating func checkDeclaration(of value: Value) {
        func missing(_ what: String) -> GraphError {
            GraphError(
                .invalid, "the model's input or output '\(value.name)' has no \(what)", argument: value.name,
                hint: "'weightbridge infer' finds the types of outputs")
        }
        if value.name.isEmpty { return report(GraphError(.invalid, "an input or output of the model has no name")) }
        switch value.type?.kind {
        case .tensor(let type, let shape), .sparseTensor(let type, let shape):
            if type == 0 { report(missing("element type")) }
            if shape == nil { report(missing("shape")) }
        case .sequence(let item), .optional(let item):
            if item == nil { report(missing("item type")) }
        case .map(let key, let item):
            if key == 0 || item == nil { report(missing("key or value type")) }
        case .opaque(_, let name):
            if name.isEmpty { report(missing("name of its opaque type")) }
        case nil: report(missing("type"))
        }
    }

    /// Rules on graphs, those inside of nodes too.
    private mutating func checkRules(of graph: Graph, isMain: Bool, label: String?, depth: Int) {
        guard depth < CheckLimits.depth else { return }
        if graph.name?.isEmpty ?? true {
            report(GraphError(.invalid, "the graph has no name", hint: "any name will do"), label)
        }
        for id in graph.inputs + graph.outputs where graph[id].name.isEmpty && !isMain {
            report(GraphError(.invalid, "an input or output of the graph has no name"), label)
        }
        if model.irVersion ?? 4 <= 3 {
            for (id, record) in graph.initializers where !graph.inputs.contains(id) {
                report(
                    GraphError(
                        .invalid, "the initializer '\(record.name)' is no input, as IR versions up to 3 ask",
                        argument: record.name, hint: "list it among the inputs, or set ir_version to 4 or more"), label)
            }
        }
        for record in graph.sparseInitializers.values { checkSparse(record, label) }
        for again in graph.redeclarations { check(again, graph, label) }
        for node in graph.nodes { checkRules(of: node, node.label(in: graph), depth: depth) }
    }

    /// A value that is declared more than once.
    private mutating func check(_ again: Redeclaration, _ graph: Graph, _ label: String?) {
        let name = again.value.name
        guard let id = graph.id(named: name), let first = graph[id].type, first.merged(with: again.value.type) == nil
        else { return }
        report(
            GraphError(
                .invalid, "is declared as \(first.text) and as \(again.value.type?.text ?? "?")", argument: name,
                hint: "correct or remove one of the two"), label)
    }

    private mutating func checkRules(of node: Node, _ label: String, depth: Int) {
        for attribute in node.attributes {
            if model.irVersion ?? 2 >= 2, attribute.unknown.unusualPresence.contains(20) {
                report(GraphError(.invalid, "the attribute has no type", argument: attribute.name), label)
            }
            switch attribute.value {
            case .sparseTensor(let record): checkSparse(record, label)
            case .sparseTensors(let records): for record in records { checkSparse(record, label) }
            case .graph(let graph): checkRules(of: graph, isMain: false, label: label, depth: depth + 1)
            case .graphs(let graphs):
                for graph in graphs { checkRules(of: graph, isMain: false, label: label, depth: depth + 1) }
            default: break
            }
        }
    }

    // MARK: Functions

    private mutating func checkRules(of function: Function) {
        let label = "function \(function.name)"
        if function.name.domain.isEmpty, !function.unknown.unusualPresence.contains(10) {
            report(GraphError(.invalid, "the function has no domain"), label)
        }
        var seen: Set<ValueID> = []
        for id in function.body.outputs where !seen.insert(id).inserted {
            report(GraphError(.duplicate, "the output '\(function.body[id].name)' is there twice"), label)
        }
        var names: Set<ExactName> = []
        for name in function.attributeNames where !names.insert(ExactName(name)).inserted {
            report(GraphError(.duplicate, "the attribute is declared twice", argument: name), label)
        }
        var looked: Set<ExactName> = []
        for node in function.body.nodes {
            checkRules(of: node, node.label(in: function.body), depth: 0)
            guard looked.insert(ExactName(node.op.description)).inserted else { continue }
            checkVersion(of: node.op, in: function, label)
        }
    }

    /// The operators of a function must be the same ones under the model's import of their domain.
    private mutating func checkVersion(of op: OperatorName, in function: Function, _ label: String) {
        let domain = op.canonicalDomain
        guard let own = opsetVersion(of: domain, in: function.opsetImports),
            let other = opsetVersion(of: domain, in: model.opsetImports + model.functions.flatMap(\.opsetImports)),
            own != other
        else { return }
        let name = OperatorName(op.type, domain: domain, overload: op.overload)
        let ours = OperatorTable.schemaEvenDeprecated(for: name, opset: own)
        let theirs = OperatorTable.schemaEvenDeprecated(for: name, opset: other)
        guard ours?.since != theirs?.since else { return }
        report(
            GraphError(
                .invalid,
                "uses \(name) of operator set \(own), the model imports \(other), in which the operator is another one",
                hint: "convert the function's body to operator set \(other)"), label)
    }

    // MARK: Sparse tensors

    private mutating func checkSparse(_ record: SparseTensorRecord, _ label: String?) {
        if let problem = sparseProblem(record) {
            report(GraphError(.invalid, problem, argument: record.values.name), label)
        }
    }

    private func sparseProblem(_ record: SparseTensorRecord) -> String? {
        let values = record.values.tensor
        let indices = record.indices.tensor
        guard values.shape.count == 1 else { return "the values of a sparse tensor have the shape \(values.shape)" }
        guard !record.shape.isEmpty, record.shape.allSatisfy({ $0 > 0 }) else {
            return "a sparse tensor has the shape \(record.shape); all dimensions must be above 0"
        }
        guard indices.elementType == .int64 else {
            return "the indices of a sparse tensor are \(indices.elementType.onnxName), expected INT64"
        }
        let rank = record.shape.count
        let wanted = indices.shape.count == 1 ? [values.count] : [values.count, rank]
        guard indices.shape == wanted else {
            return "the indices of a sparse tensor have the shape \(indices.shape), expected \(wanted)"
        }
        guard let numbers = try? indices.array(of: Int64.self) else { return "the indices can't be read" }
        let bounds = indices.shape.count == 1 ? [product(record.shape)] : record.shape
        var last: [Int64] = []
        for start in stride(from: 0, to: numbers.count, by: bounds.count) {
            let index = Array(numbers[start..<min(start + bounds.count, numbers.count)])
            guard zip(index, bounds).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
                return "the index \(index) of a sparse tensor is outside of its shape \(record.shape)"
            }
            guard last.isEmpty || last.lexicographicallyPrecedes(index) else {
                return "the index \(index) of a sparse tensor is not above the one before"
            }
            last = index
        }
        return nil
    }

    private func product(_ shape: [Int64]) -> Int64 {
        shape.reduce(1) { $0.multiplied(checked: $1) ?? .max }
    }
}
