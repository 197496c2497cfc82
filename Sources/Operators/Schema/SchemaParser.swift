import GraphIR

/// Reads the text of the operator table; its form is described in tools/operator_schemas.py.
/// The text is ours, so a line that doesn't fit is left out; a test counts them all.
enum SchemaParser {
    static func parse(_ text: String) -> [OperatorSchema] {
        var lists: [String: Set<String>] = [:]
        var schemas: [OperatorSchema] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") {
                let words = line.dropFirst().split(separator: " ")
                if let number = words.first {
                    lists[String(number)] = Set(words.dropFirst().map { fullType(String($0)) })
                }
            } else if let schema = schema(line, lists) {
                schemas.append(schema)
            }
        }
        return schemas
    }

    private static func schema(_ line: Substring, _ lists: [String: Set<String>]) -> OperatorSchema? {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false)
        guard fields.count == 8, let since = Int64(fields[2]) else { return nil }
        var types: [String: Set<String>] = [:]
        for word in fields[7].split(separator: " ") {
            let parts = word.split(separator: "=")
            if parts.count == 2 { types[String(parts[0])] = lists[String(parts[1])] }
        }
        return OperatorSchema(
            name: OperatorName(String(fields[1]), domain: String(fields[0])), since: since,
            isDeprecated: fields[3] == "D",
            inputs: fields[4].split(separator: " ").compactMap(parameter),
            outputs: fields[5].split(separator: " ").compactMap(parameter),
            attributes: fields[6].split(separator: " ").compactMap(attribute), types: types)
    }

    /// `(float)` is short for `tensor(float)`, also within `seq(…)`.
    private static func fullType(_ short: String) -> String {
        guard let open = short.firstIndex(of: "(") else { return short }
        if open == short.startIndex { return "tensor" + short }
        return short.replacingOccurrences("((", "(tensor(")
    }

    private static func parameter(_ word: Substring) -> OperatorSchema.Parameter? {
        guard let colon = word.firstIndex(of: ":") else { return nil }
        var type = word[word.index(after: colon)...]
        var arity = OperatorSchema.Arity.single
        if type.hasSuffix("?") {
            type.removeLast()
            arity = .optional
        } else if let mark = type.lastIndex(where: { $0 == "*" || $0 == "~" }) {
            arity = .variadic(minimum: Int(type[type.index(after: mark)...]) ?? 0, uniform: type[mark] == "*")
            type = type[..<mark]
        }
        return OperatorSchema.Parameter(name: String(word[..<colon]), type: fullType(String(type)), arity: arity)
    }

    private static func attribute(_ word: Substring) -> OperatorSchema.AttributeRule? {
        guard let colon = word.firstIndex(of: ":") else { return nil }
        let rest = word[word.index(after: colon)...]
        let equals = rest.firstIndex(of: "=")
        var kindName = rest[..<(equals ?? rest.endIndex)]
        let isRequired = kindName.hasSuffix("!")
        if isRequired { kindName.removeLast() }
        guard let kind = AttributeKind(rawValue: String(kindName)) else { return nil }
        let value = equals.flatMap { defaultValue(kind, String(rest[rest.index(after: $0)...])) }
        return OperatorSchema.AttributeRule(
            name: String(word[..<colon]), kind: kind, isRequired: isRequired, defaultValue: value)
    }

    private static func defaultValue(_ kind: AttributeKind, _ text: String) -> AttributeValue? {
        let items = text.hasPrefix("[") ? text.dropFirst().dropLast().split(separator: ",").map(String.init) : []
        func unquoted(_ text: String) -> [UInt8] { Array(text.utf8.dropFirst().dropLast()) }
        switch kind {
        case .int: return Int64(text).map { .int($0) }
        case .float: return Double(text).map { .float(Float($0)) }
        case .string: return .string(unquoted(text))
        case .ints: return .ints(items.compactMap { Int64($0) })
        case .floats: return .floats(items.compactMap { Double($0).map { Float($0) } })
        case .strings: return .strings(items.map(unquoted))
        default: return nil
        }
    }
}

extension String {
    /// The text with every occurrence of `old` replaced.
    fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
