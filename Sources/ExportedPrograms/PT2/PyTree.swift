import Formats
import GraphIR

/// How the containers that go into a model and come out of it are nested (`torch.utils._pytree.TreeSpec`).
struct PyTree {
    /// `nil` for a leaf.
    var type: String?
    /// The children's keys where it is a dictionary or a named tuple, else their places.
    var keys: [String] = []
    var children: [PyTree] = []

    /// Reads a specification: JSON in a string, `[1, {"type": …, "context": …, "children_spec": […]}]`.
    /// - Parameter fields: the names of named tuples' fields, by the tuple's name.
    init?(_ text: String, fields: JSONValue?) {
        guard let document = try? JSONValue.parse(Array(text.utf8)), let root = document.arrayValue?[checked: 1] else {
            return nil
        }
        self.init(root, fields: fields)
    }

    private init(_ value: JSONValue, fields: JSONValue?) {
        type = value["type"]?.stringValue
        children = (value["children_spec"]?.arrayValue ?? []).map { PyTree($0, fields: fields) }
        let context = value["context"]?.stringValue
        keys = Self.keys(type: type, context: context, fields: fields)
        if keys.count != children.count { keys = children.indices.map(String.init) }
    }

    private static func keys(type: String?, context: String?, fields: JSONValue?) -> [String] {
        guard let type, let context, let value = try? JSONValue.parse(Array(context.utf8)) else { return [] }
        if type == "collections.namedtuple", let name = value.stringValue {
            return fields?[name]?.arrayValue?.compactMap(\.stringValue) ?? []
        }
        return (value["dict_context"] ?? value).arrayValue?.map { key in
            if let text = key.stringValue { return text }
            return key.serialized()
        } ?? []
    }

    /// A name for each leaf: `output.logits`, `output.aux.0`. The tree that is one leaf is called `root`.
    func leafNames(root: String) -> [String] {
        if type == nil { return [root] }
        // Each leaf repeats the keys above it, so those have to be short.
        return zip(keys, children).flatMap { $1.leafNames(root: "\(root).\($0.prefix(256))") }
    }

    /// The leaves of a value that is nested like this, in order.
    /// - Returns: `nil` where it isn't.
    func leaves(of value: PickledValue) -> [PickledValue]? {
        if type == nil { return [value] }
        var parts: [PickledValue] = []
        switch value {
        case .tuple(let items), .list(let items): parts = items
        case .dictionary(let entries):
            for key in keys {
                let match = entries.first { entry in
                    switch entry.key {
                    case .string(let text): ExactName(text) == ExactName(key)
                    case .int(let number): String(number) == key
                    default: false
                    }
                }
                guard let match else { return nil }
                parts.append(match.value)
            }
        case .object(let object): parts = object.arguments
        default: return nil
        }
        guard parts.count == children.count else { return nil }
        var leaves: [PickledValue] = []
        for (child, part) in zip(children, parts) {
            guard let found = child.leaves(of: part) else { return nil }
            leaves += found
        }
        return leaves
    }
}
