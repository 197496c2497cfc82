import GraphIR
import Operators
import OrderedCollections

/// What all programs of one model share while they are built.
private final class BuildContext {
    let model: Model
    let options: SessionOptions
    var unsupported: OrderedSet<String> = []
    var nodes = 0

    init(_ model: Model, _ options: SessionOptions) {
        self.model = model
        self.options = options
    }
}

/// The numbers of a graph's values, and the graph that encloses it.
private final class Scope {
    let graph: Graph
    let parent: Scope?
    var slots: [ValueID: Int] = [:]

    init(_ graph: Graph, parent: Scope?) {
        self.graph = graph
        self.parent = parent
    }

    /// Whether a value of this name has been made, here or further out.
    func sees(_ name: ExactName) -> Bool {
        if let id = graph.id(named: name.string), slots[id] != nil { return true }
        return parent?.sees(name) ?? false
    }
}

/// Builds the program of a model, and those of the bodies of its If, Loop and Scan nodes.
struct ProgramBuilder {
    private let context: BuildContext
    private var program = Program()

    /// - Throws: `op.unsupported` naming all operators that can't be run, `op.argument`, `graph.invalid`,
    ///   `limit.depth`, `limit.count`, `limit.memory`.
    static func build(_ model: Model, options: SessionOptions) throws -> Program {
        let context = BuildContext(model, options)
        var builder = ProgramBuilder(context: context)
        try builder.build(
            model.graph, Scope(model.graph, parent: nil), opsets: model.opsetImports, attributes: nil, depth: 0,
            prefix: "")
        guard context.unsupported.isEmpty else {
            throw GraphError(
                .unsupportedOperator, "no kernel for \(context.unsupported.sorted().joined(separator: ", "))",
                hint: "the model can still be inspected and converted")
        }
        return builder.program
    }

    private init(context: BuildContext) { self.context = context }

    /// Fills the program with a graph. `attributes` are those of the calling node, inside of a function.
    private mutating func build(
        _ graph: Graph, _ scope: Scope, opsets: [OpsetImport], attributes: [Attribute]?, depth: Int, prefix: String
    ) throws {
        for (id, record) in graph.initializers { constant(record.tensor, id, scope) }
        for (id, record) in graph.sparseInitializers {
            constant(try dense(record, memory: context.options.memoryLimit), id, scope)
        }
        for id in graph.inputs {
            let slot: Int
            if let known = scope.slots[id] {
                slot = known
                program.defaults.insert(known)
            } else {
                slot = program.newValue()
                scope.slots[id] = slot
            }
            program.inputs[ExactName(graph[id].name)] = slot
            program.inputTypes[slot] = graph[id].type
        }
        try add(graph, scope, opsets: opsets, attributes: attributes, depth: depth, prefix: prefix)
        for id in graph.outputs {
            guard let slot = slot(of: id, scope) else {
                throw GraphError(.invalid, "nothing makes the graph's output \"\(graph[id].name)\"")
            }
            program.outputs.append((graph[id].name, slot))
        }
        program.markReleases()
    }

    private mutating func constant(_ tensor: Tensor, _ id: ValueID, _ scope: Scope) {
        let slot = program.newValue()
        scope.slots[id] = slot
        program.constants[slot] = tensor
    }

    /// The number of a value, which may come from an enclosing graph.
    private mutating func slot(of id: ValueID, _ scope: Scope) -> Int? {
        if let slot = scope.slots[id] { return slot }
        guard scope.parent != nil else { return nil }
        let slot = captured(ExactName(scope.graph[id].name), scope)
        scope.slots[id] = slot
        return slot
    }

    /// The number of a value of an enclosing graph, in this program.
    private mutating func captured(_ name: ExactName, _ scope: Scope) -> Int? {
        if let slot = program.captured[name] { return slot }
        guard let parent = scope.parent, parent.sees(name) else { return nil }
        let slot = program.newValue()
        program.captured[name] = slot
        return slot
    }

    /// Binds the nodes of a graph or function body.
    private mutating func add(
        _ graph: Graph, _ scope: Scope, opsets: [OpsetImport], attributes: [Attribute]?, depth: Int, prefix: String
    ) throws {
        guard depth <= ProgramLimits.depth else {
            throw GraphError(.depth, "functions and graphs in each other, more than \(ProgramLimits.depth) deep")
        }
        for node in graph.nodes {
            let label = prefix + nodeLabel(node, graph)
            context.nodes += 1
            guard context.nodes <= ProgramLimits.nodes else {
                throw GraphError(.count, "more than \(ProgramLimits.nodes) nodes", node: label)
            }
            do {
                var node = node
                if let attributes { node.attributes = node.attributes.compactMap { resolved($0, attributes) } }
                let inputs: [Int?] = try node.inputs.map { id in
                    guard let id else { return nil }
                    guard let slot = slot(of: id, scope) else {
                        throw GraphError(
                            .invalid, "the input \"\(graph[id].name)\" is not made by any node before this one")
                    }
                    return slot
                }
                if let function = context.model.functions.first(where: { matches($0.name, node.op) }) {
                    try call(function, node, inputs, scope, depth: depth, label: label)
                } else {
                    let isTop = attributes == nil && depth == 0
                    try bind(
                        node, inputs, scope, opsets: opsets, attributes: attributes, depth: depth, label: label,
                        isTop: isTop)
                }
            } catch var error as GraphError {
                error.node = error.node ?? label
                throw error
            }
        }
    }

    private mutating func call(
        _ function: Function, _ node: Node, _ inputs: [Int?], _ scope: Scope, depth: Int, label: String
    ) throws {
        let inner = Scope(function.body, parent: nil)
        for (position, id) in function.body.inputs.enumerated() {
            if let slot = inputs[checked: position] ?? nil { inner.slots[id] = slot }
        }
        for (position, id) in function.body.inputs.enumerated() where inner.slots[id] == nil {
            // An input that the call leaves out is left out wherever the function passes it on.
            if position >= inputs.count || inputs[position] == nil { inner.slots[id] = absent }
        }
        let given = node.attributes + function.attributeDefaults.filter { node.attribute($0.name) == nil }
        try add(
            function.body, inner, opsets: function.opsetImports, attributes: given, depth: depth + 1,
            prefix: label + "/")
        for (position, id) in function.body.outputs.enumerated() {
            if let outer = node.outputs[checked: position] ?? nil { scope.slots[outer] = inner.slots[id] }
        }
    }

    /// The number that stands for a function's input that its caller left out: no value ever has it.
    private let absent = -1

    private mutating func bind(
        _ node: Node, _ inputs: [Int?], _ scope: Scope, opsets: [OpsetImport], attributes: [Attribute]?, depth: Int,
        label: String, isTop: Bool
    ) throws {
        guard let opset = opsets.first(where: { canonical($0.domain) == node.op.canonicalDomain })?.version else {
            throw GraphError(.invalid, "the model imports no operator set of the domain \"\(node.op.canonicalDomain)\"")
        }
        guard let op = context.options.operators[node.op] else {
            context.unsupported.append("\(node.op) (opset \(opset))")
            for id in node.outputs { if let id { scope.slots[id] = program.newValue() } }
            return
        }
        let inputs = inputs.map { $0 == absent ? nil : $0 }
        var given = node
        given.inputs = zip(node.inputs, inputs).map { $1 == nil ? nil : $0 }
        var captures: [Int] = []
        let bodies = try self.bodies(
            of: node, scope, opsets: opsets, attributes: attributes, depth: depth, label: label, &captures)
        var binding = try Binding(
            given, schema: try schema(op, opset), opset: opset,
            computesInDouble: context.options.precision == .float64, seed: UInt64(context.nodes), bodies: bodies)
        let kernel = try op.bind(&binding)
        if let name = binding.unread.first {
            throw GraphError(.argument, "\(node.op) doesn't know this attribute in version \(opset)", argument: name)
        }
        let outputs = node.outputs.map { id in id == nil ? nil : program.newValue() as Int? }
        for (id, slot) in zip(node.outputs, outputs) {
            if let id { scope.slots[id] = slot }
        }
        program.steps.append(
            Program.Step(
                node: node, label: label, kernel: kernel, inputs: inputs, outputs: outputs,
                names: node.outputs.map { id in isTop ? id.map { scope.graph[$0].name } : nil }, captures: captures))
    }

    private func schema(_ op: Operator, _ opset: Int64) throws -> OperatorSchema {
        let name = OperatorName(op.name.type, domain: op.name.domain)
        if let known = OperatorTable.schemaEvenDeprecated(for: name, opset: opset) { return known }
        guard !OperatorTable.knows(domain: op.name.domain) else {
            throw GraphError(.unsupportedOperator, "there is no \(op.name) in version \(opset) of its operator set")
        }
        return OperatorSchema(
            name: op.name, since: opset, isDeprecated: false, inputs: [], outputs: [], attributes: [], types: [:])
    }

    /// The graph attributes of a node as programs of their own. What they use of this one is added to `captures`.
    private mutating func bodies(
        of node: Node, _ scope: Scope, opsets: [OpsetImport], attributes: [Attribute]?, depth: Int, label: String,
        _ captures: inout [Int]
    ) throws -> [ExactName: Body] {
        var bodies: [ExactName: Body] = [:]
        for attribute in node.attributes {
            guard case .graph(let graph) = attribute.value else { continue }
            var builder = ProgramBuilder(context: context)
            try builder.build(
                graph, Scope(graph, parent: scope), opsets: opsets, attributes: attributes, depth: depth + 1,
                prefix: "\(label)/\(attribute.name)/")
            let first = captures.count
            for name in builder.program.captured.keys {
                let id = scope.graph.id(named: name.string)
                guard let slot = id.flatMap({ scope.slots[$0] }) ?? captured(name, scope) else {
                    throw GraphError(.invalid, "nothing makes \"\(name)\" before this node", argument: attribute.name)
                }
                captures.append(slot)
            }
            let runner = ProgramRunner(program: builder.program, options: context.options)
            let range = first..<captures.count
            bodies[ExactName(attribute.name)] = Body(
                inputCount: graph.inputs.count, outputCount: graph.outputs.count
            ) { inputs, call in
                try runner.run(
                    inputs, captures: Array(call.captures.dropFirst(range.lowerBound).prefix(range.count)), call)
            }
        }
        return bodies
    }

    private func canonical(_ domain: String?) -> String { domain == "ai.onnx" ? "" : domain ?? "" }

    private func matches(_ name: OperatorName, _ op: OperatorName) -> Bool {
        name.canonicalDomain == op.canonicalDomain && name.type == op.type && name.overload == op.overload
    }

    /// The attribute with a reference to the function's own attributes followed; `nil` where the caller gave none.
    private func resolved(_ attribute: Attribute, _ given: [Attribute]) -> Attribute? {
        guard case .reference(let name, _) = attribute.value else { return attribute }
        return given.first { $0.name == name }.map { Attribute(attribute.name, $0.value) }
    }
}
