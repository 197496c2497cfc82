import GraphIR
import Operators

/// What is known of the values that a graph sees: its own and those of the graphs around it.
final class InferenceScope {
    let parent: InferenceScope?
    private var values: [ExactName: InferredValue] = [:]
    /// Inputs of a function that its caller left out.
    private var absent: Set<ExactName> = []

    init(parent: InferenceScope?) { self.parent = parent }

    func set(_ name: String, _ value: InferredValue) { values[ExactName(name)] = value }

    func leaveOut(_ name: String) { absent.insert(ExactName(name)) }

    /// What is known of a value; `nil` where it is left out.
    func find(_ name: String) -> InferredValue? {
        let key = ExactName(name)
        var scope: InferenceScope? = self
        while let current = scope {
            if current.absent.contains(key) { return nil }
            if let value = current.values[key] { return value }
            scope = current.parent
        }
        return InferredValue()
    }
}

/// Where a graph stands.
struct InferenceContext {
    var opsets: [OpsetImport]
    /// The attributes of the call, inside of a function.
    var attributes: [Attribute]?
    /// Put before the names of nodes in messages.
    var prefix = ""
    var depth = 0
}

/// Infers the types of one model.
final class ModelInference {
    let model: Model
    let options: InferenceOptions
    let functions: [ExactName: Int]
    var faults: [GraphError] = []
    var names = DimensionNames()
    var calledNodes = 0
    var folds = 0
    /// Whether a limit was reached: nothing further is looked at.
    var isStopped = false

    init(_ model: Model, _ options: InferenceOptions) {
        self.model = model
        self.options = options
        functions = Dictionary(
            model.functions.enumerated().map { (functionKey($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    }

    func run() -> ShapeInference {
        reserveNames(model.graph, depth: 0)
        var result = model
        let opsets = model.opsetImports.isEmpty ? [OpsetImport("", 1)] : model.opsetImports
        _ = infer(
            &result.graph, given: nil, InferenceScope(parent: nil), InferenceContext(opsets: opsets, attributes: nil))
        return ShapeInference(model: result, faults: faults)
    }

    func report(_ fault: GraphError, _ label: String?) {
        guard faults.count < CheckLimits.faults else { return }
        var fault = fault
        fault.node = fault.node ?? label
        faults.append(fault)
    }

    func stop(_ fault: GraphError, _ label: String?) {
        if !isStopped { report(fault, label) }
        isStopped = true
    }

    /// Names of dimensions count in the whole model.
    private func reserveNames(_ graph: Graph, depth: Int) {
        guard depth <= InferenceWork.depth else { return }
        for value in graph.values { names.reserve(value.type) }
        for node in graph.nodes {
            for attribute in node.attributes {
                for inner in attribute.value.subgraphs { reserveNames(inner, depth: depth + 1) }
            }
        }
    }

    /// Infers a graph from top to bottom and writes what follows into it.
    /// - Parameter given: what the node that holds the graph gives for its inputs; `nil` for the model's own graph.
    /// - Returns: what is known of the outputs.
    func infer(
        _ graph: inout Graph, given: [InferredValue?]?, _ scope: InferenceScope, _ context: InferenceContext
    ) -> [InferredValue] {
        constants(graph, scope, context)
        inputs(&graph, given, scope, context)
        for index in graph.nodes.indices {
            if isStopped { break }
            if context.attributes != nil { calledNodes += 1 }
            guard calledNodes <= InferenceWork.calledNodes else {
                stop(GraphError(.count, "functions unfold to more than \(InferenceWork.calledNodes) nodes"), nil)
                break
            }
            infer(node: index, in: &graph, scope, context)
        }
        return graph.outputs.map { scope.find(graph[$0].name) ?? InferredValue() }
    }

    private func constants(_ graph: Graph, _ scope: InferenceScope, _ context: InferenceContext) {
        for (id, record) in graph.initializers {
            let tensor = record.tensor
            let type = ValueType.tensor(tensor.elementType, tensor.shape.map { .size(Int64($0)) })
            scope.set(graph[id].name, InferredValue(type: type, constant: tensor))
        }
        for (id, record) in graph.sparseInitializers {
            let type = ValueType.tensor(record.values.tensor.elementType, record.shape.map { .size($0) })
            scope.set(graph[id].name, InferredValue(type: type))
        }
    }

    private func inputs(
        _ graph: inout Graph, _ given: [InferredValue?]?, _ scope: InferenceScope, _ context: InferenceContext
    ) {
        for (position, id) in graph.inputs.enumerated() {
            let name = graph[id].name
            let fromNode: InferredValue? = given?[checked: position] ?? nil
            var value = fromNode ?? InferredValue()
            // An initializer of an input's name is its default.
            let hasDefault = graph.initializers[id] != nil || graph.sparseInitializers[id] != nil
            if hasDefault, let known = scope.find(name) { value = known }
            if let declared = graph[id].type {
                if let merged = declared.merged(with: value.type) {
                    value.type = merged
                } else {
                    let found = value.type?.text ?? "?"
                    let problem =
                        hasDefault
                        ? "is declared as \(declared.text), its initializer is \(found)"
                        : "is declared as \(declared.text), but the node gives \(found)"
                    report(
                        GraphError(.argument, problem, argument: name),
                        context.prefix.isEmpty ? nil : String(context.prefix.dropLast()))
                    value.type = declared
                }
            }
            if given != nil { graph[id].type = value.type }
            scope.set(name, value)
        }
    }
}

/// A function's full name, compared byte by byte.
func functionKey(_ name: OperatorName) -> ExactName {
    ExactName("\(name.canonicalDomain)\u{0}\(name.type)\u{0}\(name.overload)")
}
