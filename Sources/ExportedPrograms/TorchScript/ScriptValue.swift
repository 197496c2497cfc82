import Formats
import GraphIR

/// What an expression of TorchScript stands for while its program is being unrolled.
indirect enum ScriptValue {
    case none
    case bool(Bool)
    /// A number, or an expression of sizes that aren't known.
    case int(SymbolicInt)
    case float(Double)
    case string(String)
    /// A value of the graph, by name.
    case tensor(String)
    /// A tensor without dimensions whose number is known; `constant` where it is one of the archive's.
    case number(ScriptValue, constant: Int?)
    case list(ScriptList)
    case tuple(ScriptTuple)
    case dictionary(ScriptDictionary)
    case module(ScriptModule)
    /// A function or class, by its path.
    case function(String)
    case device(String)
    /// Something that only a run can tell.
    case unknown

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a bool"
        case .int: "an int"
        case .float: "a float"
        case .string: "a string"
        case .tensor, .number: "a tensor"
        case .list: "a list"
        case .tuple: "a tuple"
        case .dictionary: "a dict"
        case .module: "a module"
        case .function: "a function"
        case .device: "a device"
        case .unknown: "a value that only a run can tell"
        }
    }

    var isTensor: Bool {
        switch self {
        case .tensor, .number: true
        default: false
        }
    }

    /// The value itself of a tensor that is a known number.
    var plain: ScriptValue { if case .number(let value, _) = self { value } else { self } }

    /// The whole number, where it is known.
    var wholeNumber: Int64? {
        switch self {
        case .int(.number(let value)): value
        case .bool(let value): value ? 1 : 0
        case .number(let value, _): value.wholeNumber
        default: nil
        }
    }

    /// The number, where it is known.
    var realNumber: Double? {
        if case .float(let value) = plain { return value }
        return wholeNumber.map(Double.init)
    }

    /// The items of a list or tuple.
    var items: [ScriptValue]? {
        switch self {
        case .list(let list): list.items
        case .tuple(let tuple): tuple.items
        default: nil
        }
    }
}

extension ScriptValue {
    /// How deep containers nest in it. Code can't make them deeper than ``maximumDepth``: freeing them recurses.
    fileprivate var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .tuple(let tuple): tuple.depth
        case .dictionary(let dictionary): dictionary.depth
        default: 0
        }
    }

    /// Whether code can change it later. What goes into a container that is there already must not, so that no
    /// container ever gets deeper than it was made.
    fileprivate var isMutable: Bool {
        switch self {
        case .list, .dictionary: true
        case .tuple(let tuple): tuple.isMutable
        default: false
        }
    }

    static let maximumDepth = 32

    fileprivate static func depth(around items: some Sequence<ScriptValue>) throws -> Int {
        let depth = 1 + (items.lazy.map(\.depth).max() ?? 0)
        guard depth <= maximumDepth else {
            throw FormatError(.limitDepth, "containers nest deeper than \(maximumDepth)")
        }
        return depth
    }

    fileprivate func checkFixed() throws {
        guard !isMutable else {
            throw FormatError(.containerUnsupported, "a list or dict goes into another that was there before")
        }
    }
}

/// A tuple.
final class ScriptTuple {
    let items: [ScriptValue]
    fileprivate let depth: Int
    fileprivate let isMutable: Bool

    /// - Throws: `limit.depth`.
    init(_ items: [ScriptValue]) throws {
        depth = try ScriptValue.depth(around: items)
        isMutable = items.contains(where: \.isMutable)
        self.items = items
    }
}

/// A list, which code may append to.
final class ScriptList {
    private(set) var items: [ScriptValue]
    /// The node whose results these are, as long as nothing says how many there are.
    var pending: Int?
    fileprivate let depth: Int

    /// - Throws: `limit.depth`.
    init(_ items: [ScriptValue]) throws {
        // What is appended later is fixed, and adds a tuple's depth at most.
        depth = try ScriptValue.depth(around: items)
        self.items = items
    }

    /// A list of tensors whose number isn't known.
    init(pending: Int) {
        items = []
        depth = 1
        self.pending = pending
    }

    func settle(_ tensors: [String]) {
        items = tensors.map { .tensor($0) }
        pending = nil
    }

    /// - Throws: `container.unsupported` for lists in place of tensors.
    func append(_ more: [ScriptValue]) throws {
        for item in more { try item.checkFixed() }
        items += more
    }

    func set(_ index: Int, _ value: ScriptValue) throws {
        try value.checkFixed()
        items[index] = value
    }
}

/// A dictionary, which code may add to. Keys are texts or whole numbers, in their order.
final class ScriptDictionary {
    private(set) var entries: [(key: String, value: ScriptValue)] = []
    fileprivate let depth: Int

    /// - Throws: `limit.depth`.
    init(_ entries: [(key: String, value: ScriptValue)] = []) throws {
        depth = try ScriptValue.depth(around: entries.map(\.value))
        for entry in entries { put(entry.value, at: entry.key) }
    }

    subscript(key: String) -> ScriptValue? { entries.first { ExactName($0.key) == ExactName(key) }?.value }

    func set(_ key: String, _ value: ScriptValue) throws {
        try value.checkFixed()
        put(value, at: key)
    }

    private func put(_ value: ScriptValue, at key: String) {
        if let place = entries.firstIndex(where: { ExactName($0.key) == ExactName(key) }) {
            entries[place].value = value
        } else {
            entries.append((key, value))
        }
    }
}

/// An instance of `torch.nn.Module`: its class and what it holds.
final class ScriptModule {
    /// Where it is in the whole model: `layer1.0`; empty for the root.
    let path: String
    /// `__torch__.torch.nn.modules.linear.Linear`.
    let className: String
    let attributes: [ExactName: PickledValue]
    /// Submodules that were asked for.
    var modules: [String: ScriptModule] = [:]

    init?(_ object: PickledObject, path: String) {
        guard object.className.hasPrefix("__torch__") else { return nil }
        self.path = path
        className = object.className
        guard case .dictionary(let entries)? = object.state else {
            attributes = [:]
            return
        }
        var attributes: [ExactName: PickledValue] = [:]
        for entry in entries { if case .string(let name) = entry.key { attributes[ExactName(name)] = entry.value } }
        self.attributes = attributes
    }
}
