import GraphIR

/// The literals that an `.npy` header is written in. Not Python: no expression is evaluated.
indirect enum PythonLiteral {
    case none
    case bool(Bool)
    /// Decimal digits, with a sign where there is one.
    case integer(String)
    case string(String)
    case tuple([PythonLiteral])
    case list([PythonLiteral])
    case dictionary([(key: String, value: PythonLiteral)])

    /// How deep brackets nest at most. Honest headers stop at two, those of record types at five.
    static let depthLimit = 16
    /// Keys of a dictionary. A header has three.
    static let entryLimit = 64

    /// - Throws: `npy.header` for anything but literals, `limit.depth`.
    static func parse(_ text: [UInt8]) throws -> PythonLiteral {
        var parser = Parser(text: text)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.next == nil else { throw parser.malformed("something follows the dictionary") }
        return value
    }

    private struct Parser {
        let text: [UInt8]
        var position = 0

        init(text: [UInt8]) { self.text = text }

        var next: UInt8? { text[checked: position] }

        func malformed(_ problem: String) -> FormatError {
            FormatError(.npyHeader, "\(problem), at character \(position) of the header", hint: "the file is damaged")
        }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
        }

        mutating func take(_ character: Character) -> Bool {
            skipSpace()
            guard let next, next == character.asciiValue else { return false }
            position += 1
            return true
        }

        mutating func word() -> String {
            let start = position
            while let byte = next, Character(Unicode.Scalar(byte)).isLetter || byte == UInt8(ascii: "_") {
                position += 1
            }
            return String(decoding: text[start..<position], as: UTF8.self)
        }

        mutating func value(depth: Int) throws -> PythonLiteral {
            guard depth < PythonLiteral.depthLimit else {
                throw FormatError(.limitDepth, "the header nests more than \(PythonLiteral.depthLimit) deep")
            }
            skipSpace()
            switch next {
            case UInt8(ascii: "{"): return try dictionary(depth: depth)
            case UInt8(ascii: "("):
                position += 1
                let (items, comma) = try items(until: ")", depth: depth)
                if items.count == 1, !comma, let only = items.first { return only }
                return .tuple(items)
            case UInt8(ascii: "["):
                position += 1
                return .list(try items(until: "]", depth: depth).items)
            case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try string())
            case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try integer()
            default:
                switch word() {
                case "True": return .bool(true)
                case "False": return .bool(false)
                case "None": return PythonLiteral.none
                // Python 2 wrote the keys and type as u'…' at times.
                case "u" where next == UInt8(ascii: "'"), "b" where next == UInt8(ascii: "'"):
                    return .string(try string())
                default: throw malformed("expected a literal")
                }
            }
        }

        mutating func items(until end: Character, depth: Int) throws -> (items: [PythonLiteral], comma: Bool) {
            var items: [PythonLiteral] = []
            var comma = false
            while true {
                if take(end) { return (items, comma) }
                guard items.isEmpty || comma else { throw malformed("expected ',' or '\(end)'") }
                items.append(try value(depth: depth + 1))
                comma = take(",")
            }
        }

        mutating func dictionary(depth: Int) throws -> PythonLiteral {
            position += 1
            var entries: [(key: String, value: PythonLiteral)] = []
            var comma = true
            while true {
                if take("}") { return .dictionary(entries) }
                guard comma else { throw malformed("expected ',' or '}'") }
                guard case .string(let key) = try value(depth: depth + 1) else { throw malformed("expected a key") }
                guard take(":") else { throw malformed("expected ':'") }
                guard entries.count < PythonLiteral.entryLimit else {
                    throw FormatError(
                        .limitCount, "the header's dictionary has more than \(PythonLiteral.entryLimit) keys")
                }
                guard !entries.contains(where: { $0.key == key }) else {
                    throw malformed("the key '\(key)' stands there twice")
                }
                entries.append((key, try value(depth: depth + 1)))
                comma = take(",")
            }
        }

        mutating func string() throws -> String {
            guard let quote = next else { throw malformed("expected a string") }
            position += 1
            let start = position
            while let byte = next, byte != quote {
                guard byte != UInt8(ascii: "\\"), byte >= 0x20 else { throw malformed("an escape in a string") }
                position += 1
            }
            guard next == quote, let string = String(validating: text[start..<position], as: UTF8.self) else {
                throw malformed("a string without end")
            }
            position += 1
            return string
        }

        mutating func integer() throws -> PythonLiteral {
            let start = position
            if next == UInt8(ascii: "-") { position += 1 }
            let digits = position
            while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
            guard position > digits else { throw malformed("expected a number") }
            let literal = String(decoding: text[start..<position], as: UTF8.self)
            // Python 2 wrote long integers with an L.
            if next == UInt8(ascii: "L") { position += 1 }
            return .integer(literal)
        }
    }
}
