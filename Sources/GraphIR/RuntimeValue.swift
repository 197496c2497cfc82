/// What flows along a wire when a model runs: a tensor, or one of ONNX's other kinds of values (`TypeProto`).
public indirect enum RuntimeValue: Sendable {
    case tensor(Tensor)
    case sequence([RuntimeValue])
    /// `nil` where the optional holds nothing.
    case optional(RuntimeValue?)
    /// As many keys (a vector of integers or strings, each once) as there are values (a vector).
    case map(keys: Tensor, values: Tensor)

    /// The tensor, where it is one.
    public var tensor: Tensor? {
        guard case .tensor(let tensor) = self else { return nil }
        return tensor
    }

    /// The name of its kind, for messages.
    public var kindName: String {
        switch self {
        case .tensor: "a tensor"
        case .sequence: "a sequence"
        case .optional: "an optional"
        case .map: "a map"
        }
    }

    /// The same value with every tensor in it changed.
    public func mapTensors(_ change: (Tensor) throws -> Tensor) rethrows -> RuntimeValue {
        switch self {
        case .tensor(let tensor): .tensor(try change(tensor))
        case .sequence(let items): .sequence(try items.map { try $0.mapTensors(change) })
        case .optional(let item): .optional(try item?.mapTensors(change))
        case .map(let keys, let values): .map(keys: keys, values: try change(values))
        }
    }

    /// Bytes that a value takes besides its elements: a million empty tensors fill the memory too.
    public static let overhead = 256

    /// Bytes that the value takes; two names of one buffer count twice.
    public var byteCount: Int {
        switch self {
        case .tensor(let tensor): tensor.heldBytes
        case .sequence(let items):
            items.reduce(items.count.multiplied(checked: RuntimeValue.overhead) ?? Int.max) {
                $0.adding(checked: $1.byteCount) ?? Int.max
            }
        case .optional(let item): item?.byteCount ?? 0
        case .map(let keys, let values): keys.heldBytes.adding(checked: values.heldBytes) ?? Int.max
        }
    }
}

extension Tensor {
    /// Bytes in memory; strings count their bytes and 16 each.
    public var heldBytes: Int {
        switch contents {
        case .bytes(let bytes): bytes.count
        case .strings(let strings): strings.reduce(0) { $0 + $1.count + 16 }
        }
    }
}
