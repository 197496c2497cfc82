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
    /// What follows for the outputs' types and shapes; without it only element types follow, from the schema.
    public let infer: InferenceRule?
    /// Reads the node's attributes and makes the kernel.
    public let bind: @Sendable (inout Binding) throws -> ValueKernel

    /// An operator on tensors.
    public init(
        _ name: String, domain: String = "", accuracy: Accuracy, infer: InferenceRule? = nil,
        bind: @escaping @Sendable (inout Binding) throws -> Kernel
    ) {
        self.init(
            name, domain: domain, accuracy: accuracy, infer: infer,
            bindValues: { binding in
                let kernel = try bind(&binding)
                return { call in
                    for (position, value) in call.values.enumerated() {
                        guard let value, value.tensor == nil else { continue }
                        throw GraphError(
                            .argument, "expected a tensor, found \(value.kindName)", argument: "input \(position)")
                    }
                    return try kernel(call).map { $0.map(RuntimeValue.tensor) }
                }
            })
    }

    /// An operator that takes or gives sequences, optionals or maps, or runs graphs.
    public init(
        _ name: String, domain: String = "", accuracy: Accuracy, infer: InferenceRule? = nil,
        bindValues: @escaping @Sendable (inout Binding) throws -> ValueKernel
    ) {
        self.name = OperatorName(name, domain: domain)
        self.accuracy = accuracy
        self.infer = infer
        self.bind = bindValues
    }

    /// The operator's page in the specification.
    public var specification: String {
        let domain = name.domain.isEmpty ? "" : name.domain.split(separator: ".").joined()
        return "https://onnx.ai/onnx/operators/onnx_\(domain)_\(name.type).html"
    }
}

/// A bound operator on tensors: takes a call's inputs and makes its outputs.
public typealias Kernel = @Sendable (Call) throws -> [Tensor?]
/// A bound operator on any values.
public typealias ValueKernel = @Sendable (Call) throws -> [RuntimeValue?]
