import GraphIR

/// What is known of a value before the model runs.
public struct InferredValue: Sendable {
    /// The type as far as it is known.
    public var type: ValueType?
    /// The value itself, where it is a constant.
    public var constant: Tensor?
    /// The elements of a vector or scalar of integers as far as they are known: what follows of shapes (ONNX calls it
    /// data propagation).
    public var elements: [Dimension]?

    public init(type: ValueType? = nil, constant: Tensor? = nil, elements: [Dimension]? = nil) {
        self.type = type
        self.constant = constant
        self.elements = elements
    }
}

/// One node whose outputs' types and shapes are to be found: its attributes and what is known of its inputs.
public struct Inference {
    /// The node's attributes and version.
    public var binding: Binding
    /// What is known of the inputs; `nil` for one that is left out.
    public let inputs: [InferredValue?]
    /// To be filled; an element type that is still missing afterwards follows from the schema.
    public var outputs: [InferredValue]
    private let inferBody: (_ attribute: String, _ inputs: [InferredValue?]) throws -> [InferredValue]

    /// - Parameter inferBody: what follows for the outputs of a graph attribute of certain inputs.
    public init(
        binding: Binding, inputs: [InferredValue?],
        inferBody: @escaping (_ attribute: String, _ inputs: [InferredValue?]) throws -> [InferredValue]
    ) {
        self.binding = binding
        self.inputs = inputs
        self.inferBody = inferBody
        outputs = [InferredValue](repeating: InferredValue(), count: binding.outputs.count)
    }

    /// The type of an input, of whatever kind.
    public func type(_ input: Int) -> ValueType? { inputs[checked: input]??.type }
    /// The element type of an input that is a tensor.
    public func elementType(_ input: Int) -> ElementType? { type(input)?.elementType }
    /// The dimensions of an input that is a tensor of known rank.
    public func shape(_ input: Int) -> [Dimension]? { type(input)?.dimensions }
    /// The value of an input that is a constant.
    public func constant(_ input: Int) -> Tensor? { inputs[checked: input]??.constant }
    /// The elements of an integer input of rank 0 or 1, as far as known: where only the shape says how many there are, each
    /// is unknown.
    public func elements(_ input: Int) -> [Dimension]? {
        if let elements = inputs[checked: input]??.elements { return elements }
        if let known = integers(input) { return known.map { .size(Int64($0)) } }
        guard let type = elementType(input), [.int64, .int32].contains(type), let shape = shape(input),
            shape.count == 1, case .size(let count) = shape[0], (0...Int64(InferenceLimits.elements)).contains(count)
        else { return nil }
        return [Dimension](repeating: .unknown, count: Int(count))
    }
    /// The elements of an integer input of rank 0 or 1 where all are known.
    public func integers(_ input: Int) -> [Int]? {
        guard let value = inputs[checked: input] ?? nil else { return nil }
        if let elements = value.elements {
            let sizes = elements.compactMap { if case .size(let size) = $0 { Int(size) } else { nil } }
            return sizes.count == elements.count ? sizes : nil
        }
        guard let tensor = value.constant, tensor.shape.count <= 1, tensor.count <= InferenceLimits.elements else {
            return nil
        }
        switch tensor.elementType {
        case .int64: return try? tensor.array(of: Int64.self).map { Int($0) }
        case .int32: return try? tensor.array(of: Int32.self).map { Int($0) }
        default: return nil
        }
    }

    /// Says what follows for an output that is a tensor. What is `nil` stays unknown.
    public mutating func set(_ output: Int, shape: [Dimension]?, type: ElementType? = nil) {
        guard outputs.indices.contains(output) else { return }
        let element = type?.rawValue ?? outputs[output].type?.elementType?.rawValue ?? 0
        outputs[output].type = ValueType(
            .tensor(elementType: element, shape: shape?.map { AnnotatedDimension($0) }))
    }

    /// Says what follows for an output that is a sequence, an optional or a map.
    public mutating func set(_ output: Int, type: ValueType?) {
        guard outputs.indices.contains(output) else { return }
        outputs[output].type = type
    }

    /// Says what the elements of an output are: a vector or scalar of integers.
    public mutating func set(_ output: Int, elements: [Dimension]?) {
        guard outputs.indices.contains(output) else { return }
        outputs[output].elements = elements
    }

    /// Says that an output is a constant.
    public mutating func set(_ output: Int, constant: Tensor) {
        set(output, shape: constant.shape.map { .size(Int64($0)) }, type: constant.elementType)
        guard outputs.indices.contains(output) else { return }
        outputs[output].constant = constant
    }

    /// Says that an output is an input, or another value of which all is known that there is to know.
    public mutating func set(_ output: Int, value: InferredValue?) {
        guard outputs.indices.contains(output) else { return }
        outputs[output] = value ?? InferredValue()
    }

    /// An input with all that is known of it; `nil` where it is left out.
    public func value(_ input: Int) -> InferredValue? { inputs[checked: input] ?? nil }

    /// What follows for the outputs of a graph attribute.
    public func body(_ attribute: String, _ inputs: [InferredValue?]) throws -> [InferredValue] {
        try inferBody(attribute, inputs)
    }
}

/// How an operator's outputs follow from its inputs, before any run.
public struct InferenceRule: Sendable {
    /// Tells the outputs' types.
    public let apply: @Sendable (inout Inference) throws -> Void

    /// - Parameter apply: fills the outputs; throws ``GraphError`` where inputs or attributes contradict each other.
    public init(_ apply: @escaping @Sendable (inout Inference) throws -> Void) { self.apply = apply }

    /// The first output is shaped like the first input.
    public static let sameShape = InferenceRule { node in node.set(0, shape: node.shape(0)) }

    /// The first output has the shape that all inputs broadcast to.
    public static let broadcast = InferenceRule { node in
        node.set(0, shape: try broadcastDimensions(node.inputs.indices.map { node.shape($0) }))
    }
}

/// How much is looked at before a run.
public enum InferenceLimits {
    /// Elements of a constant that are taken for a shape; shapes are short.
    static let elements = 4096
}

/// The dimensions that shapes broadcast to; `nil` where one rank is not known.
/// - Throws: `op.argument` where two sizes don't fit.
public func broadcastDimensions(_ shapes: [[Dimension]?]) throws -> [Dimension]? {
    var result: [Dimension] = []
    for shape in shapes {
        guard let shape else { return nil }
        if shape.count > result.count {
            result = [Dimension](repeating: .size(1), count: shape.count - result.count) + result
        }
        let shift = result.count - shape.count
        for (axis, dimension) in shape.enumerated() {
            result[shift + axis] = try broadcastDimension(result[shift + axis], dimension)
        }
    }
    return result
}

/// What two dimensions broadcast to. A name against an unlike name may be either.
func broadcastDimension(_ a: Dimension, _ b: Dimension) throws -> Dimension {
    switch (a, b) {
    case (.size(1), _): return b
    case (_, .size(1)): return a
    case (.size(let left), .size(let right)):
        guard left == right else {
            throw GraphError(.argument, "dimensions \(left) and \(right) don't broadcast")
        }
        return a
    // A size above 1 decides: the other side can only be 1 or the same.
    case (.size, _): return a
    case (_, .size): return b
    default: return a == b ? a : .unknown
    }
}
