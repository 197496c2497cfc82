import GraphIR
import Operators
import OrderedCollections

/// What all programs of one model share while they are built.
private final class BuildContext {
    let model: Model
    let options: SessionOptions
    let functions: [OperatorName: Function]
    var unsupported: OrderedSet<String> = []
    var nodes = 0
    var programs = 0
    /// Bytes of sparse initializers in their dense form.
    var dense = 0

    init(_ model: Model, _ options: SessionOptions) {
        self.model = model
        self.options = options
        var functions: [OperatorName: Function] = [:]
        for function in model.functions where functions[function.name.canonical] == nil {
            functions[function.name.canonical] = function
        }
        self.functions = functions
    }
}

/// The values that a graph has made so far, and the graph that encloses it.
private final class Scope {
    let graph: Graph
    let parent: Scope?
    /// The program that the graph's nodes go to: a function's go to that of its caller.
    let program: Int
    var slots: [ValueID: Slot] = [:]

    init(_ graph: Graph, parent: Scope?, program: Int) {
        self.graph = graph
        self.parent = parent
        self.program = program
    }

    /// The value of this name here, or else further out.
    func find(_ name: ExactName) -> (slot: Slot, program: Int)? {
        var scope: Scope? = self
        while let here = scope {
            if let id = here.graph.id(named: name.string), let slot = here.slots[id] { return (slot, here.program) }
            scope = here.parent
        }
        return nil
    }
}

/// What stands for a value while a program is built.
private enum Slot {
    /// Its number in the program.
    case number(Int)
    /// A function's input that its caller leaves out: left out wherever the function passes it on.
    case absent
}

/// Where text of the model stands: what its names, operators and references to attributes mean.
private final class Place {
    let scope: Scope
    let opsets: [OpsetImport]
    /// The attributes of the calling node, inside of a function.
    let attributes: [GivenAttribute]?

    init(scope: Scope, opsets: [OpsetImport], attributes: [GivenAttribute]?) {
        self.scope = scope
        self.opsets = opsets
        self.attributes = attributes
    }
}

/// An attribute, and where it was written: a graph that is handed to a function still means its caller's values.
private struct GivenAttribute {
    var attribute: Attribute
    var place: Place
}

/// A node with its attributes as they were given and its inputs found.
private struct Site {
    let node: Node
    let given: [GivenAttribute]
    let inputs: [Slot?]
    let label: String
    let depth: Int
}

/// Builds the program of a model, and those of the bodies of its If, Loop and Scan nodes.
struct ProgramBuilder {
    private let context: BuildContext
    private let number: Int
    private var program = Program()

    /// - Throws: `op.unsupported` naming all operators that can't be run, `op.argument`, `graph.invalid`,
    ///   `limit.depth`, `limit.count`, `limit.memory`.
    static func build(_ model: Model, options: SessionOptions) throws -> Program {
        let context = BuildContext(try expandingGradients(model), options)
        var builder = ProgramBuilder(context: context)
        let graph = context.model.graph
        let scope = Scope(graph, parent: nil, program: builder.number)
        try builder.build(
            Place(scope: scope, opsets: context.model.opsetImports, attributes: nil), depth: 0, prefix: "")
        guard context.unsupported.isEmpty else {
            throw GraphError(
                .unsupportedOperator, "no kernel for \(context.unsupported.sorted().joined(separator: ", "))",
                hint: "the model can still be inspected and converted")
        }
        return builder.program
    }

    private init(context: BuildContext) {
        self.context = context
        number = context.programs
        context.programs += 1
    }

    /// Fills the program with a graph.
    private mutating func build(_ place: Place, depth: Int, prefix: String) throws {
        let scope = place.scope
        let graph = scope.graph
        for (id, record) in graph.initializers { constant(record.tensor, id, scope) }
        for (id, record) in graph.sparseInitializers {
            let tensor = try dense(record, memory: context.options.memoryLimit - context.dense)
            context.dense += tensor.heldBytes
            constant(tensor, id, scope)
        }
        for id in graph.inputs {
            let slot: Int
            if case .number(let known)? = scope.slots[id] {
                slot = known
                program.defaults.insert(known)
            } else {
                slot = program.newValue()
                scope.slots[id] = .number(slot)
            }
            guard program.inputs.updateValue(slot, forKey: ExactName(graph[id].name)) == nil else {
                throw GraphError(.duplicate, "the graph has two inputs \"\(graph[id].name)\"")
            }
            program.inputTypes[slot] = graph[id].type
        }
        try add(place, depth: depth, prefix: prefix)
        for id in graph.outputs {
            guard case .number(let slot)? = slot(of: id, scope) else {
                throw GraphError(.invalid, "nothing makes the graph's output \"\(graph[id].name)\"")
            }
            program.outputs.append((graph[id].name, slot))
        }
        program.markReleases()
    }

    private mutating func constant(_ tensor: Tensor, _ id: ValueID, _ scope: Scope) {
        let slot = program.newValue()
        scope.slots[id] = .number(slot)
        program.constants[slot] = tensor
    }

    /// A value in this program; one of an enclosing graph becomes a captured one.
    private mutating func slot(of id: ValueID, _ scope: Scope) -> Slot? {
        if let slot = scope.slots[id] { return slot }
        guard let (slot, program) = scope.find(ExactName(scope.graph[id].name)) else { return nil }
        guard case .number(let value) = slot else { return .absent }
        return .number(local(Program.Captured(program: program, value: value)))
    }

    /// The number in this program of a value of this one or an enclosing one.
    private mutating func local(_ value: Program.Captured) -> Int {
        if value.program == number { return value.value }
        if let slot = program.captured[value] { return slot }
        let slot = program.newValue()
        program.captured[value] = slot
        return slot
    }

    /// Binds the nodes of a graph or function body.
    private mutating func add(_ place: Place, depth: Int, prefix: String) throws {
        guard depth <= ProgramLimits.depth else {
            throw GraphError(.depth, "functions and graphs in each other, more than \(ProgramLimits.depth) deep")
        }
        let graph = place.scope.graph
        for node in graph.nodes {
            let label = prefix + nodeLabel(node, graph)
            context.nodes += 1
            guard context.nodes <= ProgramLimits.nodes else {
                throw GraphError(.count, "more than \(ProgramLimits.nodes) nodes", node: label)
            }
            do {
                try add(node, place, depth: depth, label: label)
            } catch var error as GraphError {
                error.node = error.node ?? label
                throw error
            }
        }
    }

    private mutating func add(_ node: Node, _ place: Place, depth: Int, label: String) throws {
        let graph = place.scope.graph
        let given = node.attributes.compactMap { resolved($0, place) }
        var node = node
        node.attributes = given.map(\.attribute)
        let inputs: [Slot?] = try node.inputs.map { id in
            guard let id else { return nil }
            guard let slot = slot(of: id, place.scope) else {
                throw GraphError(.invalid, "the input \"\(graph[id].name)\" is not made by any node before this one")
            }
            return slot
        }
        let site = Site(node: node, given: given, inputs: inputs, label: label, depth: depth)
        if let function = context.functions[node.op.canonical] {
            try call(function, site, place)
        } else {
            try bind(site, place)
        }
    }

    private mutating func call(_ function: Function, _ site: Site, _ place: Place) throws {
        let inner = Scope(function.body, parent: nil, program: number)
        for (position, id) in function.body.inputs.enumerated() {
            inner.slots[id] = (site.inputs[checked: position] ?? nil) ?? .absent
        }
        let own = Place(scope: inner, opsets: function.opsetImports, attributes: [])
        let defaults = function.attributeDefaults.filter { site.node.attribute($0.name) == nil }
        let given = site.given + defaults.map { GivenAttribute(attribute: $0, place: own) }
        try add(
            Place(scope: inner, opsets: function.opsetImports, attributes: given), depth: site.depth + 1,
            prefix: site.label + "/")
        for (position, id) in function.body.outputs.enumerated() {
            if let outer = site.node.outputs[checked: position] ?? nil { place.scope.slots[outer] = inner.slots[id] }
        }
    }

    private mutating func bind(_ site: Site, _ place: Place) throws {
        let node = site.node
        let scope = place.scope
        let domain = node.op.canonicalDomain
        guard let opset = place.opsets.first(where: { canonical($0.domain) == domain })?.version else {
            throw GraphError(.invalid, "the model imports no operator set of the domain \"\(domain)\"")
        }
        guard let op = context.options.operators[node.op] ?? OperatorRegistry.gradientParts[node.op] else {
            context.unsupported.append("\(node.op) (opset \(opset))")
            for id in node.outputs { if let id { scope.slots[id] = .number(program.newValue()) } }
            return
        }
        let inputs: [Int?] = site.inputs.map { if case .number(let slot)? = $0 { slot } else { nil } }
        var given = node
        given.inputs = zip(node.inputs, inputs).map { $1 == nil ? nil : $0 }
        var captures: [Int] = []
        let bodies = try self.bodies(of: site, &captures)
        var binding = try Binding(
            given, schema: try schema(op, opset), opset: opset,
            computesInDouble: context.options.precision == .float64, seed: UInt64(context.nodes), bodies: bodies)
        let kernel = try op.bind(&binding)
        if let name = binding.unread.first {
            throw GraphError(.argument, "\(node.op) doesn't know this attribute in version \(opset)", argument: name)
        }
        let outputs = node.outputs.map { id in id == nil ? nil : program.newValue() as Int? }
        for (id, slot) in zip(node.outputs, outputs) {
            if let id, let slot { scope.slots[id] = .number(slot) }
        }
        let isTop = place.attributes == nil && site.depth == 0
        program.steps.append(
            Program.Step(
                node: node, label: site.label, kernel: kernel, inputs: inputs, outputs: outputs,
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
    private mutating func bodies(of site: Site, _ captures: inout [Int]) throws -> [ExactName: Body] {
        var bodies: [ExactName: Body] = [:]
        for given in site.given {
            guard case .graph(let graph) = given.attribute.value else { continue }
            let name = given.attribute.name
            var builder = ProgramBuilder(context: context)
            let inner = Place(
                scope: Scope(graph, parent: given.place.scope, program: builder.number), opsets: given.place.opsets,
                attributes: given.place.attributes)
            try builder.build(inner, depth: site.depth + 1, prefix: "\(site.label)/\(name)/")
            let first = captures.count
            for value in builder.program.captured.keys { captures.append(local(value)) }
            let runner = ProgramRunner(program: builder.program, options: context.options)
            let range = first..<captures.count
            bodies[ExactName(name)] = Body(
                inputTypes: graph.inputs.map { graph[$0].type }, outputTypes: graph.outputs.map { graph[$0].type }
            ) { inputs, call in
                let captures = call.captures.dropFirst(range.lowerBound).prefix(range.count)
                return try runner.run(inputs, captures: Array(captures), call)
            }
        }
        return bodies
    }

    private func canonical(_ domain: String?) -> String { domain == "ai.onnx" ? "" : domain ?? "" }

    /// The attribute with a reference to the function's own attributes followed; `nil` where the caller gave none.
    private func resolved(_ attribute: Attribute, _ place: Place) -> GivenAttribute? {
        guard let attributes = place.attributes, case .reference(let name, _) = attribute.value else {
            return GivenAttribute(attribute: attribute, place: place)
        }
        guard var found = attributes.first(where: { $0.attribute.name == name }) else { return nil }
        found.attribute = Attribute(attribute.name, found.attribute.value)
        return found
    }
}

extension OperatorName {
    /// The same name with ONNX's own domain written in one way.
    fileprivate var canonical: OperatorName { OperatorName(type, domain: canonicalDomain, overload: overload) }
}
