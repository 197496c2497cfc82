import GraphIR

/// One node on its way to a kernel: its attributes with the schema's defaults, each of which must be read.
public struct Binding {
    /// What the standard says of the operator in this version.
    public let schema: OperatorSchema
    /// The version of the operator set that the node is in.
    public let opset: Int64
    /// Which inputs the node gives.
    public let inputs: [Bool]
    /// Which outputs are wanted.
    public let outputs: [Bool]
    /// Whether all computing is done in float64.
    public let computesInDouble: Bool
    /// The attributes that no one has read yet.
    public private(set) var unread: [String]
    /// A number of the node's own, the same in every run: what random operators without a `seed` start from.
    public let seed: UInt64
    private let attributes: [Attribute]
    private let bodies: [ExactName: Body]

    /// - Parameter bodies: the node's graph attributes by name, ready to run.
    /// - Throws: `op.argument` where an attribute that the schema requires is missing.
    public init(
        _ node: Node, schema: OperatorSchema, opset: Int64, computesInDouble: Bool, seed: UInt64 = 0,
        bodies: [ExactName: Body] = [:]
    ) throws {
        self.schema = schema
        self.opset = opset
        inputs = node.inputs.map { $0 != nil }
        outputs = node.outputs.map { $0 != nil }
        self.computesInDouble = computesInDouble
        self.seed = seed
        self.bodies = bodies
        attributes = node.attributes
        unread = node.attributes.map(\.name)
        for rule in schema.attributes where rule.isRequired && node.attribute(rule.name) == nil {
            throw GraphError(.argument, "the attribute is required", argument: rule.name)
        }
    }

    /// The operator's version.
    public var version: Int64 { schema.since }

    private mutating func value(_ name: String) -> AttributeValue? {
        unread.removeAll { $0 == name }
        return attributes.first { $0.name == name }?.value ?? schema.attribute(name)?.defaultValue
    }

    private func wrongKind(_ name: String, _ kind: String) -> GraphError {
        GraphError(.argument, "the attribute must be of kind \(kind)", argument: name)
    }

    /// Takes note of attributes that have no effect on the results.
    public mutating func ignore(_ names: String...) {
        unread.removeAll { names.contains($0) }
    }

    /// An attribute that is an integer.
    public mutating func int(_ name: String) throws -> Int64? {
        guard let found = value(name) else { return nil }
        guard case .int(let value) = found else { throw wrongKind(name, "int") }
        return value
    }

    /// - Throws: `op.argument` where there is neither a value nor a default.
    public mutating func int(_ name: String, default fallback: Int64) throws -> Int64 { try int(name) ?? fallback }

    /// An attribute that is 0 or 1; ONNX takes anything that isn't 0 for true.
    /// - Throws: `op.argument` where there are more than 32 bits, which implementations cut off, to 0 perhaps.
    public mutating func flag(_ name: String, default fallback: Bool = false) throws -> Bool {
        guard let value = try int(name) else { return fallback }
        guard let number = Int32(exactly: value) else {
            throw GraphError(.argument, "\(value), expected 0 or 1", argument: name)
        }
        return number != 0
    }

    /// `keepdims`, which every implementation takes for true where it is 1 and nothing else.
    mutating func keepsDimensions() throws -> Bool { try int("keepdims", default: 1) == 1 }

    /// An attribute that is a list of integers.
    public mutating func ints(_ name: String) throws -> [Int64]? {
        guard let found = value(name) else { return nil }
        guard case .ints(let values) = found else { throw wrongKind(name, "ints") }
        return values
    }

    /// An attribute that is a float.
    public mutating func float(_ name: String) throws -> Float? {
        guard let found = value(name) else { return nil }
        guard case .float(let value) = found else { throw wrongKind(name, "float") }
        return value
    }

    /// An attribute that is a float, or what stands for it.
    public mutating func float(_ name: String, default fallback: Float) throws -> Float { try float(name) ?? fallback }

    /// A float attribute for computing in double. In a session that computes in float64 it is the shortest decimal that
    /// rounds to the float, which is what its writer meant: an epsilon of 1e-5 is then 1e-5 and not 9.99999974…e-6.
    public mutating func real(_ name: String, default fallback: Float) throws -> Double {
        let value = try float(name) ?? fallback
        return computesInDouble ? Double(value.description) ?? Double(value) : Double(value)
    }

    /// An attribute that is a list of floats.
    public mutating func floats(_ name: String) throws -> [Float]? {
        guard let found = value(name) else { return nil }
        guard case .floats(let values) = found else { throw wrongKind(name, "floats") }
        return values
    }

    /// Text; bytes that aren't UTF-8 are replaced, so they match nothing that is expected.
    public mutating func string(_ name: String) throws -> String? {
        guard let found = value(name) else { return nil }
        guard case .string(let bytes) = found else { throw wrongKind(name, "string") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An attribute that is a string, as bytes.
    public mutating func bytes(_ name: String) throws -> [UInt8]? {
        guard let found = value(name) else { return nil }
        guard case .string(let bytes) = found else { throw wrongKind(name, "string") }
        return bytes
    }

    /// An attribute that is a list of strings, as bytes.
    public mutating func strings(_ name: String) throws -> [[UInt8]]? {
        guard let found = value(name) else { return nil }
        guard case .strings(let values) = found else { throw wrongKind(name, "strings") }
        return values
    }

    /// An attribute that is a tensor.
    public mutating func tensor(_ name: String) throws -> Tensor? {
        guard let found = value(name) else { return nil }
        guard case .tensor(let record) = found else { throw wrongKind(name, "tensor") }
        return record.tensor
    }

    /// An attribute that is a sparse tensor.
    public mutating func sparseTensor(_ name: String) throws -> SparseTensorRecord? {
        guard let found = value(name) else { return nil }
        guard case .sparseTensor(let record) = found else { throw wrongKind(name, "sparse_tensor") }
        return record
    }

    /// An attribute that is a type.
    public mutating func type(_ name: String) throws -> ValueType? {
        guard let found = value(name) else { return nil }
        guard case .type(let type) = found else { throw wrongKind(name, "type_proto") }
        return type
    }

    /// A graph, ready to run.
    public mutating func body(_ name: String) throws -> Body? {
        guard let found = value(name) else { return nil }
        guard case .graph = found, let body = bodies[ExactName(name)] else { throw wrongKind(name, "graph") }
        return body
    }
}
