/// A graph with what it needs to mean something: operator sets, functions, who made it (`ModelProto`).
///
/// Optional strings are `nil` where the file doesn't set the field, so that what was read is written back the same.
public struct Model: Sendable {
    /// The version of ONNX's file format.
    public var irVersion: Int64?
    /// The operator sets that the model's nodes are of.
    public var opsetImports: [OpsetImport]
    /// The tool that made the model.
    public var producerName: String?
    /// The version of the tool that made the model.
    public var producerVersion: String?
    /// The model's domain, as a reversed host name.
    public var domain: String?
    /// The version of the model itself.
    public var modelVersion: Int64?
    /// What the model says about itself.
    public var docString: String?
    /// The main graph.
    public var graph: Graph
    public var metadata: [MetadataEntry] = []
    public var trainingInfo: [TrainingInfo] = []
    /// Functions that nodes may call.
    public var functions: [Function] = []
    public var deviceConfigurations: [DeviceConfiguration] = []
    public var unknown = UnknownFields()

    public init(graph: Graph, irVersion: Int64?, opsetImports: [OpsetImport]) {
        self.graph = graph
        self.irVersion = irVersion
        self.opsetImports = opsetImports
    }

    /// The version of a domain's operator set that the model asks for.
    public func opsetVersion(of domain: String = "") -> Int64? {
        let wanted = domain == "ai.onnx" ? "" : domain
        return opsetImports.first { ($0.domain == "ai.onnx" ? "" : $0.domain ?? "") == wanted }?.version
    }
}

/// A domain and the version of its operators (`OperatorSetIdProto`).
public struct OpsetImport: Sendable, Hashable {
    /// The operators' domain; `nil` and empty are ONNX's own.
    public var domain: String?
    /// The version of the operator set.
    public var version: Int64
    public var unknown = UnknownFields()
    public init(_ domain: String?, _ version: Int64) {
        self.domain = domain
        self.version = version
    }
}

/// An operator defined by a graph (`FunctionProto`).
public struct Function: Sendable {
    /// The operator that the function stands for.
    public var name: OperatorName
    /// Formal inputs and outputs are `body.inputs` and `body.outputs`; nodes and value info are the body's.
    public var body: Graph
    /// Attributes without a default.
    public var attributeNames: [String] = []
    /// Attributes with a default.
    public var attributeDefaults: [Attribute] = []
    /// The operator sets that the body's nodes are of.
    public var opsetImports: [OpsetImport] = []
    /// What the model says about the function.
    public var docString: String?
    public var metadata: [MetadataEntry] = []
    public var unknown = UnknownFields()

    public init(_ name: OperatorName, body: Graph) {
        self.name = name
        self.body = body
    }
}

/// How to go on training a model (`TrainingInfoProto`).
public struct TrainingInfo: Sendable {
    /// The graph that sets the values at the start of training.
    public var initialization: Graph?
    /// The graph of one step of training.
    public var algorithm: Graph?
    /// The initializers that ``initialization`` sets, and by which of its outputs.
    public var initializationBinding: [MetadataEntry] = []
    /// The initializers that ``algorithm`` sets, and by which of its outputs.
    public var updateBinding: [MetadataEntry] = []
    public var unknown = UnknownFields()
    public init() {}
}

/// A set of devices that a model may run on (`DeviceConfigurationProto`, IR version 11).
public struct DeviceConfiguration: Sendable, Hashable {
    public var name: String?
    public var deviceCount: Int32?
    public var devices: [String] = []
    public var unknown = UnknownFields()
    public init() {}
}

/// Where a node runs (`NodeDeviceConfigurationProto`).
public struct NodeDeviceConfiguration: Sendable, Hashable {
    public var configurationID: String?
    public var shardings: [Sharding] = []
    public var pipelineStage: Int32?
    public var unknown = UnknownFields()
    public init() {}
}

/// How a tensor is spread over devices (`ShardingSpecProto`).
public struct Sharding: Sendable, Hashable {
    public struct Group: Sendable, Hashable {
        public var key: Int64?
        public var values: [Int64] = []
        public var unknown = UnknownFields()
        public init() {}
    }
    public struct SimpleDimension: Sendable, Hashable {
        public var size: Dimension = .unknown
        public var shardCount: Int64?
        public var unknown = UnknownFields()
        public init() {}
    }
    public struct ShardedDimension: Sendable, Hashable {
        public var axis: Int64?
        public var simple: [SimpleDimension] = []
        public var unknown = UnknownFields()
        public init() {}
    }
    public var tensorName: String?
    public var devices: [Int64] = []
    public var groups: [Group] = []
    public var dimensions: [ShardedDimension] = []
    public var unknown = UnknownFields()
    public init() {}
}
