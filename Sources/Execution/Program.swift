import GraphIR
import Operators
import OrderedCollections

/// A model made ready to run: nodes bound to kernels in order, functions inlined, values numbered.
struct Program: Sendable {
    /// One bound node.
    struct Step: Sendable {
        let node: Node
        let label: String
        let kernel: Kernel
        let inputs: [Int?]
        let outputs: [Int?]
        /// The name of each output, `nil` inside of functions.
        let names: [String?]
        /// Values that no later step reads.
        var released: [Int] = []
    }

    var steps: [Step] = []
    /// Constants by the number of their value.
    var constants: [Int: Tensor] = [:]
    var inputs: OrderedDictionary<ExactName, Int> = [:]
    /// Inputs that have a default among the initializers.
    var defaults: Set<Int> = []
    var outputs: [(name: String, value: Int)] = []
    var inputTypes: [Int: ValueType] = [:]
    var valueCount = 0
}

/// How far a model may unfold.
enum ProgramLimits {
    /// Functions within functions: real models nest two or three deep.
    static let depth = 32
    /// Bound nodes after inlining; doubling functions must not fill the memory.
    static let nodes = 1_000_000
}

/// Builds a program of a model.
struct ProgramBuilder {
    private let model: Model
    private let options: SessionOptions
    private var program = Program()
    private var unsupported: OrderedSet<String> = []

    /// - Throws: `op.unsupported` naming all operators that can't be run, `op.argument`, `graph.invalid`,
    ///   `limit.depth`, `limit.count`.
    static func build(_ model: Model, options: SessionOptions) throws -> Program {
        var builder = ProgramBuilder(model: model, options: options)
        try builder.build()
        return builder.program
    }

    private init(model: Model, options: SessionOptions) {
        self.model = model
        self.options = options
    }

    private mutating func newValue() -> Int {
        program.valueCount += 1
        return program.valueCount - 1
    }

    private mutating func build() throws {
        let graph = model.graph
        guard graph.sparseInitializers.isEmpty else {
            throw GraphError(.unsupportedArgument, "sparse initializers can't be run", hint: "make them dense first")
        }
        var slots: [ValueID: Int] = [:]
        for (id, record) in graph.initializers {
            let slot = newValue()
            slots[id] = slot
            program.constants[slot] = record.tensor
        }
        for id in graph.inputs {
            let slot: Int
            if let known = slots[id] {
                slot = known
                program.defaults.insert(known)
            } else {
                slot = newValue()
                slots[id] = slot
            }
            program.inputs[ExactName(graph[id].name)] = slot
            program.inputTypes[slot] = graph[id].type
        }
        try add(graph, opsets: model.opsetImports, slots: &slots, attributes: nil, depth: 0, prefix: "")
        guard unsupported.isEmpty else {
            throw GraphError(
                .unsupportedOperator, "no kernel for \(unsupported.sorted().joined(separator: ", "))",
                hint: "the model can still be inspected and converted")
        }
        for id in graph.outputs {
            guard let slot = slots[id] else {
                throw GraphError(.invalid, "nothing makes the graph's output \"\(graph[id].name)\"")
            }
            program.outputs.append((graph[id].name, slot))
        }
        markReleases()
    }

    /// Binds the nodes of a graph or function body. `attributes` are those of the calling node, inside of a function.
    private mutating func add(
        _ graph: Graph, opsets: [OpsetImport], slots: inout [ValueID: Int], attributes: [Attribute]?, depth: Int,
        prefix: String
    ) throws {
        guard depth <= ProgramLimits.depth else {
            throw GraphError(.depth, "functions call each other more than \(ProgramLimits.depth) deep")
        }
        for node in graph.nodes {
            let label = prefix + nodeLabel(node, graph)
            guard program.steps.count < ProgramLimits.nodes else {
                throw GraphError(.count, "more than \(ProgramLimits.nodes) nodes", node: label)
            }
            do {
                var node = node
                if let attributes { node.attributes = node.attributes.compactMap { resolved($0, attributes) } }
                try add(
                    node, label, graph, opsets: opsets, slots: &slots, depth: depth, isInFunction: attributes != nil)
            } catch var error as GraphError {
                error.node = error.node ?? label
                throw error
            }
        }
    }

    private mutating func add(
        _ node: Node, _ label: String, _ graph: Graph, opsets: [OpsetImport], slots: inout [ValueID: Int], depth: Int,
        isInFunction: Bool
    ) throws {
        let inputs: [Int?] = try node.inputs.map { id in
            guard let id else { return nil }
            guard let slot = slots[id] else {
                throw GraphError(.invalid, "the input \"\(graph[id].name)\" is not made by any node before this one")
            }
            return slot
        }
        if let function = model.functions.first(where: { matches($0.name, node.op) }) {
            var inner: [ValueID: Int] = [:]
            for (position, id) in function.body.inputs.enumerated() {
                if let slot = inputs[checked: position] ?? nil { inner[id] = slot }
            }
            let given = node.attributes + function.attributeDefaults.filter { node.attribute($0.name) == nil }
            try add(
                function.body, opsets: function.opsetImports, slots: &inner, attributes: given, depth: depth + 1,
                prefix: label + "/")
            for (position, id) in function.body.outputs.enumerated() {
                if let outer = node.outputs[checked: position] ?? nil { slots[outer] = inner[id] }
            }
            return
        }
        let outputs = node.outputs.map { id in id == nil ? nil : newValue() as Int? }
        for (id, slot) in zip(node.outputs, outputs) {
            if let id { slots[id] = slot }
        }
        guard let opset = opsets.first(where: { canonical($0.domain) == node.op.canonicalDomain })?.version else {
            throw GraphError(.invalid, "the model imports no operator set of the domain \"\(node.op.canonicalDomain)\"")
        }
        guard let op = options.operators[node.op] else {
            unsupported.append("\(node.op) (opset \(opset))")
            return
        }
        let schema: OperatorSchema
        if let known = OperatorTable.schema(for: OperatorName(op.name.type, domain: op.name.domain), opset: opset) {
            schema = known
        } else if OperatorTable.knows(domain: op.name.domain) {
            throw GraphError(.unsupportedOperator, "there is no \(node.op) in version \(opset) of its operator set")
        } else {
            schema = OperatorSchema(
                name: op.name, since: opset, isDeprecated: false, inputs: [], outputs: [], attributes: [], types: [:])
        }
        var binding = try Binding(
            node, schema: schema, opset: opset, computesInDouble: options.precision == .float64)
        let kernel = try op.bind(&binding)
        if let name = binding.unread.first {
            throw GraphError(.argument, "\(node.op) doesn't know this attribute in version \(opset)", argument: name)
        }
        program.steps.append(
            Program.Step(
                node: node, label: label, kernel: kernel, inputs: inputs, outputs: outputs,
                names: node.outputs.map { id in isInFunction ? nil : id.map { graph[$0].name } }))
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

    /// Notes for every step which values it is the last to read.
    private mutating func markReleases() {
        var later = Set(program.outputs.map(\.value))
        for index in program.steps.indices.reversed() {
            let step = program.steps[index]
            var released: [Int] = []
            for case let slot? in step.inputs + step.outputs where later.insert(slot).inserted { released.append(slot) }
            program.steps[index].released = released
        }
    }
}

/// A node's name, or its operator and first output where it has none.
func nodeLabel(_ node: Node, _ graph: Graph) -> String {
    if !node.name.isEmpty { return "\(node.name) (\(node.op))" }
    let output = node.outputs.lazy.compactMap { $0 }.first.map { graph[$0].name } ?? ""
    return "\(node.op) -> \(output)"
}
