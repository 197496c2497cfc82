import GraphIR

/// A value of a running unpickler: small, and held by index, so that no depth of nesting can overflow a stack when it
/// is walked or freed.
enum PickleNode {
    case none
    case bool(Bool)
    case int(Int64)
    case bigInt(Int)
    case float(Double)
    case complex(Double, Double)
    case string(String)
    /// Python 2's `str`: bytes that may be text.
    case byteString(Int)
    case bytes(Int)
    case list(Int)
    case tuple(Int)
    case set(Int)
    /// Keys and values by turns.
    case dictionary(Int)
    case global(Int)
    case storage(Int)
    case tensor(Int)
    case object(Int)
    case numpyType(Int)
}

/// Everything that one or more pickles of a file made, by index.
struct PickleArena {
    typealias ID = Int32

    private(set) var nodes: [PickleNode] = []
    var children: [[ID]] = []
    var blobs: [Bytes] = []
    var globals: [String] = []
    var storages: [PickleStorage] = []
    var tensors: [RawTensor] = []
    var objects: [RawObject] = []
    var numpyTypes: [NumPyDtype] = []
    /// Constants are kept once.
    private var constants: [UInt8: ID] = [:]

    /// - Throws: `limit.count` past ``PickledValue/maximumCount``.
    mutating func add(_ node: PickleNode) throws -> ID {
        switch node {
        case .none: return try constant(0, node)
        case .bool(let value): return try constant(value ? 2 : 1, node)
        default: return try append(node)
        }
    }

    private mutating func constant(_ key: UInt8, _ node: PickleNode) throws -> ID {
        if let known = constants[key] { return known }
        let id = try append(node)
        constants[key] = id
        return id
    }

    private mutating func append(_ node: PickleNode) throws -> ID {
        guard nodes.count < PickledValue.maximumCount else {
            throw FormatError(
                .limitCount, "holds more than \(PickledValue.maximumCount) values",
                hint: "a checkpoint needs a few for each tensor")
        }
        nodes.append(node)
        return ID(nodes.count - 1)
    }

    subscript(id: ID) -> PickleNode {
        get { nodes[checked: Int(id)] ?? .none }
        set { if nodes.indices.contains(Int(id)) { nodes[Int(id)] = newValue } }
    }

    mutating func addChildren(_ ids: [ID]) -> Int {
        children.append(ids)
        return children.count - 1
    }

    mutating func addList(_ ids: [ID]) throws -> ID { try add(.list(addChildren(ids))) }
    mutating func addTuple(_ ids: [ID]) throws -> ID { try add(.tuple(addChildren(ids))) }
    mutating func addBytes(_ bytes: Bytes) throws -> ID {
        blobs.append(bytes)
        return try add(.bytes(blobs.count - 1))
    }
    mutating func addTensor(_ tensor: RawTensor) throws -> ID {
        tensors.append(tensor)
        return try add(.tensor(tensors.count - 1))
    }
    mutating func addObject(_ object: RawObject) throws -> ID {
        objects.append(object)
        return try add(.object(objects.count - 1))
    }
    mutating func addStorage(_ storage: PickleStorage) throws -> ID {
        storages.append(storage)
        return try add(.storage(storages.count - 1))
    }

    /// The elements of a list, tuple or set.
    func items(_ id: ID) -> [ID]? {
        switch self[id] {
        case .list(let index), .tuple(let index), .set(let index): children[index]
        default: nil
        }
    }

    /// Text, from either Python.
    func text(_ id: ID) -> String? {
        switch self[id] {
        case .string(let text): text
        case .byteString(let index): (try? blobs[index].array()).flatMap { String(validating: $0, as: UTF8.self) }
        default: nil
        }
    }

    func name(_ id: ID) -> String? {
        if case .global(let index) = self[id] { return globals[index] }
        return nil
    }

    func bool(_ id: ID) -> Bool? {
        switch self[id] {
        case .bool(let value): value
        case .int(let value): value != 0
        default: nil
        }
    }

    /// What a value is, for messages.
    func kind(_ id: ID) -> String {
        switch self[id] {
        case .none: "None"
        case .bool: "a bool"
        case .int, .bigInt: "an int"
        case .float: "a float"
        case .complex: "a complex number"
        case .string: "a str"
        case .byteString, .bytes: "bytes"
        case .list: "a list"
        case .tuple: "a tuple"
        case .set: "a set"
        case .dictionary: "a dict"
        case .global(let index): "the global \(globals[index])"
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .object(let index): "an instance of \(objects[index].className)"
        case .numpyType: "a dtype"
        }
    }
}

/// A storage that a pickle refers to.
struct PickleStorage {
    var key: String
    var type: ElementType
    var byteCount: Int
    /// `nil` until the container knows where it lies.
    var bytes: Bytes?
    /// The part of the storage `key` that this is a view of, in bytes (legacy container).
    var viewOffset = 0
}

/// An instance of an unknown class while it is being built.
struct RawObject {
    var className: String
    var arguments: [PickleArena.ID] = []
    var state: PickleArena.ID?
    var items: [PickleArena.ID] = []
    var entries: [PickleArena.ID] = []
}

/// A tensor before its container has placed the storages.
struct RawTensor {
    enum Content {
        case view(storage: Int, offset: Int, strides: [Int])
        case dense(Bytes)
        case meta
        /// Indices (one row for each sparse dimension) and values.
        case coordinates(indices: Int, values: Int)
        /// `crow_indices` and `col_indices` (or the other way round) and values, of a matrix.
        case compressed(outer: Int, inner: Int, values: Int, byRow: Bool)
    }
    enum Quantizer {
        case perTensor(scale: Double, zeroPoint: Int64)
        case perChannel(scales: Int, zeroPoints: Int, axis: Int)
    }
    var type: ElementType
    var shape: [Int]
    var content: Content
    var isParameter = false
    var requiresGradient = false
    var quantizer: Quantizer?
    var className: String?
    var attributes: PickleArena.ID?
}

/// NumPy's dtype: a kind and size such as `f4`, and a byte order.
struct NumPyDtype {
    var code: String
    var isBigEndian = false
    var isStructured = false

    var elementType: ElementType? {
        if isStructured { return nil }
        return switch code {
        case "f2": .float16
        case "f4": .float32
        case "f8": .float64
        case "i1": .int8
        case "i2": .int16
        case "i4": .int32
        case "i8": .int64
        case "u1": .uint8
        case "u2": .uint16
        case "u4": .uint32
        case "u8": .uint64
        case "b1": .bool
        case "c8": .complex64
        case "c16": .complex128
        case "bfloat16": .bfloat16
        case "float8_e4m3fn": .float8e4m3fn
        case "float8_e4m3fnuz": .float8e4m3fnuz
        case "float8_e5m2": .float8e5m2
        case "float8_e5m2fnuz": .float8e5m2fnuz
        case "float8_e8m0fnu": .float8e8m0
        default: nil
        }
    }
}

/// Bytes of one number: a complex number is two.
func byteOrderUnit(_ type: ElementType) -> Int {
    switch type {
    case .complex64: 4
    case .complex128: 8
    default: Swift.max(1, type.bitWidth / 8)
    }
}
