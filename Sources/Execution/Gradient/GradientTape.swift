import GraphIR
import Operators

/// Derivatives on their way through one node, from its outputs to its inputs: what a rule reads and writes.
struct GradientTape {
    /// The graph, to which nodes are added.
    private(set) var graph: Graph
    /// The node that is passed.
    let node: Node
    /// The derivatives by the node's outputs; `nil` where nothing depends on one.
    let outputGradients: [ValueID?]
    /// The version of ONNX's operator set.
    let opset: Int64

    init(graph: Graph, node: Node, outputGradients: [ValueID?], opset: Int64) {
        self.graph = graph
        self.node = node
        self.outputGradients = outputGradients
        self.opset = opset
    }

    /// - Throws: `op.argument` where the input is left out.
    func input(_ position: Int) throws -> ValueID {
        guard let id = node.inputs[checked: position] ?? nil else {
            throw GraphError(.argument, "the input is required", argument: "input \(position)")
        }
        return id
    }

    /// The node's first output.
    func output() throws -> ValueID {
        guard let id = node.outputs.first ?? nil else {
            throw GraphError(.argument, "the output is required", argument: "output 0")
        }
        return id
    }

    /// The derivative by the node's only output that has one.
    func gradient() throws -> ValueID {
        guard let id = outputGradients.first ?? nil, outputGradients.dropFirst().allSatisfy({ $0 == nil }) else {
            throw GraphError(.unsupportedOperator, "no derivative for the further outputs of \(node.op)")
        }
        return id
    }

    func int(_ name: String) throws -> Int64? {
        guard let value = node.attribute(name) else { return nil }
        guard case .int(let number) = value else {
            throw GraphError(.argument, "the attribute must be of kind int", argument: name)
        }
        return number
    }

    func float(_ name: String, default fallback: Float) throws -> Double {
        guard let value = node.attribute(name) else { return Double(fallback) }
        guard case .float(let number) = value else {
            throw GraphError(.argument, "the attribute must be of kind float", argument: name)
        }
        return Double(number)
    }

    /// Adds a node of one output.
    mutating func emit(
        _ type: String, _ inputs: [ValueID?], domain: String = "", attributes: [Attribute] = []
    ) -> ValueID {
        let output = graph.addValue("gradient/\(graph.nodes.count)")
        graph.nodes.append(
            Node(OperatorName(type, domain: domain), inputs: inputs, outputs: [output], attributes: attributes))
        return output
    }

    /// Adds the node once more, with other inputs.
    mutating func copy(inputs: [ValueID?], outputs: Int, dropping attributes: Set<String> = []) -> [ValueID] {
        let results = (0..<outputs).map { graph.addValue("gradient/\(graph.nodes.count)/\($0)") }
        graph.nodes.append(
            Node(
                node.op, inputs: inputs, outputs: results,
                attributes: node.attributes.filter { !attributes.contains($0.name) }))
        return results
    }

    /// Adds a node of our own.
    mutating func part(_ type: String, _ inputs: ValueID?..., attributes: [Attribute] = []) -> ValueID {
        emit(type, inputs, domain: OperatorName.gradientDomain, attributes: attributes)
    }

    mutating func part(_ type: String, _ inputs: [ValueID?], attributes: [Attribute]) -> ValueID {
        emit(type, inputs, domain: OperatorName.gradientDomain, attributes: attributes)
    }

    mutating func add(_ a: ValueID, _ b: ValueID) -> ValueID { emit("Add", [a, b]) }
    mutating func subtract(_ a: ValueID, _ b: ValueID) -> ValueID { emit("Sub", [a, b]) }
    mutating func multiply(_ a: ValueID, _ b: ValueID) -> ValueID { emit("Mul", [a, b]) }
    mutating func divide(_ a: ValueID, _ b: ValueID) -> ValueID { emit("Div", [a, b]) }
    mutating func negate(_ a: ValueID) -> ValueID { emit("Neg", [a]) }

    /// scale · a + shift.
    mutating func affine(_ a: ValueID, scale: Double = 1, shift: Double = 0) -> ValueID {
        part(
            "Affine", a,
            attributes: [Attribute("scale", .float(Float(scale))), Attribute("shift", .float(Float(shift)))])
    }

    /// `gradient` summed over what broadcasting repeated of an input.
    mutating func summed(_ gradient: ValueID, to input: ValueID) -> ValueID { part("SumTo", gradient, input) }

    /// 1 where two tensors are equal, else 0, in the type of the first.
    mutating func equal(_ a: ValueID, _ b: ValueID) -> ValueID { part("CastTo", emit("Equal", [a, b]), a) }
}
