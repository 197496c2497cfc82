import GraphIR
import Operators

/// A graph whose nodes are being replaced one by one.
struct OpsetRewriter {
    private(set) var graph: Graph
    private var nodes: [Node] = []
    private var constants: [String: ValueID] = [:]
    /// Constants by value, for rules that turn an input into an attribute.
    private let known: [ValueID: Tensor]

    init(graph: Graph) {
        self.graph = graph
        var known: [ValueID: Tensor] = [:]
        for (id, record) in graph.initializers where !graph.inputs.contains(id) { known[id] = record.tensor }
        for node in graph.nodes where node.op.type == "Constant" && node.op.canonicalDomain.isEmpty {
            guard let id = node.outputs.first ?? nil, case .tensor(let record)? = node.attribute("value") else {
                continue
            }
            known[id] = record.tensor
        }
        self.known = known
    }

    /// The graph with its new nodes, without the constants that no one uses any more.
    func finished() -> Graph {
        var result = graph
        var used = Set(graph.outputs)
        for node in nodes { used.formUnion(node.inputs.compactMap { $0 }) }
        let dropped = Set(orphanCandidates.filter { !used.contains($0) })
        result.nodes = nodes.filter { node in !(node.outputs.first ?? nil).map(dropped.contains, default: false) }
        for id in dropped { result.valueInfo.remove(id) }
        return result
    }

    /// Constants whose use a rule may have ended.
    private var orphanCandidates: Set<ValueID> = []

    mutating func append(_ node: Node) { nodes.append(node) }

    // MARK: What rules need to know

    func elementType(_ id: ValueID?, of node: Node) throws -> ElementType {
        guard let id, let type = graph[id].type?.elementType else {
            throw GraphError(
                .unsupportedArgument, "the element type of an input isn't known, the conversion needs it",
                node: node.label, hint: "run shape inference first")
        }
        return type
    }

    func rank(_ id: ValueID?, of node: Node) throws -> Int {
        guard let id, let rank = graph[id].type?.dimensions?.count else {
            throw GraphError(
                .unsupportedArgument, "the rank of an input isn't known, the conversion needs it", node: node.label,
                hint: "run shape inference first")
        }
        return rank
    }

    /// The integers of a constant input; `nil` where the input is left out.
    mutating func integers(_ position: Int, of node: Node) throws -> [Int64]? {
        guard let tensor = try constant(position, of: node) else { return nil }
        if tensor.elementType == .int32 { return try tensor.array(of: Int32.self).map(Int64.init) }
        return try tensor.array(of: Int64.self)
    }

    /// A constant input; `nil` where it is left out.
    mutating func constant(_ position: Int, of node: Node) throws -> Tensor? {
        guard let id = node.inputs[checked: position] ?? nil else { return nil }
        guard let tensor = known[id] else {
            throw GraphError(
                .unsupportedArgument, "input \(position) must be constant to become an attribute", node: node.label)
        }
        if graph.initializers[id] == nil { orphanCandidates.insert(id) }
        return tensor
    }

    // MARK: Making nodes

    /// A `Constant` node, one for each `key`.
    mutating func constant(_ key: String, _ tensor: Tensor) -> ValueID {
        let key = key + "/" + tensor.elementType.name
        if let id = constants[key] { return id }
        let id = graph.addValue(
            "constants/" + key, type: .tensor(tensor.elementType, tensor.shape.map { .size(Int64($0)) }))
        nodes.append(
            Node(
                OperatorName("Constant"), name: "/" + graph[id].name, inputs: [], outputs: [id],
                attributes: [Attribute("value", .tensor(TensorRecord(tensor)))]))
        constants[key] = id
        return id
    }

    /// A constant vector of integers.
    mutating func integers(_ values: [Int64]) throws -> ValueID {
        let key = values.map(String.init).joined(separator: "_")
        return constant("ints_" + key, try Tensor(values, shape: [values.count]))
    }

    /// A step on the way from `node`'s inputs to its output.
    mutating func step(
        _ type: String, _ inputs: [ValueID?], attributes: [Attribute] = [], of node: Node,
        type valueType: ValueType? = nil
    ) -> ValueID {
        let base = node.label.hasPrefix("/") ? String(node.label.dropFirst()) : node.label
        let inferred = valueType ?? node.inputs.first.flatMap { $0 }.flatMap { graph[$0].type }
        let id = graph.addValue(base + "/" + type, type: inferred)
        var made = Node(
            OperatorName(type), name: "/" + graph[id].name, inputs: inputs, outputs: [id], attributes: attributes)
        made.metadata = node.metadata.filter { $0.key == MetadataKey.module }
        nodes.append(made)
        return id
    }

    /// The last step: it has `node`'s name, output and metadata.
    mutating func finish(_ type: String, _ inputs: [ValueID?], attributes: [Attribute] = [], of node: Node) {
        var made = node
        made.op = OperatorName(type)
        made.inputs = inputs
        made.outputs = Array(node.outputs.prefix(1))
        made.attributes = attributes
        nodes.append(made)
    }

    // MARK: Nodes without a rule

    /// Appends a node that means the same under both schemas.
    /// - Throws: `op.unsupported-argument` where it doesn't.
    mutating func carry(_ node: Node, from source: OperatorSchema, to target: OperatorSchema) throws {
        var node = node
        func refuse(_ problem: String, _ argument: String? = nil) -> GraphError {
            GraphError(
                .unsupportedArgument,
                "\(problem) in '\(node.op.type)' of opset \(target.since), coming from \(source.since)",
                node: node.label, argument: argument)
        }
        for attribute in node.attributes where target.attribute(attribute.name) == nil {
            guard let rule = source.attribute(attribute.name), let standard = rule.defaultValue,
                standard.isSame(attribute.value)
            else { throw refuse("there is no such attribute", attribute.name) }
            node.attributes.removeAll { $0.name == attribute.name }
        }
        for rule in source.attributes where node.attribute(rule.name) == nil {
            guard let standard = rule.defaultValue, let other = target.attribute(rule.name)?.defaultValue,
                !standard.isSame(other)
            else { continue }
            node.attributes.append(Attribute(rule.name, standard))
        }
        for rule in target.attributes where rule.isRequired && node.attribute(rule.name) == nil {
            throw refuse("the attribute is required", rule.name)
        }
        while node.inputs.last == .some(nil) { node.inputs.removeLast() }
        guard target.inputCounts.contains(node.inputs.count) else {
            throw refuse("\(node.inputs.count) inputs don't fit")
        }
        let outputs = node.outputs.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0
        guard target.outputCounts.upperBound >= outputs else { throw refuse("\(outputs) outputs don't fit") }
        for (ids, old, new) in [
            (node.inputs, source.inputs, target.inputs), (node.outputs, source.outputs, target.outputs),
        ] {
            for (position, id) in ids.enumerated() {
                guard let id, let parameter = OperatorSchema.parameter(new, at: position) else { continue }
                let before = OperatorSchema.parameter(old, at: position)
                let type = graph[id].type?.elementType
                if let type, !target.allowedTypes(parameter).contains(type.schemaName),
                    before.map({ source.allowedTypes($0).contains(type.schemaName) }) ?? true
                {
                    throw refuse("\(type.name) isn't allowed", parameter.name)
                }
            }
        }
        append(node)
    }

    /// Older operators count axes from the front alone.
    mutating func makeAxesPositive(_ node: inout Node) throws {
        for index in node.attributes.indices {
            switch (node.attributes[index].name, node.attributes[index].value) {
            case ("axis", .int(let axis)) where axis < 0:
                let rank = Int64(try self.rank(node.inputs.first ?? nil, of: node))
                node.attributes[index].value = .int(try Self.positive(axis, rank: rank, of: node))
            case ("axes", .ints(let axes)) where axes.contains { $0 < 0 }:
                let extra = node.op.type == "Unsqueeze" ? Int64(axes.count) : 0
                let rank = Int64(try self.rank(node.inputs.first ?? nil, of: node)) + extra
                node.attributes[index].value = .ints(try axes.map { try Self.positive($0, rank: rank, of: node) })
            default: break
            }
        }
    }

    /// The axis counted from the front.
    static func positive(_ axis: Int64, rank: Int64, of node: Node) throws -> Int64 {
        guard axis >= -rank, axis < rank || axis == 0 else {
            throw GraphError(.argument, "axis \(axis) of \(rank)", node: node.label, argument: "axis")
        }
        return axis < 0 ? axis + rank : axis
    }
}

extension Optional {
    fileprivate func map(_ body: (Wrapped) -> Bool, default value: Bool) -> Bool { map(body) ?? value }
}

extension AttributeValue {
    /// Whether two simple attributes say the same. Tensors and graphs never do.
    func isSame(_ other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.ints(let a), .ints(let b)): a == b
        case (.floats(let a), .floats(let b)): a == b
        default: false
        }
    }
}

extension ElementType {
    /// The type as ONNX's schemas write it.
    var schemaName: String {
        switch self {
        case .float32: "tensor(float)"
        case .float64: "tensor(double)"
        default: "tensor(\(name))"
        }
    }
}
