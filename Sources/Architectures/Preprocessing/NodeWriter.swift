import GraphIR

/// Adds nodes in front of a graph's own, each named after what they are for and its operator.
///
/// Only operators whose form is the same from opset 13 on are meant to be written with it.
final class NodeWriter {
    /// The graph; the nodes that were written stand in front after ``finish(into:)``.
    private(set) var graph: Graph
    private var nodes: [Node] = []
    private let prefix: String
    private var count = 0

    /// - Parameter prefix: what the names of nodes and values start with.
    init(_ graph: Graph, prefix: String) {
        self.graph = graph
        self.prefix = prefix
    }

    /// A node with one output.
    func callAsFunction(_ type: String, _ inputs: ValueID..., attributes: [Attribute] = []) -> ValueID {
        count += 1
        let name = "\(prefix)/\(type)_\(count)"
        let output = graph.addValue(name)
        nodes.append(
            Node(
                OperatorName(type), name: "/" + name, inputs: inputs.map(Optional.some), outputs: [output],
                attributes: attributes))
        return output
    }

    func constant(_ tensor: Tensor) -> ValueID {
        self("Constant", attributes: [Attribute("value", .tensor(TensorRecord(tensor)))])
    }

    /// A scalar of float64.
    func real(_ value: Double) throws -> ValueID { constant(try Tensor(scalar: value)) }

    /// A scalar of int64.
    func integer(_ value: Int) throws -> ValueID { constant(try Tensor(scalar: Int64(value))) }

    /// A vector of int64.
    func integers(_ values: [Int]) throws -> ValueID {
        constant(try Tensor(values.map { Int64($0) }, shape: [values.count]))
    }

    func cast(_ value: ValueID, to type: ElementType) -> ValueID {
        self("Cast", value, attributes: [Attribute("to", .int(Int64(type.rawValue)))])
    }

    func gather(_ value: ValueID, _ indices: ValueID, axis: Int) -> ValueID {
        self("Gather", value, indices, attributes: [Attribute("axis", .int(Int64(axis)))])
    }

    /// `If` with one output. The branches see this graph's values through ``Branch``.
    func branch(
        _ condition: ValueID, then: (Branch) throws -> ValueID, otherwise: (Branch) throws -> ValueID
    ) throws -> ValueID {
        func body(_ name: String, _ write: (Branch) throws -> ValueID) throws -> Attribute {
            let writer = NodeWriter(Graph(name: name), prefix: "\(prefix)/\(name)")
            let result = try write(Branch(writer: writer, outer: graph))
            writer.graph.outputs = [result]
            writer.graph.nodes = writer.nodes
            return Attribute(name, .graph(writer.graph))
        }
        return self(
            "If", condition, attributes: [try body("then_branch", then), try body("else_branch", otherwise)])
    }

    /// The graph under construction within an `If`.
    struct Branch {
        let writer: NodeWriter
        fileprivate let outer: Graph

        /// A value of the enclosing graph.
        func outer(_ value: ValueID) -> ValueID { writer.graph.value(named: outer[value].name) }
    }

    /// A new input, in the place of `old`, which a node makes from now on.
    func replaceInput(_ old: ValueID, by name: String, type: ValueType) -> ValueID {
        let input = graph.addValue(name, type: type)
        graph.inputs = graph.inputs.map { $0 == old ? input : $0 }
        graph.valueInfo.append(old)
        return input
    }

    /// Lets the last node make `value`, and puts all that were written in front.
    func finish(into value: ValueID) -> Graph {
        if !nodes.isEmpty { nodes[nodes.count - 1].outputs = [value] }
        graph.nodes = nodes + graph.nodes
        return graph
    }

    /// Replaces a dimension that is only a name by its size, in all types.
    func fix(_ name: String, to size: Int) {
        for index in graph.values.indices {
            let id = ValueID(index)
            guard case .tensor(let type, let shape?) = graph[id].type?.kind else { continue }
            graph[id].type?.kind = .tensor(
                elementType: type,
                shape: shape.map { dimension in
                    guard dimension.dimension == .named(name) else { return dimension }
                    return AnnotatedDimension(.size(Int64(size)), denotation: dimension.denotation)
                })
        }
    }
}
