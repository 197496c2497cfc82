import GraphIR

/// A JSON value that keeps what the file says: the order of keys, the literal of each number.
public indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// The literal, so that 4, 4.0 and 4e0 stay apart and no digit is lost.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// The deepest nesting that is read: real headers and configurations nest less than ten.
    public static let defaultDepthLimit = 64

    /// Values that one document may hold: a safetensors header with 200,000 tensors. A value takes up to sixty times
    /// the two bytes of its text, so the size of the text alone is no bound.
    public static let valueLimit = 1_500_000

    /// The first value of a key, where this is an object that has it.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        let name = ExactName(key)
        return members.first { ExactName($0.key) == name }?.value
    }

    /// The number, where it is written as an integer (no point, no exponent) and fits.
    public var integer: Int? {
        guard case .number(let literal) = self else { return nil }
        return Int(literal)
    }

    /// The number, as far as `Double` holds it.
    public var doubleValue: Double? {
        guard case .number(let literal) = self else { return nil }
        return Double(literal)
    }

    /// The string, where it is one.
    public var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The boolean, where it is one.
    public var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, where it is an array.
    public var arrayValue: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The numbers, where it is an array of nothing else.
    public var reals: [Double]? {
        guard case .array(let elements) = self else { return nil }
        let numbers = elements.compactMap(\.doubleValue)
        return numbers.count == elements.count ? numbers : nil
    }

    /// What sort of value it is, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The members in the file's order, where it is an object.
    public var members: [(key: String, value: JSONValue)]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}

extension JSONValue {
    /// JSON text: keys in the order they have here, non-ASCII characters as they are.
    public func serialized(pretty: Bool = false) -> String {
        var text = ""
        write(to: &text, indent: pretty ? 0 : nil)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let literal): text += literal
        case .string(let string): Self.write(string, to: &text)
        case .array(let elements):
            // Arrays of plain values stay on one line: shapes and pairs read best so.
            let inner = elements.allSatisfy(\.isScalar) ? nil : indent
            Self.write(elements.count, open: "[", close: "]", indent: inner, spaced: indent != nil, to: &text) {
                index, text in
                elements[index].write(to: &text, indent: inner.map { $0 + 1 })
            }
        case .object(let members):
            Self.write(members.count, open: "{", close: "}", indent: indent, spaced: false, to: &text) { index, text in
                Self.write(members[index].key, to: &text)
                text += indent == nil ? ":" : ": "
                members[index].value.write(to: &text, indent: indent.map { $0 + 1 })
            }
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private static func write(
        _ count: Int, open: String, close: String, indent: Int?, spaced: Bool, to text: inout String,
        item: (Int, inout String) -> Void
    ) {
        text += open
        for index in 0..<count {
            if index > 0 { text += indent == nil && spaced ? ", " : "," }
            if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
            item(index, &text)
        }
        if let indent, count > 0 { text += "\n" + String(repeating: "  ", count: indent) }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
