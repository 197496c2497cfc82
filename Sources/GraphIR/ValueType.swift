/// One dimension of a type: a number, a name that stands for one, or nothing known.
public enum Dimension: Sendable, Hashable, CustomStringConvertible {
    /// Files are found that say -1 for an unknown size; that is kept, and means as little as ``unknown``.
    case size(Int64)
    case named(String)
    case unknown

    /// The number, the name, or `?`.
    public var description: String {
        switch self {
        case .size(let size): String(size)
        case .named(let name): name
        case .unknown: "?"
        }
    }
}

/// A dimension with ONNX's note on what it means (`DATA_BATCH` …).
public struct AnnotatedDimension: Sendable, Hashable {
    /// The size, or what is known of it.
    public var dimension: Dimension
    /// What the dimension means; empty where nothing is said.
    public var denotation: String
    public init(_ dimension: Dimension, denotation: String = "") {
        self.dimension = dimension
        self.denotation = denotation
    }
}

/// The type of a value (ONNX `TypeProto`).
public struct ValueType: Sendable, Hashable {
    public indirect enum Kind: Sendable, Hashable {
        /// `shape` is `nil` where not even the rank is known. The number is ONNX's, kept also where we don't know it.
        case tensor(elementType: Int32, shape: [AnnotatedDimension]?)
        case sparseTensor(elementType: Int32, shape: [AnnotatedDimension]?)
        case sequence(ValueType?)
        case optional(ValueType?)
        case map(keyType: Int32, value: ValueType?)
        case opaque(domain: String, name: String)
    }
    /// The kind of value; `nil` where the model doesn't say.
    public var kind: Kind?
    /// What the value means; empty where nothing is said.
    public var denotation: String
    /// Protobuf fields of the type that we don't know. Those inside of `kind`'s own message aren't kept.
    public var unknown = UnknownFields()

    public init(_ kind: Kind?, denotation: String = "") {
        self.kind = kind
        self.denotation = denotation
    }

    /// A dense tensor.
    public static func tensor(_ elementType: ElementType, _ shape: [Dimension]?) -> ValueType {
        ValueType(.tensor(elementType: elementType.rawValue, shape: shape?.map { AnnotatedDimension($0) }))
    }

    /// Element type of a dense tensor, where it is one and we know the type.
    public var elementType: ElementType? {
        guard case .tensor(let number, _) = kind else { return nil }
        return ElementType(rawValue: number)
    }

    /// Dimensions of a dense tensor, where its rank is known. A negative size, which some exporters write for one they
    /// don't know, is unknown.
    public var dimensions: [Dimension]? {
        guard case .tensor(_, let shape) = kind else { return nil }
        return shape?.map { annotated in
            if case .size(let size) = annotated.dimension, size < 0 { return .unknown }
            return annotated.dimension
        }
    }
}
