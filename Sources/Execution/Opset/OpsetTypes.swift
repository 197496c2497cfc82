import GraphIR
import Operators

/// The model with the types of its values filled in as far as they follow from the operators. They are for the rules to
/// look at; what the file declares stays as it is, and no more is written than the file says.
func inferredTypes(of model: Model) -> Model {
    var result = model
    var inference = OpsetTypeInference(model: model)
    inference.infer(&result.graph, outer: [:], depth: 0, opsets: model.opsetImports)
    for (index, types) in inference.callTypes {
        guard let types else { continue }
        var body = result.functions[index].body
        for (id, type) in zip(body.inputs, types) where body[id].type == nil { body[id].type = type }
        inference.infer(&body, outer: [:], depth: 0, opsets: result.functions[index].opsetImports)
        result.functions[index].body = body
    }
    return result
}

/// What follows for the outputs of a node: by the operator's own rule, and by the type letters of the schema.
func inferredOutputs(
    of node: Node, _ schema: OperatorSchema, opset: Int64, inputs: [InferredValue?]
) -> [InferredValue] {
    var found = [InferredValue](repeating: InferredValue(), count: node.outputs.count)
    if let rule = OperatorRegistry.standard[node.op]?.infer,
        let binding = try? Binding(node, schema: schema, opset: opset, computesInDouble: false)
    {
        var inference = Inference(binding: binding, inputs: inputs) { attribute, _ in
            guard case .graph(let body)? = node.attribute(attribute) else { return [] }
            return body.outputs.map { InferredValue(type: body[$0].type) }
        }
        if (try? rule.apply(&inference)) != nil { found = inference.outputs }
    }
    for position in node.outputs.indices {
        guard found.indices.contains(position), let formal = OperatorSchema.parameter(schema.outputs, at: position)
        else { continue }
        if let type = found[position].type {
            guard case .tensor(let number, let shape) = type.kind, ElementType(rawValue: number) == nil else { continue }
            if let element = elementType(of: node, formal, schema, inputs) {
                found[position].type = ValueType(.tensor(elementType: element.rawValue, shape: shape))
            } else {
                found[position].type = nil
            }
        } else if let element = elementType(of: node, formal, schema, inputs) {
            found[position].type = .tensor(element, nil)
        } else {
            found[position].type = bodyType(of: node, position)
        }
    }
    return found
}

/// The element type that an output has by the schema, or by the attribute that says it.
private func elementType(
    of node: Node, _ formal: OperatorSchema.Parameter, _ schema: OperatorSchema, _ inputs: [InferredValue?]
) -> ElementType? {
    for (position, input) in inputs.enumerated() {
        if case .variadic(_, uniform: false) = formal.arity { break }
        guard let type = input?.type?.elementType,
            let other = OperatorSchema.parameter(schema.inputs, at: position), other.type == formal.type
        else { continue }
        return type
    }
    let allowed = schema.allowedTypes(formal)
    if allowed.count == 1, let only = allowed.first {
        return ElementType.allCases.first { $0.schemaName == only }
    }
    for name in ["to", "dtype", "output_dtype"] {
        if case .int(let number)? = node.attribute(name), let small = Int32(exactly: number) {
            return ElementType(rawValue: small)
        }
    }
    switch node.op.type {
    case "Constant": return node.constantTensor?.elementType
    case "ConstantOfShape":
        if case .tensor(let record)? = node.attribute("value") { return record.tensor.elementType }
        return .float32
    default: return nil
    }
}

/// The type of a result of If, Loop or Scan without its shape, which may differ from one run of the body to the next.
private func bodyType(of node: Node, _ position: Int) -> ValueType? {
    guard let body = node.bodies.first, ["If", "Loop", "Scan"].contains(node.op.type) else { return nil }
    let skipped = node.op.type == "Loop" ? 1 : 0
    guard let id = body.outputs[checked: position + skipped], let type = body[id].type else { return nil }
    return type.elementType.map { .tensor($0, nil) } ?? type
}

/// Fills in types, graph by graph.
private struct OpsetTypeInference {
    let model: Model
    /// By the index of the function: the types that all calls give it, or `nil` where they differ.
    var callTypes: [Int: [ValueType?]?] = [:]

    mutating func infer(_ graph: inout Graph, outer: [ExactName: InferredValue], depth: Int, opsets: [OpsetImport]) {
        guard depth < OpsetConversion.depthLimit else { return }
        var known: [ValueID: InferredValue] = [:]
        for (id, record) in graph.initializers {
            let tensor = record.tensor
            let type = ValueType.tensor(tensor.elementType, tensor.shape.map { .size(Int64($0)) })
            known[id] = InferredValue(type: type, constant: graph.inputs.contains(id) ? nil : tensor)
            if graph[id].type == nil { graph[id].type = type }
        }
        func fact(_ id: ValueID) -> InferredValue? {
            if let found = known[id] { return found }
            if let type = graph[id].type { return InferredValue(type: type) }
            return outer[ExactName(graph[id].name)]
        }
        var visible = outer
        for id in graph.inputs { visible[ExactName(graph[id].name)] = fact(id) }
        for (id, _) in known { visible[ExactName(graph[id].name)] = known[id] }
        for index in graph.nodes.indices {
            var node = graph.nodes[index]
            // Values of enclosing graphs get their types here too.
            for case let id? in node.inputs where graph[id].type == nil { graph[id].type = fact(id)?.type }
            for position in node.attributes.indices {
                switch node.attributes[position].value {
                case .graph(var body):
                    infer(&body, outer: visible, depth: depth + 1, opsets: opsets)
                    node.attributes[position].value = .graph(body)
                case .graphs(let bodies):
                    node.attributes[position].value = .graphs(
                        bodies.map { body in
                            var body = body
                            infer(&body, outer: visible, depth: depth + 1, opsets: opsets)
                            return body
                        })
                default: break
                }
            }
            graph.nodes[index] = node
            note(node, graph)
            let opset = opsets.first {
                ($0.domain == "ai.onnx" ? "" : $0.domain ?? "") == node.op.canonicalDomain
            }?.version
            let name = OperatorName(node.op.type, domain: node.op.canonicalDomain)
            guard let opset, let schema = OperatorTable.schema(for: name, opset: opset) else { continue }
            let inputs = node.inputs.map { $0.flatMap(fact) }
            for (id, var found) in zip(node.outputs, inferredOutputs(of: node, schema, opset: opset, inputs: inputs)) {
                guard let id else { continue }
                if let declared = graph[id].type, declared.elementType == nil || declared.dimensions != nil {
                    found.type = declared
                } else if found.type == nil {
                    found.type = graph[id].type
                }
                if name == OperatorName("Constant") { found.constant = node.constantTensor }
                graph[id].type = found.type
                known[id] = found
                visible[ExactName(graph[id].name)] = found
            }
        }
    }

    /// Notes what types a call gives a function of the model.
    private mutating func note(_ node: Node, _ graph: Graph) {
        guard
            let index = model.functions.firstIndex(where: {
                $0.name.type == node.op.type && $0.name.canonicalDomain == node.op.canonicalDomain
                    && $0.name.overload == node.op.overload
            })
        else { return }
        let types = node.inputs.map { $0.flatMap { graph[$0].type } }
        if let known = callTypes[index], known != types {
            callTypes[index] = .some(nil)
        } else {
            callTypes[index] = types
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

    /// Whether results of the type are computed in float32 and rounded.
    var isNarrowFloat: Bool { self == .float16 || self == .bfloat16 }

    var isFloat8: Bool {
        switch self {
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0: true
        default: false
        }
    }
}

extension ValueType {
    /// The type as ONNX's schemas write it; `nil` where it isn't known in full.
    var schemaName: String? {
        switch kind {
        case .tensor(let number, _): ElementType(rawValue: number)?.schemaName
        case .sparseTensor(let number, _): ElementType(rawValue: number).map { "sparse_\($0.schemaName)" }
        case .sequence(let item): item?.schemaName.map { "seq(\($0))" }
        case .optional(let item): item?.schemaName.map { "optional(\($0))" }
        case .map(let key, let value):
            if let key = ElementType(rawValue: key), let value = value?.elementType {
                "map(\(key.shortName),\(value.shortName))"
            } else {
                nil
            }
        case .opaque, nil: nil
        }
    }
}

extension ElementType {
    /// The name within a map's type.
    fileprivate var shortName: String { String(schemaName.dropFirst("tensor(".count).dropLast()) }
}

extension Node {
    /// What a Constant node holds, where it holds a dense tensor.
    var constantTensor: Tensor? {
        guard let first = attributes.first else { return nil }
        switch (first.name, first.value) {
        case ("value", .tensor(let record)): return record.tensor
        case ("value_int", .int(let value)): return try? Tensor(scalar: value)
        case ("value_ints", .ints(let values)): return try? Tensor(values, shape: [values.count])
        case ("value_float", .float(let value)): return try? Tensor(scalar: value)
        case ("value_floats", .floats(let values)): return try? Tensor(values, shape: [values.count])
        case ("value_string", .string(let value)): return try? Tensor(strings: [value], shape: [])
        case ("value_strings", .strings(let values)): return try? Tensor(strings: values, shape: [values.count])
        default: return nil
        }
    }
}
