extension Graph {
    /// The value of this name; made, without a type, where there is none yet.
    public mutating func value(named name: String) -> ValueID {
        if let id = idsByName[ExactName(name)] { return id }
        let id = ValueID(values.count)
        values.append(Value(name))
        idsByName[ExactName(name)] = id
        return id
    }

    /// A new value; `name` gets a number behind it where it is taken.
    public mutating func addValue(_ name: String, type: ValueType? = nil) -> ValueID {
        var unique = name
        var number = 1
        while idsByName[ExactName(unique)] != nil {
            unique = "\(name)_\(number)"
            number += 1
        }
        let id = value(named: unique)
        values[id.index].type = type
        return id
    }

    /// A constant under its own name.
    /// - Throws: `graph.duplicate` where the graph has a value of that name.
    @discardableResult
    public mutating func addInitializer(_ record: TensorRecord) throws -> ValueID {
        guard id(named: record.name) == nil else {
            throw FormatError(.graphDuplicate, "there are two values of this name", item: record.name)
        }
        let id = addValue(
            record.name,
            type: .tensor(record.tensor.elementType, record.tensor.shape.map { .size(Int64($0)) }))
        initializers[id] = record
        return id
    }

    /// Appends a node with fresh outputs, named after the node.
    @discardableResult
    public mutating func addNode(
        _ op: OperatorName, name: String, inputs: [ValueID?], outputs: [String], attributes: [Attribute] = []
    ) -> [ValueID] {
        let ids = outputs.map { addValue($0) }
        nodes.append(Node(op, name: name, inputs: inputs, outputs: ids, attributes: attributes))
        return ids
    }
}
