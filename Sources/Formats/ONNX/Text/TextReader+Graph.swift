import GraphIR

extension TextReader {
    mutating func graph(name: String, depth: Int, inFunction: Bool) throws -> Graph {
        guard depth < GraphLimit.depth else {
            throw cursor.error(
                "graphs are nested more than \(GraphLimit.depth) deep", at: cursor.position, code: .limitDepth)
        }
        var initializers: [TensorRecord] = []
        let inputs = cursor.next(is: "(") ? try values("(", ")", "inputs", &initializers, areInputs: true) : []
        try cursor.expectArrow()
        try cursor.expect("(", "before the graph's outputs")
        var outputs: [Value] = []
        if !cursor.take(")") {
            repeat { outputs.append(try declaration()) } while cursor.take(",")
            try cursor.expect(")", "after the graph's outputs")
        }
        let info = cursor.next(is: "<") ? try values("<", ">", "values", &initializers, areInputs: false) : []
        var declarations = GraphDeclarations(Graph(name: name))
        for value in inputs { try declarations.addInput(value) }
        for value in outputs { declarations.addOutput(value) }
        declarations.addValueInfo(info)
        for record in initializers { try declarations.addInitializer(record) }
        var graph = declarations.graph
        try nodes(&graph, depth: depth, inFunction: inFunction)
        return graph
    }

    /// A list of values, each of which may be an initializer. An input that is one stays an input.
    private mutating func values(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ what: String, _ initializers: inout [TensorRecord],
        areInputs: Bool
    ) throws -> [Value] {
        var values: [Value] = []
        try cursor.expect(open, "before the graph's \(what)")
        if cursor.take(close) { return values }
        repeat {
            let value = try declaration()
            if cursor.take("=") {
                initializers.append(try placed { try $0.tensor(of: value.type, name: value.name) })
                if !areInputs { continue }
            }
            values.append(value)
        } while cursor.take(",")
        try cursor.expect(close, "after the graph's \(what)")
        return values
    }

    /// A value's type, where it has one, and name.
    mutating func declaration() throws -> Value {
        var type: ValueType?
        if nextIsType { type = try self.type(depth: 0) }
        return Value(try cursor.name("the name of a value"), type: type)
    }

    mutating func nodes(_ graph: inout Graph, depth: Int, inFunction: Bool) throws {
        try cursor.expect("{", "before the nodes")
        while !cursor.take("}") {
            graph.nodes.append(try placed { try $0.node(&graph, depth: depth, inFunction: inFunction) })
        }
    }

    private mutating func node(_ graph: inout Graph, depth: Int, inFunction: Bool) throws -> Node {
        var node = Node(OperatorName(""), inputs: [], outputs: [])
        if cursor.take("[") {
            if !cursor.next(is: "]") { node.name = try cursor.name("the name of a node") }
            if node.name.isEmpty { node.unknown.unusualPresence.append(3) }
            try cursor.expect("]", "after the name of a node")
        }
        let outputs = try cursor.names()
        try cursor.expect("=", "between a node's outputs and its operator")
        var path = [try cursor.expectIdentifier("an operator")]
        while cursor.take(".") { path.append(try cursor.expectIdentifier("an operator")) }
        node.op.type = path.removeLast()
        node.op.domain = path.joined(separator: ".")
        if cursor.take(":") { node.op.overload = try cursor.expectIdentifier("an overload") }
        node.attributes = try attributes(depth: depth, inFunction: inFunction)
        try cursor.expect("(", "before a node's inputs")
        let inputs = try cursor.names()
        try cursor.expect(")", "after a node's inputs")
        if node.attributes.isEmpty { node.attributes = try attributes(depth: depth, inFunction: inFunction) }
        node.inputs = inputs.map { $0.isEmpty ? nil : graph.value(named: $0) }
        node.outputs = outputs.map { $0.isEmpty ? nil : graph.value(named: $0) }
        return node
    }

    private mutating func attributes(depth: Int, inFunction: Bool) throws -> [Attribute] {
        var attributes: [Attribute] = []
        guard cursor.take("<") else { return attributes }
        var seen: Set<ExactName> = []
        repeat {
            let name = try cursor.expectIdentifier("the name of an attribute")
            guard seen.insert(ExactName(name)).inserted else {
                throw FormatError(.graphDuplicate, "the attribute '\(name)' is there twice")
            }
            attributes.append(try attribute(name, depth: depth, inFunction: inFunction))
        } while cursor.take(",")
        try cursor.expect(">", "after attributes")
        return attributes
    }

    // MARK: Types

    /// Whether a type comes next: a name in quotes is none.
    var nextIsType: Bool { cursor.peekIdentifier().map(TextSyntax.isTypeName) ?? false }

    /// Types within types.
    private static let typeDepth = 64

    mutating func type(depth: Int) throws -> ValueType {
        guard depth < Self.typeDepth else {
            throw cursor.error(
                "types are nested more than \(Self.typeDepth) deep", at: cursor.position, code: .limitDepth)
        }
        _ = cursor.peek()
        let start = cursor.position
        let word = try cursor.expectIdentifier("a type")
        if let element = TextSyntax.elementTypes[word] {
            return ValueType(.tensor(elementType: element.rawValue, shape: try shape()))
        }
        guard TextSyntax.otherTypes.contains(word) else { throw cursor.error("'\(word)' is no type", at: start) }
        try cursor.expect("(", "after '\(word)'")
        let kind: ValueType.Kind
        switch word {
        case "seq": kind = .sequence(try type(depth: depth + 1))
        case "optional": kind = .optional(try type(depth: depth + 1))
        case "map":
            let key = try elementType()
            try cursor.expect(",", "between a map's types")
            kind = .map(keyType: key.rawValue, value: try type(depth: depth + 1))
        case "sparse_tensor":
            let element = try elementType()
            kind = .sparseTensor(elementType: element.rawValue, shape: try shape())
        default: kind = try opaque()
        }
        try cursor.expect(")", "at the end of '\(word)'")
        return ValueType(kind)
    }

    private mutating func elementType() throws -> ElementType {
        _ = cursor.peek()
        let start = cursor.position
        let word = try cursor.expectIdentifier("an element type")
        guard let type = TextSyntax.elementTypes[word] else {
            throw cursor.error("'\(word)' is no element type", at: start)
        }
        return type
    }

    private mutating func opaque() throws -> ValueType.Kind {
        if cursor.next(is: ")") { return .opaque(domain: "", name: "") }
        var path = try cursor.expectIdentifier("the name of an opaque type")
        while cursor.take(".") { path += "." + (try cursor.expectIdentifier("the name of an opaque type")) }
        guard cursor.take(",") else { return .opaque(domain: "", name: path) }
        return .opaque(domain: path, name: try cursor.expectIdentifier("the name of an opaque type"))
    }

    /// `float` is a scalar, `float[]` of unknown rank.
    private mutating func shape() throws -> [AnnotatedDimension]? {
        guard cursor.take("[") else { return [] }
        if cursor.take("]") { return nil }
        var shape: [AnnotatedDimension] = []
        repeat {
            if cursor.take("?") {
                shape.append(AnnotatedDimension(.unknown))
            } else if cursor.next(is: "\"") || cursor.peekIdentifier() != nil {
                shape.append(AnnotatedDimension(.named(try cursor.name("a dimension"))))
            } else {
                shape.append(AnnotatedDimension(.size(try cursor.integer("a dimension"))))
            }
        } while cursor.take(",")
        try cursor.expect("]", "after the dimensions")
        return shape
    }
}
