import OrderedCollections

/// The number of a value (a wire) in its graph.
public struct ValueID: Hashable, Sendable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
}

/// A wire of a graph: made once, by a node, as a graph input, as an initializer, or in an enclosing graph.
public struct Value: Sendable {
    /// Unique in the graph, byte by byte.
    public var name: String
    /// The type, as far as the model declares it.
    public var type: ValueType?
    /// What the model says about the value.
    public var docString: String?
    public var metadata: [MetadataEntry] = []
    public var unknown = UnknownFields()

    public init(_ name: String, type: ValueType? = nil) {
        self.name = name
        self.type = type
    }
}

/// An operator's full name.
public struct OperatorName: Hashable, Sendable, CustomStringConvertible {
    /// Empty for ONNX's own; the alias `ai.onnx` is read as that by ``canonicalDomain``.
    public var domain: String
    /// The operator's type: `Conv`.
    public var type: String
    /// Tells functions of one name apart (IR version 10).
    public var overload: String

    public init(_ type: String, domain: String = "", overload: String = "") {
        self.type = type
        self.domain = domain
        self.overload = overload
    }

    /// The domain with `ai.onnx` written as the empty string.
    public var canonicalDomain: String { domain == "ai.onnx" ? "" : domain }
    public var description: String { canonicalDomain.isEmpty ? type : "\(domain).\(type)" }
}

/// One operator at work (`NodeProto`).
public struct Node: Sendable {
    /// The node's name; it may be empty.
    public var name: String
    /// Which operator it is.
    public var op: OperatorName
    /// `nil` where an optional input is left out.
    public var inputs: [ValueID?]
    /// `nil` where an optional output is not wanted.
    public var outputs: [ValueID?]
    /// The attributes, in the model's order.
    public var attributes: [Attribute]
    /// What the model says about the node.
    public var docString: String?
    public var metadata: [MetadataEntry] = []
    public var deviceConfigurations: [NodeDeviceConfiguration] = []
    public var unknown = UnknownFields()

    public init(
        _ op: OperatorName, name: String = "", inputs: [ValueID?], outputs: [ValueID?], attributes: [Attribute] = []
    ) {
        self.op = op
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
    }

    /// The attribute of this name.
    public func attribute(_ name: String) -> AttributeValue? {
        attributes.first { $0.name == name }?.value
    }
}

/// How a quantised value came to be (`TensorAnnotation`).
public struct QuantizationAnnotation: Sendable {
    /// The tensor that the annotation is about.
    public var tensorName: String
    /// Which tensors hold its scale and zero point.
    public var parameters: [MetadataEntry]
    public var unknown = UnknownFields()
    public init(tensorName: String, parameters: [MetadataEntry]) {
        self.tensorName = tensorName
        self.parameters = parameters
    }
}

/// A value's second declaration that differs from the first: as an output after it was an input, in `value_info` after
/// either. The graph goes by the first one; this one is kept to be written back.
public struct Redeclaration: Sendable {
    public enum List: Sendable, Hashable { case outputs, valueInfo }
    /// The list that repeats the value.
    public var list: List
    /// Where it stands in that list of the file.
    public var position: Int
    /// The value as repeated there.
    public var value: Value
    public init(list: List, position: Int, value: Value) {
        self.list = list
        self.position = position
        self.value = value
    }
}

/// A computation: values, and nodes that make some of them of others (`GraphProto`).
///
/// A value type. Nodes stand in the order of the file; ``checkInvariants(outerScope:)`` says whether that is a
/// topological order. A value that nothing in the graph makes comes from an enclosing graph.
public struct Graph: Sendable {
    /// The graph's name.
    public var name: String?
    /// What the model says about the graph.
    public var docString: String?
    public var metadata: [MetadataEntry] = []
    public var unknown = UnknownFields()

    /// All values, by their ids.
    public internal(set) var values: [Value] = []
    /// The nodes, in the model's order.
    public var nodes: [Node] = []
    /// The values that a run feeds.
    public var inputs: [ValueID] = []
    /// The values that a run gives.
    public var outputs: [ValueID] = []
    /// Constants. In IR versions below 4 each is an input too, and stays one.
    public var initializers: OrderedDictionary<ValueID, TensorRecord> = [:]
    /// Sparse weights by the value they belong to.
    public var sparseInitializers: OrderedDictionary<ValueID, SparseTensorRecord> = [:]
    /// Values that the file lists under `value_info`, in its order.
    public var valueInfo: OrderedSet<ValueID> = []
    /// What the model says about quantized tensors.
    public var quantizationAnnotations: [QuantizationAnnotation] = []
    /// What a file says again, and differently, of a value that it declares more than once.
    public var redeclarations: [Redeclaration] = []

    var idsByName: [ExactName: ValueID] = [:]

    public init(name: String? = nil) { self.name = name }

    /// The value of an id that belongs to this graph.
    public subscript(id: ValueID) -> Value {
        get { values[id.index] }
        set {
            if ExactName(newValue.name) != ExactName(values[id.index].name) {
                idsByName[ExactName(values[id.index].name)] = nil
                idsByName[ExactName(newValue.name)] = id
            }
            values[id.index] = newValue
        }
    }

    /// The value of this name, where there is one.
    public func id(named name: String) -> ValueID? { idsByName[ExactName(name)] }
}
