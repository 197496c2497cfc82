import GraphIR

/// Puts what a file declares together to a graph, whatever the form of the file: its inputs, outputs, `value_info` and
/// initializers, in this order, which decides what counts as a value's first declaration.
struct GraphDeclarations {
    var graph: Graph
    private var declared: Set<ValueID> = []

    init(_ graph: Graph) { self.graph = graph }

    mutating func addInput(_ value: Value) throws {
        let id = graph.value(named: value.name)
        guard declared.insert(id).inserted else {
            throw FormatError(.graphDuplicate, "two graph inputs have this name", item: value.name)
        }
        graph[id] = value
        graph.inputs.append(id)
    }

    mutating func addOutput(_ value: Value) {
        let id = graph.value(named: value.name)
        declare(value, id, .outputs, graph.outputs.count)
        graph.outputs.append(id)
    }

    mutating func addValueInfo(_ values: [Value]) {
        for (position, value) in values.enumerated() {
            let id = graph.value(named: value.name)
            if graph.valueInfo.append(id).inserted {
                declare(value, id, .valueInfo, position)
            } else {
                graph.redeclarations.append(Redeclaration(list: .valueInfo, position: position, value: value))
            }
        }
    }

    mutating func addInitializer(_ record: TensorRecord) throws {
        guard !record.name.isEmpty else { throw FormatError(.graphInvalid, "an initializer has no name") }
        let id = graph.value(named: record.name)
        guard graph.initializers[id] == nil else {
            throw FormatError(.graphDuplicate, "two initializers have this name", item: record.name)
        }
        if !declared.contains(id) {
            graph[id].type = .tensor(record.tensor.elementType, record.tensor.shape.map { .size(Int64($0)) })
        }
        graph.initializers[id] = record
    }

    mutating func addSparseInitializer(_ record: SparseTensorRecord) throws {
        guard !record.values.name.isEmpty else {
            throw FormatError(.graphInvalid, "a sparse initializer has no name")
        }
        let id = graph.value(named: record.values.name)
        guard graph.initializers[id] == nil, graph.sparseInitializers[id] == nil else {
            throw FormatError(.graphDuplicate, "two initializers have this name", item: record.values.name)
        }
        graph.sparseInitializers[id] = record
    }

    /// The formal inputs and outputs of a function, which are names only; types may follow in its `value_info`.
    mutating func addFormals(inputs: [String], outputs: [String]) throws {
        var seen: Set<ValueID> = []
        for name in inputs {
            let id = graph.value(named: name)
            guard seen.insert(id).inserted else {
                throw FormatError(.graphDuplicate, "the input '\(name)' is there twice")
            }
            graph.inputs.append(id)
        }
        graph.outputs = outputs.map { graph.value(named: $0) }
    }

    /// Notes what a list says of a value; where an earlier list said something else, as a redeclaration.
    private mutating func declare(_ value: Value, _ id: ValueID, _ list: Redeclaration.List, _ position: Int) {
        if declared.insert(id).inserted {
            graph[id] = value
        } else if !Self.same(graph[id], value) {
            graph.redeclarations.append(Redeclaration(list: list, position: position, value: value))
        }
    }

    private static func same(_ left: Value, _ right: Value) -> Bool {
        left.type == right.type && left.docString == right.docString && left.metadata == right.metadata
            && left.unknown == right.unknown
    }
}

extension Graph {
    /// The declarations of the outputs as the file has them.
    func declaredOutputs() throws -> [Value] {
        var again: [Int: Value] = [:]
        for item in redeclarations where item.list == .outputs { again[item.position] = item.value }
        return try outputs.enumerated().map { position, id in
            let value = try declaredValue(id)
            if let other = again[position], ExactName(other.name) == ExactName(value.name) { return other }
            return value
        }
    }

    /// The `value_info` list as the file has it, with what it said twice in its place.
    func declaredValueInfo() throws -> [Value] {
        let again = redeclarations.filter { $0.list == .valueInfo }
        var list: [Value] = []
        var next = again.startIndex
        var seen: Set<ExactName> = []
        for id in valueInfo {
            let value = try declaredValue(id)
            let exact = ExactName(value.name)
            var replacement: Value?
            while let item = again[checked: next], item.position == list.count {
                next += 1
                if !seen.contains(ExactName(item.value.name)), ExactName(item.value.name) == exact {
                    replacement = item.value
                    break
                }
                list.append(item.value)
            }
            seen.insert(exact)
            list.append(replacement ?? value)
        }
        return list + again[next...].map(\.value)
    }

    /// The value of an id.
    /// - Throws: `graph.invalid` where the graph has none.
    func declaredValue(_ id: ValueID) throws -> Value {
        guard let value = values[checked: id.index] else {
            throw GraphError(.invalid, "the graph has no value number \(id.index)")
        }
        return value
    }
}
