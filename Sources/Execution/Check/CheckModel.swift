import GraphIR
import Operators

/// Checks whether a model can mean anything: every node of every graph, subgraph and function against its operator's
/// schema, and the graphs' own rules (each value made once and before it is used).
///
/// It is quick, and passes over rules that nothing depends on; ``checkModelFully(_:excusing:)`` is thorough.
/// - Returns: what is wrong, in the order of the file; empty where all is well. At most ``CheckLimits/faults``.
public func checkModel(_ model: Model) -> [GraphError] {
    var checker = ModelChecker(model: model, isFull: false)
    checker.check()
    return checker.faults
}

/// What is wrong with a model by every rule of the standard.
public struct ModelCheck: Sendable {
    /// Broken rules, at most ``CheckLimits/faults``. The model is valid where there are none.
    public var faults: [GraphError]
    /// What couldn't be checked: operators of domains outside the standard, say.
    public var notes: [GraphError]

    public var isValid: Bool { faults.isEmpty }
}

/// Checks a model by all of the standard's rules, inferring types and shapes: what `onnx.checker.check_model` checks
/// with `full_check=True`.
/// - Parameter excused: values whose making is known to be damaged, so that their users aren't blamed.
public func checkModelFully(_ model: Model, excusing excused: Set<ExactName> = []) -> ModelCheck {
    var checker = ModelChecker(model: model, isFull: true, excused: excused)
    checker.check()
    checker.checkModelRules()
    checker.checkTypes()
    return ModelCheck(faults: checker.faults, notes: checker.notes)
}

public enum CheckLimits {
    /// Faults after which checking stops: nobody reads more, and hostile models have millions.
    public static let faults = 100
    /// Graphs within graphs.
    static let depth = GraphLimit.depth
}

struct ModelChecker {
    let model: Model
    /// Whether rules count that nothing depends on.
    let isFull: Bool
    let excused: Set<ExactName>
    private(set) var faults: [GraphError] = []
    private(set) var notes: [GraphError] = []
    let functions: [ExactName: Function]

    init(model: Model, isFull: Bool, excused: Set<ExactName> = []) {
        self.model = model
        self.isFull = isFull
        self.excused = excused
        functions = Dictionary(
            model.functions.map { (functionKey($0.name), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Operator sets came with IR version 3.
    private var opsets: [OpsetImport] {
        model.opsetImports.isEmpty && (model.irVersion ?? 3) < 3 ? [OpsetImport("", 1)] : model.opsetImports
    }

    mutating func check() {
        if opsets.isEmpty {
            report(GraphError(.invalid, "the model imports no operator set"))
            return
        }
        if let fault = model.callFault() { report(fault) }
        checkWiring(model.graph)
        check(model.graph, opsets: opsets, depth: 0, function: nil)
        for function in model.functions {
            checkWiring(function.body)
            check(function.body, opsets: function.opsetImports, depth: 0, function: function)
        }
    }

    mutating func report(_ fault: GraphError, _ label: String? = nil) {
        guard faults.count < CheckLimits.faults else { return }
        var fault = fault
        fault.node = fault.node ?? label
        faults.append(fault)
    }

    /// What isn't a fault of the model where its rules are all that counts, but is one for whoever wants to run it.
    private mutating func note(_ fault: GraphError, _ label: String?) {
        guard isFull else { return report(fault, label) }
        guard notes.count < CheckLimits.faults else { return }
        var fault = fault
        fault.node = fault.node ?? label
        notes.append(fault)
    }

    private mutating func checkWiring(_ graph: Graph) {
        let faults = graph.invariantFaults(
            rules: isFull ? [.noShadowing, .ownOutputs] : [], excusing: excused, limit: CheckLimits.faults)
        for fault in faults { report(fault) }
    }

    private mutating func check(_ graph: Graph, opsets: [OpsetImport], depth: Int, function: Function?) {
        guard depth < CheckLimits.depth else { return }
        for node in graph.nodes {
            if faults.count >= CheckLimits.faults { return }
            check(node, node.label(in: graph), graph, opsets: opsets, function: function)
            for attribute in node.attributes {
                for inner in attribute.value.subgraphs {
                    check(inner, opsets: opsets, depth: depth + 1, function: function)
                }
            }
        }
    }

    private mutating func check(
        _ node: Node, _ label: String, _ graph: Graph, opsets: [OpsetImport], function: Function?
    ) {
        if node.op.type.isEmpty {
            report(GraphError(.invalid, "the node names no operator"), label)
            return
        }
        checkAttributes(node, label, function: function)
        let domain = node.op.canonicalDomain
        let opset = opsetVersion(of: domain, in: opsets)
        if let callee = functions[functionKey(node.op)] {
            checkCall(node, label, of: callee)
            if isFull, opset == nil { report(missingImport(node, domain, .invalid), label) }
            return
        }
        guard let opset else {
            let code = OperatorTable.knows(domain: domain) || isFull ? GraphError.Code.invalid : .unsupportedOperator
            report(missingImport(node, domain, code), label)
            return
        }
        let name = OperatorName(node.op.type, domain: domain, overload: node.op.overload)
        guard let schema = OperatorTable.schema(for: name, opset: opset) else {
            if OperatorTable.knows(domain: domain) {
                report(unknown(name, opset), label)
            } else {
                note(unknown(name, opset), label)
            }
            return
        }
        let checker = NodeChecker(node: node, graph: graph, schema: schema, isFull: isFull)
        checker.faults.forEach { report($0, label) }
    }

    private mutating func checkAttributes(_ node: Node, _ label: String, function: Function?) {
        var seen: Set<ExactName> = []
        for attribute in node.attributes {
            if !seen.insert(ExactName(attribute.name)).inserted {
                report(GraphError(.duplicate, "the attribute comes twice", argument: attribute.name), label)
            }
            guard case .reference(let name, _) = attribute.value else { continue }
            guard let function else {
                report(
                    GraphError(
                        .invalid, "refers to the attribute \"\(name)\" of a function, but is in none",
                        argument: attribute.name), label)
                continue
            }
            let isKnown =
                function.attributeNames.contains(name) || function.attributeDefaults.contains { $0.name == name }
            if isFull, !isKnown {
                note(
                    GraphError(
                        .argument, "refers to \"\(name)\", which the function \(function.name) doesn't declare",
                        argument: attribute.name), label)
            }
        }
    }

    private func missingImport(_ node: Node, _ domain: String, _ code: GraphError.Code) -> GraphError {
        GraphError(
            code, "\(node.op): no operator set of the domain \"\(domain)\" is imported",
            hint: "add the domain and its version to opset_import")
    }

    private func unknown(_ name: OperatorName, _ opset: Int64) -> GraphError {
        let versions = OperatorTable.versions(of: name)
        guard let first = versions.first else {
            let isStandard = OperatorTable.knows(domain: name.domain)
            return GraphError(
                .unsupportedOperator, "the operator \(name) is unknown",
                hint: isStandard ? similar(to: name) : "\(name.domain) is not a domain of the standard")
        }
        if opset < first.since {
            return GraphError(
                .unsupportedOperator, "\(name) came with version \(first.since), the model uses \(opset)",
                hint: "convert the model to a newer operator set")
        }
        return GraphError(
            .unsupportedOperator, "\(name) is no longer an operator in version \(opset)",
            hint: "convert the model from an operator set that has it")
    }

    /// The operator of the domain that the name may have been meant for.
    private func similar(to name: OperatorName) -> String? {
        let wanted = name.type.lowercased()
        let found = OperatorTable.names.first { $0.domain == name.domain && $0.type.lowercased() == wanted }
        return found.map { "did you mean \($0.type)?" }
    }

    private mutating func checkCall(_ node: Node, _ label: String, of function: Function) {
        if node.inputs.count > function.body.inputs.count || node.outputs.count > function.body.outputs.count {
            report(
                GraphError(
                    .argument,
                    "\(node.inputs.count) inputs and \(node.outputs.count) outputs, the function \(function.name) has"
                        + " \(function.body.inputs.count) and \(function.body.outputs.count)"), label)
        }
        for attribute in node.attributes
        where !function.attributeNames.contains(attribute.name)
            && !function.attributeDefaults.contains(where: { $0.name == attribute.name })
        {
            report(
                GraphError(.argument, "the function \(function.name) has no such attribute", argument: attribute.name),
                label)
        }
    }

    // MARK: Types

    /// What inference finds wrong, but for nodes that are known to be faulty.
    mutating func checkTypes() {
        // Calls that can't be followed have no types.
        guard model.callFault() == nil else { return }
        let faulty = Set(faults.compactMap(\.node))
        for fault in inferShapes(model).faults {
            if let node = fault.node, isPart(of: faulty, node) { continue }
            if fault.faultClass == .limit { note(fault, nil) } else { report(fault) }
        }
    }

    /// Whether a node is one of some; those in functions have the path of the call before their name.
    private func isPart(of labels: Set<String>, _ label: String) -> Bool {
        if labels.contains(label) { return true }
        return label.indices.contains { label[$0] == "/" && labels.contains(String(label[label.index(after: $0)...])) }
    }
}
