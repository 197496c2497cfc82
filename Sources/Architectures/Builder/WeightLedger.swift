import Formats
import GraphIR
import OrderedCollections

/// What a weight is for. It decides how a fresh one is filled.
public enum ParameterRole: Sendable, Hashable {
    /// A matrix or kernel, or the bias beside one: uniform in ±1/√fanIn, as PyTorch's layers start.
    case uniform(fanIn: Int)
    /// The factor of a norm.
    case scale
    /// The summand of a norm.
    case shift
    /// A batch norm's mean of what it saw in training.
    case runningMean
    /// A batch norm's variance of what it saw in training.
    case runningVariance
    /// A count of batches: not used at inference, kept for the way back.
    case counter
}

/// A weight that an architecture has.
public struct ParameterDeclaration: Sendable {
    /// Its key in the state dict.
    public var key: String
    /// Its dimensions.
    public var shape: [Int]
    /// What it is for.
    public var role: ParameterRole
    /// Whether a checkpoint may lack it.
    public var isOptional: Bool
}

/// Keeps account of which weights the layers asked for and what was wrong with them.
struct WeightLedger {
    enum Fault {
        case missing(key: String, shape: [Int])
        case shape(key: String, expected: [Int], found: [Int])
        case type(key: String, found: ElementType)
    }

    var weights: StateDict
    private(set) var declarations: OrderedDictionary<ExactName, ParameterDeclaration> = [:]
    private(set) var faults: [Fault] = []
    /// Keys that are kept although no node uses them.
    private(set) var kept: OrderedSet<ExactName> = []
    /// Weights that layers get in another size than the checkpoint has.
    var adapted: [ExactName: AdaptedWeight] = [:]

    init(_ weights: StateDict) { self.weights = weights }

    /// The names of weights that no layer asked for, in the order of the file.
    var unused: [String] { weights.tensors.keys.filter { declarations[$0] == nil }.map(\.string) }

    /// Keys that are both declared and there, shapes agreeing.
    var matched: Int {
        declarations.values.count { weights[$0.key]?.shape == $0.shape }
    }

    /// The tensor of this key; zeros, and an entry among the faults, where it doesn't fit.
    mutating func take(_ key: String, shape: [Int]?, role: ParameterRole) throws -> Tensor {
        let found = weights[key]
        guard let expected = shape ?? found?.shape else {
            throw MappingError(
                .missing, "the weight '\(key)' is missing", report: "missing: \(key)",
                hint: "give it by parameter(_:_:shape:) or in the state dict")
        }
        let isNew = declarations[ExactName(key)] == nil
        declarations[ExactName(key)] = ParameterDeclaration(key: key, shape: expected, role: role, isOptional: false)
        guard let found else {
            if isNew { faults.append(.missing(key: key, shape: expected)) }
            return try Self.zeros(expected)
        }
        guard found.shape == expected else {
            if isNew { faults.append(.shape(key: key, expected: expected, found: found.shape)) }
            return try Self.zeros(expected)
        }
        guard found.elementType.isFloatingPoint, found.elementType.bitWidth >= 8 else {
            if isNew { faults.append(.type(key: key, found: found.elementType)) }
            return try Self.zeros(expected)
        }
        return found
    }

    /// Notes a tensor that inference doesn't use but a state dict has.
    mutating func keep(_ key: String, shape: [Int], role: ParameterRole) {
        declarations[ExactName(key)] = ParameterDeclaration(key: key, shape: shape, role: role, isOptional: true)
        guard let found = weights[key] else { return }
        if found.shape != shape { faults.append(.shape(key: key, expected: shape, found: found.shape)) }
        kept.append(ExactName(key))
    }

    /// The initializers in the order of the file; what isn't in it last.
    func inFileOrder(_ initializers: OrderedDictionary<ValueID, TensorRecord>) -> OrderedDictionary<
        ValueID, TensorRecord
    > {
        var idsByKey: [ExactName: ValueID] = [:]
        for (id, record) in initializers { idsByKey[ExactName(record.name)] = id }
        var result: OrderedDictionary<ValueID, TensorRecord> = [:]
        for key in weights.tensors.keys {
            if let id = idsByKey[key] { result[id] = initializers[id] }
        }
        for (id, record) in initializers where result[id] == nil { result[id] = record }
        return result
    }

    /// Zeros that take no memory, in place of a weight that doesn't fit.
    private static func zeros(_ shape: [Int]) throws -> Tensor {
        let count = try Tensor.byteCount(.float32, shape: shape)
        return try Tensor(.float32, shape: shape, bytes: Bytes(ZeroSource(count: count)))
    }
}

/// Any number of zero bytes.
final class ZeroSource: ByteSource {
    let count: Int
    init(count: Int) { self.count = count }
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }
}
