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
    case tuple([ScriptValue])
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
        case .tuple(let items): items
        default: nil
        }
    }
}

/// A list, which code may append to.
final class ScriptList {
    var items: [ScriptValue]
    /// The node whose results these are, as long as nothing says how many there are.
    var pending: Int?

    init(_ items: [ScriptValue], pending: Int? = nil) {
        self.items = items
        self.pending = pending
    }
}

/// A dictionary, which code may add to. Keys are texts or whole numbers, in their order.
final class ScriptDictionary {
    var entries: [(key: String, value: ScriptValue)] = []

    subscript(key: String) -> ScriptValue? {
        get { entries.first { ExactName($0.key) == ExactName(key) }?.value }
        set {
            let place = entries.firstIndex { ExactName($0.key) == ExactName(key) }
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (nil, let value?): entries.append((key, value))
            case (let place?, nil): entries.remove(at: place)
            case (nil, nil): break
            }
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
