import GraphIR

/// The form of one overload of an ATen operator: its arguments by name, their types and defaults.
public struct ATenSchema: Sendable {
    /// One of the arguments that an overload takes.
    public struct Argument: Sendable {
        /// The keyword that stands for it: `stride`.
        public var name: String
        /// As PyTorch writes it, without the note on aliasing: `Tensor?`, `SymInt[2]`, `Scalar`.
        public var type: String
        /// What stands for the argument where it is left out; `nil` where it can't be.
        public var defaultValue: ATenArgument?
        /// Whether it can't be given by position.
        public var isKeywordOnly = false
        /// Whether a result shares this argument's memory: `Tensor(a)`.
        public var isAliased = false
    }

    /// The operator without its overload: `conv2d`.
    public var name: String
    /// The overload; `default` where PyTorch's is empty.
    public var overload: String
    /// The arguments in the order in which they can be given by position.
    public var arguments: [Argument]
    /// The types of the results; `Tensor[]` is a list of as many as there are.
    public var results: [String]

    /// The operator and its overload, as ``ATenNode/target`` has them behind `aten.`.
    public var fullName: String { "\(name).\(overload)" }

    /// All schemas that we know, by their full names. In-place forms have those of the plain ones.
    public static let all: [String: ATenSchema] = {
        var result: [String: ATenSchema] = [:]
        for schema in parsed { result[schema.fullName] = schema }
        return result
    }()

    /// All overloads of an operator, in the order of their names.
    public static func overloads(of name: String) -> [ATenSchema] { byName[name] ?? [] }

    private static let byName = Dictionary(grouping: parsed, by: \.name)

    /// The schema of a target such as `aten.relu_.default`, and whether it is the form that overwrites its first argument.
    public static func find(target: String) -> (schema: ATenSchema, isInPlace: Bool)? {
        guard target.hasPrefix("aten.") else { return nil }
        let parts = target.dropFirst(5).split(separator: ".", maxSplits: 1)
        guard let name = parts.first else { return nil }
        let overload = parts.count == 2 ? parts[1] : "default"
        if let schema = all["\(name).\(overload)"] { return (schema, false) }
        guard name.hasSuffix("_"), let schema = all["\(name.dropLast()).\(overload)"] else { return nil }
        return (schema, true)
    }

    private static let parsed: [ATenSchema] = {
        var lines: [String] = []
        for line in atenSchemaText.split(separator: "\n") {
            if line.hasPrefix(" "), let last = lines.indices.last {
                lines[last] += line
            } else {
                lines.append(String(line))
            }
        }
        return lines.compactMap(ATenSchema.init(parsing:))
    }()

    /// Reads one line of PyTorch's: `relu(Tensor self) -> Tensor`.
    init?(parsing line: String) {
        guard let open = line.firstIndex(of: "("), let arrow = line.firstRange(of: ") -> ") else { return nil }
        let names = line[..<open].split(separator: ".")
        guard let name = names.first else { return nil }
        self.name = String(name)
        overload = names.count > 1 ? String(names[1]) : "default"
        arguments = []
        var isKeywordOnly = false
        for piece in pieces(line[line.index(after: open)..<arrow.lowerBound]) {
            if piece == "*" {
                isKeywordOnly = true
                continue
            }
            guard var argument = Argument(parsing: piece) else { return nil }
            argument.isKeywordOnly = isKeywordOnly
            arguments.append(argument)
        }
        var returned = line[arrow.upperBound...]
        if returned.hasPrefix("("), returned.hasSuffix(")") { returned = returned.dropFirst().dropLast() }
        results = pieces(returned).map { piece in
            withoutAlias(piece.split(separator: " ").first.map(String.init) ?? piece)
        }
    }
}

extension ATenSchema.Argument {
    /// Reads `SymInt[2] stride=[1, 1]`.
    fileprivate init?(parsing text: String) {
        guard let space = text.firstIndex(of: " ") else { return nil }
        // The note on aliasing may hold a space: Tensor(a -> *).
        let isSplitNote = text[..<space].contains("(") && !text[..<space].contains(")")
        let end = isSplitNote ? text.firstRange(of: ") ")?.lowerBound : space
        guard let end else { return nil }
        let typeEnd = isSplitNote ? text.index(after: end) : end
        let typeText = String(text[..<typeEnd])
        type = withoutAlias(typeText)
        isAliased = typeText.contains("(")
        let rest = text[text.index(after: typeEnd)...]
        let halves = rest.split(separator: "=", maxSplits: 1)
        guard let name = halves.first else { return nil }
        self.name = String(name)
        defaultValue = halves.count == 2 ? Self.value(String(halves[1]), type: type) : nil
    }

    private static func value(_ text: String, type: String) -> ATenArgument {
        switch text {
        case "None": return .none
        case "True": return .bool(true)
        case "False": return .bool(false)
        default: break
        }
        if text.hasPrefix("\"") { return .string(String(text.dropFirst().dropLast())) }
        if text.hasPrefix("[") {
            let items = text.dropFirst().dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
            return .ints(items.compactMap { Int64($0) }.map { .number($0) })
        }
        if let number = Int64(text) {
            if type.contains("[") { return .ints([.number(number)]) }
            return type.hasPrefix("float") ? .float(Double(number)) : .int(.number(number))
        }
        if let number = Double(text.hasSuffix(".") ? text + "0" : text) { return .float(number) }
        return .unknown(text)
    }
}

/// A type without its note on aliasing: `Tensor(a!)` is `Tensor`.
private func withoutAlias(_ type: String) -> String {
    guard let open = type.firstIndex(of: "("), let close = type.firstIndex(of: ")"), open < close else { return type }
    return String(type[..<open] + type[type.index(after: close)...])
}

/// The items of a list, split at commas that stand in no brackets and no quotes.
private func pieces(_ text: Substring) -> [String] {
    var result: [String] = []
    var current = ""
    var depth = 0
    var isQuoted = false
    for character in text {
        switch character {
        case "\"": isQuoted.toggle()
        case "(", "[": depth += isQuoted ? 0 : 1
        case ")", "]": depth -= isQuoted ? 0 : 1
        case "," where depth == 0 && !isQuoted:
            result.append(current)
            current = ""
            continue
        case " " where current.isEmpty: continue
        default: break
        }
        current.append(character)
    }
    if !current.isEmpty { result.append(current) }
    return result
}
