import GraphIR

/// What the standard says of one version of an operator: its formal inputs, outputs and attributes.
/// Source: the schemas that https://onnx.ai/onnx/operators/ is made from.
public struct OperatorSchema: Sendable {
    /// How often a formal input or output may occur.
    public enum Arity: Sendable, Hashable {
        case single
        case optional
        /// The last one, repeated at least `minimum` times; `uniform` where all must be of one type.
        case variadic(minimum: Int, uniform: Bool)
    }

    /// A formal input or output.
    public struct Parameter: Sendable, Hashable {
        /// The name that the standard gives it.
        public let name: String
        /// The letter of a type constraint, or a type such as `tensor(int64)`.
        public let type: String
        /// How often it may occur.
        public let arity: Arity
    }

    /// A formal attribute.
    public struct AttributeRule: Sendable {
        /// The attribute's name.
        public let name: String
        /// The type of its value.
        public let kind: AttributeKind
        /// Whether a node must have it.
        public let isRequired: Bool
        /// What stands for it where a node hasn't got it.
        public let defaultValue: AttributeValue?
    }

    /// The operator.
    public let name: OperatorName
    /// The version of the operator set that brought this form.
    public let since: Int64
    /// Whether the standard has withdrawn the operator.
    public let isDeprecated: Bool
    /// The formal inputs, in order.
    public let inputs: [Parameter]
    /// The formal outputs, in order.
    public let outputs: [Parameter]
    /// The formal attributes.
    public let attributes: [AttributeRule]
    /// The types that each type constraint allows, as ONNX writes them.
    public let types: [String: Set<String>]

    public init(
        name: OperatorName, since: Int64, isDeprecated: Bool = false, inputs: [Parameter], outputs: [Parameter],
        attributes: [AttributeRule], types: [String: Set<String>] = [:]
    ) {
        self.name = name
        self.since = since
        self.isDeprecated = isDeprecated
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
        self.types = types
    }

    /// The fewest and the most inputs.
    public var inputCounts: ClosedRange<Int> { OperatorSchema.counts(inputs) }
    /// The fewest and the most outputs.
    public var outputCounts: ClosedRange<Int> { OperatorSchema.counts(outputs) }

    /// The formal attribute of that name.
    public func attribute(_ name: String) -> AttributeRule? { attributes.first { $0.name == name } }

    /// The formal parameter that the position falls to; a variadic one takes all that follow it.
    public static func parameter(_ parameters: [Parameter], at position: Int) -> Parameter? {
        if let found = parameters[checked: position] { return found }
        if let last = parameters.last, case .variadic = last.arity { return last }
        return nil
    }

    /// The types allowed for a parameter.
    public func allowedTypes(_ parameter: Parameter) -> Set<String> { types[parameter.type] ?? [parameter.type] }

    private static func counts(_ parameters: [Parameter]) -> ClosedRange<Int> {
        var least = 0
        var most = 0
        for (position, parameter) in parameters.enumerated() {
            switch parameter.arity {
            case .single:
                least = position + 1
                most += 1
            case .optional: most += 1
            case .variadic(let minimum, _):
                if minimum > 0 { least = position + minimum }
                most = Int.max
            }
        }
        return least...max(most, least)
    }
}

/// The kinds of attributes, named as in ONNX's `AttributeType`, lower case.
public enum AttributeKind: String, Sendable {
    case float, int, string, tensor, graph, sparseTensor = "sparse_tensor", type = "type_proto"
    case floats, ints, strings, tensors, graphs, sparseTensors = "sparse_tensors", types = "type_protos"

    /// The kind of a value; `nil` for a reference, whose kind is a number of its own.
    public init?(_ value: AttributeValue) {
        switch value {
        case .float: self = .float
        case .int: self = .int
        case .string: self = .string
        case .tensor: self = .tensor
        case .graph: self = .graph
        case .sparseTensor: self = .sparseTensor
        case .type: self = .type
        case .floats: self = .floats
        case .ints: self = .ints
        case .strings: self = .strings
        case .tensors: self = .tensors
        case .graphs: self = .graphs
        case .sparseTensors: self = .sparseTensors
        case .types: self = .types
        case .reference: return nil
        }
    }

    /// The kind of a number of `AttributeProto.AttributeType`.
    public init?(number: Int32) {
        let kinds: [AttributeKind] = [
            .float, .int, .string, .tensor, .graph, .floats, .ints, .strings, .tensors, .graphs, .sparseTensor,
            .sparseTensors, .type, .types,
        ]
        guard let index = Int(exactly: number)?.subtracting(checked: 1), let kind = kinds[checked: index] else {
            return nil
        }
        self = kind
    }
}

/// All operators of ONNX in all their versions.
public enum OperatorTable {
    /// The schema that an operator has in a version of its domain's operator set: the newest not above it.
    /// - Returns: `nil` where the domain has no such operator in that version, or none any more (see ``isDeprecated``).
    public static func schema(for name: OperatorName, opset: Int64) -> OperatorSchema? {
        schemaEvenDeprecated(for: name, opset: opset).flatMap { $0.isDeprecated ? nil : $0 }
    }

    /// The same, where the newest form may be the note that the operator is no more.
    public static func schemaEvenDeprecated(for name: OperatorName, opset: Int64) -> OperatorSchema? {
        guard name.overload.isEmpty else { return nil }
        return versions(of: name).last { $0.since <= opset }
    }

    /// All versions of an operator, oldest first.
    public static func versions(of name: OperatorName) -> [OperatorSchema] {
        schemas[ExactName(name.description)] ?? []
    }

    /// Whether the domain is one that the table covers, so that an operator that isn't in it doesn't exist.
    public static func knows(domain: String) -> Bool { domains.contains(domain) }

    /// All operators, sorted by domain and name.
    public static let names: [OperatorName] = {
        var found: [OperatorName] = []
        for schema in all where found.last != schema.name { found.append(schema.name) }
        return found
    }()

    private static let domains = Set(all.map(\.name.domain))

    private static let schemas: [ExactName: [OperatorSchema]] = {
        var table: [ExactName: [OperatorSchema]] = [:]
        for schema in all { table[ExactName(schema.name.description), default: []].append(schema) }
        return table
    }()

    private static let all: [OperatorSchema] = SchemaParser.parse(data)
}
