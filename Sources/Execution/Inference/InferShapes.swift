import GraphIR
import Operators

/// Infers the type and shape of every value of a model: of its graph, of the graphs inside of nodes, and through the
/// bodies of functions. Dimensions that can't be known get names, so that equal ones can be told.
///
///     let inferred = inferShapes(model)
///     inferred.model.graph[id].type    // float32[batch, 64, 56, 56]
///
/// Constants and shapes are followed through the operators that compute with them (ONNX: data propagation).
public func inferShapes(_ model: Model, options: InferenceOptions = InferenceOptions()) -> ShapeInference {
    let inference = ModelInference(model, options)
    return inference.run()
}

/// How to infer shapes.
public struct InferenceOptions: Sendable {
    /// The operators whose rules are used: add your own here.
    public var operators = OperatorRegistry.standard
    /// Whether nodes whose inputs are all small constants are run for their results.
    public var foldsConstants = true

    public init() {}
}

/// What was found out about a model's values.
public struct ShapeInference: Sendable {
    /// The model with all types that are known: values that nodes make are listed under `value_info`.
    public var model: Model
    /// Where the model contradicts itself: declared types against those that follow, inputs against what their operator
    /// takes. In the order of the nodes; at most ``CheckLimits/faults``.
    public var faults: [GraphError]
}

/// Bounds of what a model may ask for.
enum InferenceWork {
    /// Functions and graphs within each other.
    static let depth = ProgramLimits.depth
    /// Nodes of functions that are looked at, once for each call: doubling functions must not take forever.
    static let calledNodes = 200_000
    /// Elements that the inputs of a folded node may have together, and each of its results.
    static let foldedElements = 1024
    /// Bytes that folding a node may use.
    static let foldedBytes = 1 << 20
    /// Nodes that are folded in one model.
    static let folds = 100_000
}

/// Names for dimensions that nothing else names.
struct DimensionNames {
    private var taken: Set<ExactName> = []
    private(set) var next = 0

    /// Notes the names that a type uses.
    mutating func reserve(_ type: ValueType?) {
        _ = type?.mapDimensions { dimension in
            if case .named(let name) = dimension { taken.insert(ExactName(name)) }
            return dimension
        }
    }

    mutating func make() -> Dimension {
        while true {
            let name = DimensionNames.prefix + "\(next)"
            next += 1
            if !taken.contains(ExactName(name)) { return .named(name) }
        }
    }

    /// The type with names in place of what isn't known.
    mutating func filled(_ type: ValueType) -> ValueType {
        type.mapDimensions { dimension in
            switch dimension {
            case .unknown: make()
            case .size(let size) where size < 0: make()
            default: dimension
            }
        }
    }

    /// The value without the names that were made since the count was `first`: outside of a body they mean nothing.
    func forgotten(_ value: InferredValue, since first: Int) -> InferredValue {
        guard next > first else { return value }
        func outside(_ dimension: Dimension) -> Dimension {
            guard case .named(let name) = dimension, name.hasPrefix(DimensionNames.prefix),
                let number = Int(name.dropFirst(DimensionNames.prefix.count)), number >= first,
                !taken.contains(ExactName(name))
            else { return dimension }
            return .unknown
        }
        var result = value
        result.type = value.type?.mapDimensions(outside)
        result.elements = value.elements?.map(outside)
        return result
    }

    /// ONNX's own.
    private static let prefix = "unk__"
}
