import GraphIR
import Operators

/// A graph whose nodes are being replaced one by one, by nodes of another version of the operator set.
final class OpsetRewriter {
    let conversion: OpsetConversion
    /// The operator set of the nodes that are made.
    let opset: Int64
    /// The operator set of the nodes that are replaced.
    private let source: Int64
    /// The rewriter of the enclosing graph.
    private let outer: OpsetRewriter?
    private(set) var graph: Graph
    private var nodes: [Node] = []
    /// The node that is being replaced.
    private var node = Node(OperatorName(""), inputs: [], outputs: [])
    /// Constants made here, by what they hold.
    private var made: [String: ValueID] = [:]
    /// Constants by value, for rules that turn an input into an attribute.
    private var known: [ValueID: Tensor] = [:]
    /// Constants whose use a rule may have ended.
    private var orphanCandidates: Set<ValueID> = []

    /// - Parameter source: the operator set that the nodes come from.
    init(_ graph: Graph, conversion: OpsetConversion, opset: Int64, source: Int64, outer: OpsetRewriter?) {
        self.graph = graph
        self.conversion = conversion
        self.opset = opset
        self.source = source
        self.outer = outer
        for (id, record) in graph.initializers where !graph.inputs.contains(id) { known[id] = record.tensor }
        for node in graph.nodes { learn(node) }
    }

    private func learn(_ node: Node) {
        guard node.op == OperatorName("Constant"), let id = node.outputs.first ?? nil,
            let tensor = node.constantTensor
        else { return }
        known[id] = tensor
    }

    /// From now on, `node` is the one that is replaced.
    func begin(_ node: Node) { self.node = node }

    /// A rewriter for a graph within a node that is made.
    func within(_ body: Graph) -> OpsetRewriter {
        let inner = OpsetRewriter(body, conversion: conversion, opset: opset, source: source, outer: self)
        inner.begin(node)
        return inner
    }

    /// The graph that was made for a node, with these outputs.
    func finished(outputs: [ValueID]) -> Graph {
        var result = finished()
        result.outputs = outputs
        return result
    }

    /// The graph with its new nodes, without the constants that no one uses any more.
    func finished() -> Graph {
        var result = graph
        let dropped = orphanCandidates.subtracting(usedValues())
        result.nodes = nodes.filter { node in
            guard let first = node.outputs.first ?? nil else { return true }
            return !dropped.contains(first)
        }
        for id in dropped { result.valueInfo.remove(id) }
        return result
    }

    /// The values that a node, a graph in a node, or the graph's result uses.
    private func usedValues() -> Set<ValueID> {
        var used = Set(graph.outputs)
        var inner: [Graph] = []
        for node in nodes {
            used.formUnion(node.inputs.compactMap { $0 })
            inner += node.bodies
        }
        while let body = inner.popLast() {
            used.formUnion(body.values.compactMap { graph.id(named: $0.name) })
            inner += body.nodes.flatMap(\.bodies)
        }
        return used
    }

    /// An error about the node that is being replaced: it is valid, but has no exact form.
    func refusal(_ problem: String, _ argument: String? = nil, hint: String? = nil) -> GraphError {
        GraphError(.unsupportedArgument, problem, node: node.label, argument: argument, hint: hint)
    }

    // MARK: What rules need to know

    func type(_ id: ValueID?) -> ValueType? {
        guard let id else { return nil }
        return graph[id].type ?? outer?.type(named: graph[id].name)
    }

    private func type(named name: String) -> ValueType? {
        if let id = graph.id(named: name), let type = graph[id].type { return type }
        return outer?.type(named: name)
    }

    private static let typeHint = "declare it: as the type of the model's input, or under value_info"

    private func name(_ id: ValueID?) -> String { id.map { "\"\(graph[$0].name)\"" } ?? "an input" }

    func elementType(_ id: ValueID?) throws -> ElementType {
        guard let type = type(id)?.elementType else {
            throw refusal("the element type of \(name(id)) isn't known, the conversion needs it", hint: Self.typeHint)
        }
        return type
    }

    func shape(_ id: ValueID?) -> [Dimension]? { type(id)?.dimensions }

    func rank(_ id: ValueID?) throws -> Int {
        guard let rank = shape(id)?.count else {
            throw refusal("the rank of \(name(id)) isn't known, the conversion needs it", hint: Self.typeHint)
        }
        return rank
    }

    /// The sizes of all dimensions where all are known.
    func sizes(_ id: ValueID?) -> [Int64]? {
        guard let shape = shape(id) else { return nil }
        let sizes = shape.compactMap { if case .size(let size) = $0 { size } else { nil } }
        return sizes.count == shape.count ? sizes : nil
    }

    /// The axis counted from the front.
    func positive(_ axis: Int64, rank: Int) throws -> Int64 {
        let rank = Int64(rank)
        guard axis >= -rank, axis < max(rank, 1) else {
            throw GraphError(.argument, "axis \(axis) of \(rank)", node: node.label, argument: "axis")
        }
        return axis < 0 ? axis + rank : axis
    }

    /// The value where it is a constant, here or in an enclosing graph.
    func constant(_ id: ValueID?) -> Tensor? {
        guard let id else { return nil }
        if let tensor = known[id] {
            if graph.initializers[id] == nil { orphanCandidates.insert(id) }
            return tensor
        }
        return outer?.constant(outer?.graph.id(named: graph[id].name))
    }

    /// A constant input of the node; `nil` where it is left out.
    /// - Throws: where it isn't constant.
    func constantInput(_ position: Int, _ name: String) throws -> Tensor? {
        guard let id = node.input(position) else { return nil }
        guard let tensor = constant(id) else {
            throw refusal("the input must be constant to become an attribute", name)
        }
        return tensor
    }

    /// The integers of a constant input; `nil` where the input is left out.
    func integers(_ position: Int, _ name: String) throws -> [Int64]? {
        try constantInput(position, name)?.integers()
    }

    // MARK: Nodes

    /// Appends a node as it is.
    func keep(_ node: Node) { nodes.append(node) }

    /// Appends a node that must fit the operator set, if need be on values of a wider type.
    /// - Throws: `op.unsupported` or `op.unsupported-argument` where it doesn't.
    func append(_ node: Node) throws {
        var node = node
        while node.inputs.last == .some(nil) { node.inputs.removeLast() }
        let schema = try schema(of: node)
        do {
            try check(node, against: schema, wasAllowed: { _, _ in false })
        } catch let refused as OpsetTypeRefusal {
            guard try carryThroughWiderType(node, schema) else { throw refused.error }
            return
        }
        infer(&node, schema)
        learn(node)
        nodes.append(node)
    }

    private func schema(of node: Node) throws -> OperatorSchema {
        let name = OperatorName(node.op.type, domain: node.op.canonicalDomain)
        guard let schema = OperatorTable.schema(for: name, opset: opset) else {
            throw GraphError(
                .unsupportedOperator, "'\(self.node.op)' has no exact form in opset \(opset)", node: self.node.label)
        }
        return schema
    }

    /// Types of outputs that aren't known yet.
    private func infer(_ node: inout Node, _ schema: OperatorSchema) {
        guard node.outputs.contains(where: { $0.map { graph[$0].type?.dimensions == nil } ?? false }) else { return }
        let inputs = node.inputs.map { id in
            id.map { InferredValue(type: type($0), constant: known[$0]) }
        }
        for (id, found) in zip(node.outputs, inferredOutputs(of: node, schema, opset: opset, inputs: inputs)) {
            guard let id, let type = found.type else { continue }
            if graph[id].type == nil || (graph[id].type?.dimensions == nil && type.dimensions != nil) {
                graph[id].type = type
            }
        }
    }

    /// - Parameter wasAllowed: whether the form that the node comes from takes the type there.
    private func check(
        _ node: Node, against schema: OperatorSchema, wasAllowed: (_ isInput: Bool, _ position: Int) -> Bool
    ) throws {
        func refuse(_ problem: String, _ argument: String? = nil) -> GraphError {
            refusal("\(problem) in '\(node.op.type)' of opset \(schema.since)", argument)
        }
        for attribute in node.attributes {
            guard let rule = schema.attribute(attribute.name) else {
                throw refuse("there is no such attribute", attribute.name)
            }
            if let kind = AttributeKind(attribute.value), kind != rule.kind {
                throw refuse("the attribute is of kind \(kind.rawValue), wanted is \(rule.kind.rawValue)", rule.name)
            }
        }
        for rule in schema.attributes where rule.isRequired && node.attribute(rule.name) == nil {
            throw refuse("the attribute is required", rule.name)
        }
        guard schema.inputCounts.contains(node.inputs.count) else {
            throw refuse("\(node.inputs.count) inputs don't fit")
        }
        for (position, id) in node.inputs.enumerated() where id == nil {
            if let formal = schema.inputs[checked: position], formal.arity == .single {
                throw refuse("the input is required", formal.name)
            }
        }
        let outputs = node.outputs.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0
        guard schema.outputCounts.upperBound >= outputs else { throw refuse("\(outputs) outputs don't fit") }
        var bound: [String: String] = [:]
        for (isInput, ids, formals) in [(true, node.inputs, schema.inputs), (false, node.outputs, schema.outputs)] {
            for (position, id) in ids.enumerated() {
                guard let id, let formal = OperatorSchema.parameter(formals, at: position),
                    let name = type(id)?.schemaName
                else { continue }
                if !schema.allowedTypes(formal).contains(name), !wasAllowed(isInput, position) {
                    throw OpsetTypeRefusal(error: refuse("\(name) isn't allowed", formal.name))
                }
                if case .variadic(_, uniform: false) = formal.arity { continue }
                guard schema.types[formal.type] != nil else { continue }
                if let other = bound.updateValue(name, forKey: formal.type), other != name {
                    throw refuse("\(other) and \(name) together aren't allowed", formal.name)
                }
            }
        }
    }

    /// Appends a node that means the same under both schemas, without attributes that say nothing.
    /// - Throws: `op.unsupported-argument` where it doesn't mean the same.
    func carry(_ node: Node, from source: OperatorSchema, to target: OperatorSchema) throws {
        var node = node
        for attribute in node.attributes where target.attribute(attribute.name) == nil {
            let standard = source.attribute(attribute.name)?.defaultValue
            guard standard?.isSame(attribute.value) ?? false || saysNothing(attribute, in: node) else {
                throw refusal(
                    "there is no such attribute in '\(node.op.type)' of opset \(target.since), coming from "
                        + "\(source.since)", attribute.name)
            }
            node.attributes.removeAll { $0.name == attribute.name }
        }
        for rule in source.attributes where node.attribute(rule.name) == nil {
            guard let standard = rule.defaultValue, let formal = target.attribute(rule.name) else { continue }
            if let other = formal.defaultValue, standard.isSame(other) { continue }
            node.attributes.append(Attribute(rule.name, standard))
        }
        while node.inputs.last == .some(nil) { node.inputs.removeLast() }
        do {
            try check(node, against: target) { isInput, position in
                let (ids, formals) = isInput ? (node.inputs, source.inputs) : (node.outputs, source.outputs)
                guard let formal = OperatorSchema.parameter(formals, at: position),
                    let name = type(ids[checked: position] ?? nil)?.schemaName
                else { return false }
                // What is wrong before and after is not the conversion's doing.
                return !source.allowedTypes(formal).contains(name)
            }
        } catch let refused as OpsetTypeRefusal {
            guard try carryThroughWiderType(node, target) else { throw refused.error }
            return
        }
        infer(&node, target)
        keep(node)
    }

    /// Appends a node that means the same in both operator sets, without attributes that a rule knows to say nothing.
    func carry(_ node: Node, inputs: [ValueID?]? = nil, without names: String...) throws {
        var node = node
        if let inputs { node.inputs = inputs }
        node.attributes.removeAll { names.contains($0.name) }
        let name = OperatorName(node.op.type, domain: node.op.canonicalDomain)
        guard let old = OperatorTable.schema(for: name, opset: source),
            let new = OperatorTable.schema(for: name, opset: opset)
        else {
            throw GraphError(.unsupportedOperator, "'\(node.op)' is not in both opset \(source) and \(opset)")
        }
        try carry(node, from: old, to: new)
    }

    /// Whether leaving the attribute out changes nothing, although it isn't the default.
    private func saysNothing(_ attribute: Attribute, in node: Node) -> Bool {
        switch (attribute.name, attribute.value) {
        case ("consumed_inputs", _): return true
        case ("dilations", .ints(let values)): return values.allSatisfy { $0 == 1 }
        case ("saturate", _), ("round_mode", _):
            // These speak of the eight-bit floats alone, `round_mode` of one of them.
            let made = type(node.outputs.first ?? nil)?.elementType
            guard let made else { return false }
            return attribute.name == "round_mode" ? made != .float8e8m0 : !made.isFloat8
        default: return false
        }
    }

    // MARK: Making nodes

    /// A node made on the way from the node's inputs to its outputs; its first output.
    @discardableResult
    func callAsFunction(
        _ type: String, _ inputs: ValueID?..., with attributes: Attribute..., as valueType: ValueType? = nil
    ) throws -> ValueID {
        try step(type, inputs, attributes, as: valueType)
    }

    /// A node made on the way from the node's inputs to its outputs; its first output.
    func step(
        _ type: String, _ inputs: [ValueID?], _ attributes: [Attribute] = [], as valueType: ValueType? = nil
    ) throws -> ValueID {
        let base = node.label.hasPrefix("/") ? String(node.label.dropFirst()) : node.label
        let id = newValue(base + "/" + type, type: valueType)
        try step(type, inputs, attributes, outputs: [id])
        return id
    }

    /// A node made on the way, of these outputs.
    func step(_ type: String, _ inputs: [ValueID?], _ attributes: [Attribute], outputs: [ValueID?]) throws {
        let name = outputs.compactMap { $0 }.first.map { "/" + graph[$0].name } ?? ""
        var step = Node(
            OperatorName(type, domain: node.op.domain), name: name, inputs: inputs, outputs: outputs,
            attributes: attributes)
        step.metadata = node.metadata.filter { $0.key == MetadataKey.module }
        try append(step)
    }

    /// A value of a name that no other has.
    func newValue(_ name: String, type: ValueType? = nil) -> ValueID {
        graph.addValue(conversion.unusedName(name), type: type)
    }

    /// The last step to an output of the node, with its name and metadata.
    func finish(
        _ type: String, _ inputs: ValueID?..., with attributes: Attribute..., output: Int = 0
    ) throws {
        try finish(type, inputs, attributes, output: output)
    }

    /// The last step to an output of the node, with its name and metadata. Nothing where the output isn't wanted.
    func finish(_ type: String, _ inputs: [ValueID?], _ attributes: [Attribute] = [], output: Int = 0) throws {
        guard let id = node.outputs[checked: output] ?? nil else { return }
        var last = node
        last.op.type = type
        last.inputs = inputs
        last.outputs = [id]
        last.attributes = attributes
        if output > 0 {
            last.name = "/" + graph[id].name
            last.metadata = node.metadata.filter { $0.key == MetadataKey.module }
        }
        try append(last)
    }

    /// The node itself with other inputs or attributes.
    func replace(inputs: [ValueID?]? = nil, attributes: [Attribute]? = nil, outputs: [ValueID?]? = nil) throws {
        var changed = node
        if let inputs { changed.inputs = inputs }
        if let attributes { changed.attributes = attributes }
        if let outputs { changed.outputs = outputs }
        try append(changed)
    }

    /// Whether the node's output is wanted.
    func wants(_ output: Int) -> Bool { (node.outputs[checked: output] ?? nil) != nil }

    /// A constant, made once for each `key`.
    /// - Parameter decimal: the number that a scalar is meant as, where it is a short decimal: a run in float64 then takes
    ///   it as that, as it does with attributes.
    func constant(_ key: String, _ tensor: Tensor, decimal: Float? = nil) throws -> ValueID {
        let key = key + "/" + tensor.elementType.name
        if let id = made[key] { return id }
        let type = ValueType.tensor(tensor.elementType, tensor.shape.map { .size(Int64($0)) })
        let id = newValue("constants/" + key, type: type)
        if opset < 9, !tensor.elementType.isFloatingPoint {
            // Constant held floats alone.
            if conversion.isInFunction { throw refusal("a function can't hold integers before opset 9") }
            graph.initializers[id] = TensorRecord(tensor, name: graph[id].name)
            known[id] = tensor
        } else {
            try append(
                Node(
                    OperatorName("Constant"), name: "/" + graph[id].name, inputs: [], outputs: [id],
                    attributes: [
                        decimal.map { Attribute("value_float", .float($0)) }
                            ?? Attribute("value", .tensor(TensorRecord(tensor)))
                    ]))
        }
        made[key] = id
        return id
    }

    /// Keeps a constant as an initializer, under the name of the value that it is.
    func addInitializer(_ tensor: Tensor, for id: ValueID) throws {
        if conversion.isInFunction { throw refusal("a function can't hold integers before opset 9") }
        graph.initializers[id] = TensorRecord(tensor, name: graph[id].name)
    }
}

/// A type that the other version doesn't take.
struct OpsetTypeRefusal: Error {
    let error: GraphError
}
