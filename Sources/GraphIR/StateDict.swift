import OrderedCollections

/// Ordered names to tensors: what a checkpoint is once its container is opened. PyTorch's `state_dict`.
public struct StateDict: Sendable {
    public private(set) var tensors: OrderedDictionary<ExactName, Tensor> = [:]
    /// What the file says beside the tensors, as text: safetensors metadata, `arch`, `epoch`.
    public var metadata: OrderedDictionary<String, String> = [:]
    /// Names that share one storage in the file, each group in order. Tied weights.
    public var tied: [[String]] = []

    public init() {}

    /// The names, in the order of the file.
    public var names: [String] { tensors.keys.map(\.string) }
    /// How many tensors there are.
    public var count: Int { tensors.count }

    public subscript(name: String) -> Tensor? {
        get { tensors[ExactName(name)] }
        set { tensors[ExactName(name)] = newValue }
    }

    /// The number of elements of all tensors together.
    public var elementCount: Int { tensors.values.reduce(0) { $0 &+ $1.count } }
}
