import GraphIR

extension JSONValue {
    /// Reads one document, strictly by RFC 8259: no comments, no trailing commas, no leading zeros, no byte order mark,
    /// no lone surrogates, nothing after the document but white space. Duplicate keys are an error, since two readers
    /// would see two meanings.
    /// - Throws: `json.malformed`, `json.duplicate`, `limit.depth`, `limit.count`, each with the byte's offset.
    public static func parse(_ bytes: [UInt8], depthLimit: Int = defaultDepthLimit) throws -> JSONValue {
        var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
        return try parser.document()
    }
}

/// A cursor over the text. Recursion is bounded by `depthLimit`.
private struct JSONParser {
    let bytes: [UInt8]
    let depthLimit: Int
    var position = 0
    var values = 0

    init(bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func document() throws -> JSONValue {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed("something follows the document") }
        return value
    }

    private func malformed(_ problem: String, at offset: Int? = nil) -> FormatError {
        FormatError(.jsonMalformed, problem, offset: offset ?? position, hint: "the file is damaged or no JSON")
    }

    private var next: UInt8? { bytes[checked: position] }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard let next, next == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        values += 1
        guard values <= JSONValue.valueLimit else {
            throw FormatError(
                .limitCount, "more than \(JSONValue.valueLimit) values in one JSON document", offset: position)
        }
        switch next {
        case nil: throw malformed("the text ends where a value should stand")
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number(try number())
        default: throw malformed("expected a value")
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw malformed("expected '\(text)'") }
        position += text.utf8.count
        return value
    }

    private func check(depth: Int) throws {
        guard depth < depthLimit else {
            throw FormatError(
                .limitDepth, "nested more than \(depthLimit) deep", offset: position,
                hint: "no weight file nests JSON that deep")
        }
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        try check(depth: depth)
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(values) }
        while true {
            skipSpace()
            values.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(values) }
            guard take(",") else { throw malformed("expected ',' or ']'") }
        }
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        try check(depth: depth)
        position += 1
        var entries: [(key: String, value: JSONValue)] = []
        var seen: Set<ExactName> = []
        skipSpace()
        if take("}") { return .object(entries) }
        while true {
            skipSpace()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw malformed("expected a key in quotes") }
            let key = try string()
            guard seen.insert(ExactName(key)).inserted else {
                throw FormatError(.jsonDuplicate, "the key '\(key)' stands there twice", offset: start)
            }
            skipSpace()
            guard take(":") else { throw malformed("expected ':'") }
            skipSpace()
            entries.append((key, try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(entries) }
            guard take(",") else { throw malformed("expected ',' or '}'") }
        }
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        return position - start
    }

    private mutating func number() throws -> String {
        let start = position
        _ = take("-")
        let leadingZero = next == UInt8(ascii: "0")
        let count = digits()
        guard count > 0, !leadingZero || count == 1 else { throw malformed("malformed number", at: start) }
        if take(".") {
            guard digits() > 0 else { throw malformed("malformed number", at: start) }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw malformed("malformed number", at: start) }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        var runStart = position
        while true {
            guard let byte = next else { throw malformed("a string without end", at: start) }
            if byte == UInt8(ascii: "\"") {
                text += bytes[runStart..<position]
                position += 1
                break
            }
            guard byte >= 0x20 else { throw malformed("a raw control character in a string") }
            if byte == UInt8(ascii: "\\") {
                text += bytes[runStart..<position]
                position += 1
                try escape(into: &text)
                runStart = position
            } else {
                position += 1
            }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw malformed("a string that isn't UTF-8", at: start)
        }
        return string
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = next else { throw malformed("a string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += Array(Character(try unicodeEscape()).utf8)
        default: throw malformed("an unknown escape", at: position - 1)
        }
    }

    private mutating func unicodeEscape() throws -> Unicode.Scalar {
        let start = position
        var value = UInt32(try codeUnit())
        if (0xD800..<0xDC00).contains(value) {
            guard take("\\"), take("u") else { throw malformed("a lone surrogate", at: start) }
            let low = UInt32(try codeUnit())
            guard (0xDC00..<0xE000).contains(low) else { throw malformed("a lone surrogate", at: start) }
            value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw malformed("a lone surrogate", at: start) }
        return scalar
    }

    private mutating func codeUnit() throws -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw malformed("expected four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
