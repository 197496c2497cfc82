import GraphIR
import Operators

/// The same model in another version of an operator set.
///
/// Version after version, each node whose operator changed is rewritten by the rule for that change (``OpsetRule``); a
/// node that means the same under both versions stays. Rewriting is exact: what has no exact form is refused. Bodies of
/// control flow and the model's own functions are converted with it. Constants that a rewrite needs are `Constant`
/// nodes, so that initializers stay the weights. The IR version becomes the lowest that the operator set and the types
/// in the model allow.
///
/// - Parameter domain: the operator set: ONNX's own, or `ai.onnx.ml`.
/// - Throws: `op.unsupported` or `op.unsupported-argument`, naming every node that has no exact form; `usage` where
///   `version` is not one of ``Model/supportedOpsets``; `limit.depth` for subgraphs nested beyond any use.
public func convertOpset(_ model: Model, to version: Int64, domain: String = "") throws -> Model {
    let supported = domain == OpsetRule.machineLearning ? Model.supportedMLOpsets : Model.supportedOpsets
    guard supported.contains(version), domain.isEmpty || domain == OpsetRule.machineLearning else {
        throw FormatError(
            .usage, "opset \(version)\(domain.isEmpty ? "" : " of \(domain)") can't be written",
            hint: "choose from \(supported.lowerBound) to \(supported.upperBound)")
    }
    guard let current = model.opsetVersion(of: domain) else { return model }
    var result = model
    if current != version {
        let conversion = OpsetConversion(model, domain: domain, target: version)
        result = inferredTypes(of: model)
        try conversion.convert(&result.graph, from: current)
        for index in result.functions.indices { try conversion.convert(&result.functions[index]) }
        for index in result.trainingInfo.indices { try conversion.convert(&result.trainingInfo[index], from: current) }
        try conversion.throwFaults()
        for index in result.opsetImports.indices where conversion.owns(result.opsetImports[index].domain) {
            result.opsetImports[index].version = version
        }
    } else {
        for function in model.functions where function.opsetImports.contains(where: { $0.version != version }) {
            let conversion = OpsetConversion(model, domain: domain, target: version)
            for index in result.functions.indices { try conversion.convert(&result.functions[index]) }
            try conversion.throwFaults()
            break
        }
    }
    result.irVersion = lowestIRVersion(of: result)
    return result
}

/// The lowest IR version that has all that the model uses.
private func lowestIRVersion(of model: Model) -> Int64 {
    var needed = Model.lowestIRVersion(forOpset: model.opsetVersion() ?? 1)
    if !model.functions.isEmpty { needed = max(needed, 8) }
    if !model.deviceConfigurations.isEmpty { needed = max(needed, 11) }
    var graphs = [model.graph] + model.functions.map(\.body)
    while let graph = graphs.popLast() {
        // Before version 4 every initializer was an input too.
        if graph.initializers.keys.contains(where: { !graph.inputs.contains($0) }) { needed = max(needed, 4) }
        if !graph.sparseInitializers.isEmpty { needed = max(needed, 6) }
        for record in graph.initializers.values { needed = max(needed, record.tensor.elementType.lowestIRVersion) }
        for id in graph.inputs + graph.outputs + graph.valueInfo {
            if let type = graph[id].type?.elementType { needed = max(needed, type.lowestIRVersion) }
        }
        for node in graph.nodes {
            if !node.op.overload.isEmpty { needed = max(needed, 10) }
            for attribute in node.attributes {
                switch attribute.value {
                case .graph(let inner): graphs.append(inner)
                case .graphs(let inner): graphs += inner
                default: break
                }
            }
        }
    }
    return needed
}

extension ElementType {
    /// The IR version that brought the type (onnx.proto).
    fileprivate var lowestIRVersion: Int64 {
        switch self {
        case .bfloat16: 4
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz: 9
        case .int4, .uint4: 10
        case .float4e2m1: 11
        case .float8e8m0: 12
        case .int2, .uint2: 13
        case .float6e2m3, .float6e3m2: 14
        default: 1
        }
    }
}
