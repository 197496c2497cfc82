import GraphIR

/// An operator that can be run: a value, one per operator, in one file each under `Ops/`.
///
/// Binding a node reads its attributes once, lifts the forms of older operator sets to the newest, and gives a kernel.
public struct Operator: Sendable {
    /// What the results of an operator can promise against exact arithmetic on the same inputs.
    public enum Accuracy: Sendable, Hashable {
        /// Moves, compares or counts: every bit is determined.
        case exact
        /// Each element is rounded on its own: at most that many units in the last place.
        case rounding(ulps: Double)
        /// Sums of products of many elements: the error grows with the square root of their number.
        case accumulating
    }

    /// The domain and name.
    public let name: OperatorName
    /// The promise that tests and tolerances are derived from.
    public let accuracy: Accuracy
    /// Reads the node's attributes and makes the kernel.
    public let bind: @Sendable (inout Binding) throws -> Kernel

    public init(
        _ name: String, domain: String = "", accuracy: Accuracy,
        bind: @escaping @Sendable (inout Binding) throws -> Kernel
    ) {
        self.name = OperatorName(name, domain: domain)
        self.accuracy = accuracy
        self.bind = bind
    }

    /// The operator's page in the specification.
    public var specification: String {
        let domain = name.domain.isEmpty ? "" : name.domain.split(separator: ".").joined()
        return "https://onnx.ai/onnx/operators/onnx_\(domain)_\(name.type).html"
    }
}

/// A bound operator: takes a call's inputs and makes its outputs.
public typealias Kernel = @Sendable (Call) throws -> [Tensor?]

/// One node on its way to a kernel: its attributes with the schema's defaults, each of which must be read.
public struct Binding {
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
    private let attributes: [Attribute]

    /// - Throws: `op.argument` where an attribute that the schema requires is missing.
    public init(_ node: Node, schema: OperatorSchema, opset: Int64, computesInDouble: Bool) throws {
        self.schema = schema
        self.opset = opset
        inputs = node.inputs.map { $0 != nil }
        outputs = node.outputs.map { $0 != nil }
        self.computesInDouble = computesInDouble
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

    public mutating func int(_ name: String) throws -> Int64? {
        guard let found = value(name) else { return nil }
        guard case .int(let value) = found else { throw wrongKind(name, "int") }
        return value
    }

    /// - Throws: `op.argument` where there is neither a value nor a default.
    public mutating func int(_ name: String, default fallback: Int64) throws -> Int64 { try int(name) ?? fallback }

    /// An attribute that is 0 or 1; ONNX takes anything that isn't 0 for true.
    public mutating func flag(_ name: String, default fallback: Bool = false) throws -> Bool {
        try int(name).map { $0 != 0 } ?? fallback
    }

    public mutating func ints(_ name: String) throws -> [Int64]? {
        guard let found = value(name) else { return nil }
        guard case .ints(let values) = found else { throw wrongKind(name, "ints") }
        return values
    }

    public mutating func float(_ name: String) throws -> Float? {
        guard let found = value(name) else { return nil }
        guard case .float(let value) = found else { throw wrongKind(name, "float") }
        return value
    }

    public mutating func float(_ name: String, default fallback: Float) throws -> Float { try float(name) ?? fallback }

    /// A float attribute for computing in double. In a session that computes in float64 it is the shortest decimal that
    /// rounds to the float, which is what its writer meant: an epsilon of 1e-5 is then 1e-5 and not 9.99999974…e-6.
    public mutating func real(_ name: String, default fallback: Float) throws -> Double {
        let value = try float(name) ?? fallback
        return computesInDouble ? Double(value.description) ?? Double(value) : Double(value)
    }

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

    public mutating func bytes(_ name: String) throws -> [UInt8]? {
        guard let found = value(name) else { return nil }
        guard case .string(let bytes) = found else { throw wrongKind(name, "string") }
        return bytes
    }

    public mutating func strings(_ name: String) throws -> [[UInt8]]? {
        guard let found = value(name) else { return nil }
        guard case .strings(let values) = found else { throw wrongKind(name, "strings") }
        return values
    }

    public mutating func tensor(_ name: String) throws -> Tensor? {
        guard let found = value(name) else { return nil }
        guard case .tensor(let record) = found else { throw wrongKind(name, "tensor") }
        return record.tensor
    }
}
