/// What an attribute holds (ONNX `AttributeProto`), subgraphs included.
public indirect enum AttributeValue: Sendable {
    case float(Float)
    case int(Int64)
    /// Bytes, most often UTF-8.
    case string([UInt8])
    case tensor(TensorRecord)
    case graph(Graph)
    case sparseTensor(SparseTensorRecord)
    case type(ValueType)
    case floats([Float])
    case ints([Int64])
    case strings([[UInt8]])
    case tensors([TensorRecord])
    case graphs([Graph])
    case sparseTensors([SparseTensorRecord])
    case types([ValueType])
    /// Inside a function: the value of the function's attribute of this name; `type` is ONNX's `AttributeType`.
    case reference(name: String, type: Int32)
}

/// A named attribute of a node.
public struct Attribute: Sendable {
    /// The attribute's name.
    public var name: String
    /// The attribute's value.
    public var value: AttributeValue
    /// What the model says about the attribute.
    public var docString: String?
    public var unknown: UnknownFields

    public init(_ name: String, _ value: AttributeValue, docString: String? = nil) {
        self.name = name
        self.value = value
        self.docString = docString
        self.unknown = UnknownFields()
    }
}

/// Protobuf fields that we don't know, kept as they came so that they can be written back.
public struct UnknownFields: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        /// The field's number.
        public var tag: UInt32
        /// How the payload is encoded.
        public var wireType: UInt8
        /// The encoded value without its tag.
        public var payload: [UInt8]
        public init(tag: UInt32, wireType: UInt8, payload: [UInt8]) {
            self.tag = tag
            self.wireType = wireType
            self.payload = payload
        }
    }
    public var fields: [Field] = []
    /// Tags of fields that we do know and whose presence in the file isn't what we'd write by ourselves: set although
    /// they hold the default, or left out although we'd set them.
    public var unusualPresence: [UInt32] = []
    public init() {}

    /// Whether to write a field that holds its default value and that we'd set by ourselves where `usually` is true.
    public func writesDefault(_ tag: UInt32, usually: Bool = false) -> Bool {
        usually != unusualPresence.contains(tag)
    }
}

/// A key and a value, as ONNX keeps metadata at every level. Order and duplicates are kept.
public struct MetadataEntry: Sendable, Hashable {
    /// What the entry is about.
    public var key: String
    /// What it says.
    public var value: String
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// A tensor with what ONNX keeps beside it (`TensorProto`).
public struct TensorRecord: Sendable {
    /// How the file keeps the elements. Tensors are equal whatever it is; it serves to write them back as they came.
    public enum Encoding: Sendable, Hashable {
        /// Little-endian bytes (`raw_data`).
        case raw
        /// One of the typed fields (`float_data`, `int32_data` …).
        case typed
        /// Bytes in another file.
        case external
    }

    /// The tensor's name.
    public var name: String
    /// The values.
    public var tensor: Tensor
    /// What the model says about the tensor.
    public var docString: String?
    public var metadata: [MetadataEntry]
    public var encoding: Encoding
    /// The entries of an external tensor as they were read: location, offset, length, checksum and what else there was.
    public var externalData: [MetadataEntry]
    /// The segment that this tensor is of a larger one, where it says so.
    public var segment: (begin: Int64, end: Int64)?
    public var unknown: UnknownFields

    public init(
        _ tensor: Tensor, name: String = "", docString: String? = nil, metadata: [MetadataEntry] = [],
        encoding: Encoding = .raw
    ) {
        self.name = name
        self.tensor = tensor
        self.docString = docString
        self.metadata = metadata
        self.encoding = encoding
        self.externalData = []
        self.segment = nil
        self.unknown = UnknownFields()
    }
}

/// A sparse tensor (`SparseTensorProto`): the values that aren't zero, their indices, and the dense shape.
public struct SparseTensorRecord: Sendable {
    /// The values that aren't 0.
    public var values: TensorRecord
    /// Where the values are.
    public var indices: TensorRecord
    /// The shape of the whole.
    public var shape: [Int64]
    public var unknown: UnknownFields

    public init(values: TensorRecord, indices: TensorRecord, shape: [Int64]) {
        self.values = values
        self.indices = indices
        self.shape = shape
        self.unknown = UnknownFields()
    }
}
