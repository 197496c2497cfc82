import GraphIR
import Operators

extension ModelInference {
    /// Infers the outputs of one node.
    func infer(node index: Int, in graph: inout Graph, _ scope: InferenceScope, _ context: InferenceContext) {
        var node = graph.nodes[index]
        let label = context.prefix + nodeLabel(node, graph)
        let inputs = node.inputs.map { id in id.flatMap { scope.find(graph[$0].name) } }
        if let attributes = context.attributes {
            node.attributes = node.attributes.compactMap { resolved($0, attributes) }
        }
        var outputs: [InferredValue]
        if let function = functions[functionKey(node.op)] {
            outputs = call(model.functions[function], node, inputs, label, context)
        } else {
            var bodies: [ExactName: Graph] = [:]
            outputs = infer(node, inputs, label, scope, context, &bodies)
            write(bodies, to: &graph.nodes[index])
        }
        for (position, id) in node.outputs.enumerated() {
            guard let id else { continue }
            var value = outputs[checked: position] ?? InferredValue()
            let name = graph[id].name
            if let type = value.type, type.kind != nil {
                if let merged = graph[id].type.map({ $0.merged(with: type) }) ?? type {
                    value.type = merged
                } else {
                    report(
                        GraphError(
                            .argument,
                            "is declared as \(graph[id].type?.text ?? "?"), but the node makes \(type.text)",
                            argument: name, hint: "correct or remove the declared type"), label)
                }
                value.type = value.type.map { names.filled($0) }
                graph[id].type = value.type
                if !graph.outputs.contains(id) { graph.valueInfo.append(id) }
            } else {
                value.type = graph[id].type
            }
            scope.set(name, value)
        }
    }

    /// The attribute with a reference to the function's own attributes followed; `nil` where the caller gave none.
    private func resolved(_ attribute: Attribute, _ given: [Attribute]) -> Attribute? {
        guard case .reference(let name, _) = attribute.value else { return attribute }
        return given.first { $0.name == name }.map { Attribute(attribute.name, $0.value) }
    }

    /// Puts graphs with their types in the place of those without.
    private func write(_ bodies: [ExactName: Graph], to node: inout Node) {
        for position in node.attributes.indices {
            guard case .graph = node.attributes[position].value,
                let body = bodies[ExactName(node.attributes[position].name)]
            else { continue }
            node.attributes[position].value = .graph(body)
        }
    }

    // MARK: Functions

    private func call(
        _ function: Function, _ node: Node, _ inputs: [InferredValue?], _ label: String, _ context: InferenceContext
    ) -> [InferredValue] {
        guard context.depth < InferenceWork.depth else {
            stop(GraphError(.depth, "functions in each other, more than \(InferenceWork.depth) deep"), label)
            return []
        }
        let scope = InferenceScope(parent: nil)
        var body = function.body
        for (position, id) in body.inputs.enumerated() {
            let name = body[id].name
            if let value = inputs[checked: position] ?? nil { scope.set(name, value) } else { scope.leaveOut(name) }
        }
        let given = node.attributes + function.attributeDefaults.filter { node.attribute($0.name) == nil }
        let formal = body.inputs
        body.inputs = []
        let inner = InferenceContext(
            opsets: function.opsetImports, attributes: given, prefix: label + "/", depth: context.depth + 1)
        _ = infer(&body, given: nil, scope, inner)
        body.inputs = formal
        return function.body.outputs.map { scope.find(body[$0].name) ?? InferredValue() }
    }

    // MARK: Operators

    private func infer(
        _ node: Node, _ inputs: [InferredValue?], _ label: String, _ scope: InferenceScope, _ context: InferenceContext,
        _ bodies: inout [ExactName: Graph]
    ) -> [InferredValue] {
        let unknown = [InferredValue](repeating: InferredValue(), count: node.outputs.count)
        var inferred: [ExactName: (graph: Graph, faults: [GraphError])] = [:]
        /// The faults that count are those of the last time that a body was looked at: a loop tries several shapes.
        func inferBody(_ name: String, _ values: [InferredValue?]?) throws -> [InferredValue] {
            guard case .graph(var body) = node.attribute(name) else {
                throw GraphError(.argument, "the node has no such graph", argument: name)
            }
            guard context.depth < InferenceWork.depth else {
                stop(GraphError(.depth, "graphs in each other, more than \(InferenceWork.depth) deep"), label)
                return []
            }
            if let values, values.count != body.inputs.count {
                let optional = body.inputs.dropFirst(values.count).allSatisfy { body.initializers[$0] != nil }
                guard values.count < body.inputs.count, optional else {
                    throw GraphError(
                        .argument, "the graph has \(body.inputs.count) inputs, the node gives \(values.count)",
                        argument: name)
                }
            }
            var inner = context
            inner.prefix = "\(label)/\(name)/"
            inner.depth += 1
            let before = faults
            let first = names.next
            faults = []
            let outputs = infer(&body, given: values ?? [], InferenceScope(parent: scope), inner)
            inferred[ExactName(name)] = (body, faults)
            faults = before
            return outputs.map { names.forgotten($0, since: first) }
        }
        defer {
            for attribute in node.attributes {
                if case .graph = attribute.value {
                    let name = ExactName(attribute.name)
                    if inferred[name] == nil { _ = try? inferBody(attribute.name, nil) }
                    bodies[name] = inferred[name]?.graph
                    inferred[name]?.faults.forEach { report($0, label) }
                }
            }
        }
        guard let opset = opsetVersion(of: node.op.canonicalDomain, in: context.opsets) else { return unknown }
        let op = options.operators[node.op]
        let name = OperatorName(node.op.type, domain: node.op.canonicalDomain, overload: node.op.overload)
        guard let schema = OperatorTable.schema(for: name, opset: opset) ?? op.flatMap({ custom($0, opset) }) else {
            return unknown
        }
        var given = node
        given.inputs = zip(node.inputs, inputs).map { $1 == nil ? nil : $0 }
        let missing = context.attributes == nil ? [] : missingInputs(node, inputs, schema)
        for name in missing {
            report(
                GraphError(
                    .argument, "\(node.op): the input is required, and the function's caller leaves it out",
                    argument: name), label)
        }
        guard missing.isEmpty else { return unknown }
        let binding: Binding
        do {
            binding = try Binding(given, schema: schema, opset: opset, computesInDouble: false)
        } catch {
            if let fault = self.fault(error) { report(fault, label) }
            return unknown
        }
        var inference = Inference(binding: binding, inputs: inputs, inferBody: inferBody)
        var isSound = true
        do {
            try op?.infer?.apply(&inference)
        } catch {
            isSound = false
            if let fault = self.fault(error) { report(fault, label) }
            inference.outputs = unknown
        }
        var types = TypeBinding(schema)
        for (position, input) in inputs.enumerated() {
            if let fault = types.bind(input: position, input?.type) { report(fault, label) }
        }
        for position in inference.outputs.indices {
            inference.outputs[position].type = types.completed(output: position, inference.outputs[position].type)
            if isSound, let fault = types.bind(output: position, inference.outputs[position].type) {
                report(fault, label)
            }
        }
        if isSound, options.foldsConstants, let op {
            fold(op, given, schema, opset, inputs, &inference.outputs)
        }
        return inference.outputs
    }

    /// Required inputs that the node names and a function's caller leaves out.
    private func missingInputs(_ node: Node, _ inputs: [InferredValue?], _ schema: OperatorSchema) -> [String] {
        zip(node.inputs, inputs).enumerated().compactMap { position, input in
            guard input.0 != nil, input.1 == nil,
                let formal = OperatorSchema.parameter(schema.inputs, at: position), formal.arity != .optional
            else { return nil }
            return formal.name
        }
    }

    /// What a rule threw, where it says that the model is wrong; `nil` where it says that we can't.
    private func fault(_ error: any Error) -> GraphError? {
        if let fault = error as? GraphError { return fault.faultClass == .invalid ? fault : nil }
        guard let fault = error as? FormatError, fault.faultClass == .invalid else { return nil }
        return GraphError(.argument, fault.problem)
    }

    private func custom(_ op: Operator, _ opset: Int64) -> OperatorSchema? {
        guard !OperatorTable.knows(domain: op.name.domain) else { return nil }
        return OperatorSchema(name: op.name, since: opset, inputs: [], outputs: [], attributes: [])
    }
}

/// The version of a domain's operator set; `ai.onnx` is another name of the empty domain.
func opsetVersion(of domain: String, in imports: [OpsetImport]) -> Int64? {
    imports.first { ($0.domain == "ai.onnx" ? "" : $0.domain ?? "") == domain }?.version
}
