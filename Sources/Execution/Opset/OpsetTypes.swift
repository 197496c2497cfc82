import GraphIR
import Operators

/// The model with the types of its values filled in as far as they follow from the operators. They are for the rules to
/// look at; what the file declares stays as it is, and no more is written than the file says.
func inferredTypes(of model: Model) -> Model {
    var result = model
    copyTypes(from: inferShapes(model).model.graph, to: &result.graph)
    // A function's types are those that its calls give it, where all of them give the same. Functions call functions:
    // in each round, one more level is known.
    var known: [Int: [ValueType?]] = [:]
    for _ in model.functions.indices {
        let given = callTypes(in: result).filter { known[$0.key] != $0.value }
        if given.isEmpty { break }
        for (index, types) in given {
            known[index] = types
            let function = model.functions[index]
            var body = Model(graph: function.body, irVersion: model.irVersion, opsetImports: function.opsetImports)
            body.functions = model.functions
            for (id, type) in zip(function.body.inputs, types) where body.graph[id].type == nil {
                body.graph[id].type = type
            }
            result.functions[index].body = function.body
            copyTypes(from: inferShapes(body).model.graph, to: &result.functions[index].body)
        }
    }
    return result
}

/// Fills in the types that `graph` lacks; values that the file declares keep what it says.
private func copyTypes(from inferred: Graph, to graph: inout Graph, depth: Int = 0) {
    guard depth < OpsetConversion.depthLimit else { return }
    for index in graph.values.indices {
        let id = ValueID(index)
        guard let type = inferred.values[checked: index]?.type else { continue }
        let own = graph[id].type
        if own == nil
            || (own?.dimensions == nil && own?.elementType != nil && !graph.valueInfo.contains(id)
                && !graph.inputs.contains(id) && !graph.outputs.contains(id))
        {
            graph[id].type = type
        }
    }
    for (index, node) in inferred.nodes.enumerated() where graph.nodes.indices.contains(index) {
        for (position, attribute) in node.attributes.enumerated()
        where graph.nodes[index].attributes.indices.contains(position) {
            switch (attribute.value, graph.nodes[index].attributes[position].value) {
            case (.graph(let source), .graph(var inner)):
                copyTypes(from: source, to: &inner, depth: depth + 1)
                graph.nodes[index].attributes[position].value = .graph(inner)
            case (.graphs(let sources), .graphs(var inner)):
                for (at, source) in sources.enumerated() where inner.indices.contains(at) {
                    copyTypes(from: source, to: &inner[at], depth: depth + 1)
                }
                graph.nodes[index].attributes[position].value = .graphs(inner)
            default: break
            }
        }
    }
}

/// By the index of a function: the types that all its calls give it.
private func callTypes(in model: Model) -> [Int: [ValueType?]] {
    var found: [Int: [ValueType?]] = [:]
    var differing: Set<Int> = []
    var graphs = [model.graph] + model.functions.map(\.body)
    let indices = Dictionary(
        model.functions.enumerated().map { (functionKey($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    while let graph = graphs.popLast() {
        for node in graph.nodes {
            graphs += node.bodies
            guard let index = indices[functionKey(node.op)] else { continue }
            let types = node.inputs.map { $0.flatMap { graph[$0].type } }
            if let other = found.updateValue(types, forKey: index), other != types { differing.insert(index) }
        }
    }
    return found.filter { !differing.contains($0.key) }
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
            guard case .tensor(let number, let shape) = type.kind, ElementType(rawValue: number) == nil else {
                continue
            }
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
