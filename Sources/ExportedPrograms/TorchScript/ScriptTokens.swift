import GraphIR

/// A piece of TorchScript's source.
struct ScriptToken {
    enum Kind: Equatable {
        case name(String)
        case int(Int64)
        case float(Double)
        case string(String)
        /// `(`, `)`, `[`, `]`, `{`, `}`, `,`, `:`, `=`, `.`, `-`, and `->` as `>`.
        case mark(UInt8)
        /// The start of a logical line, with the spaces before it. Lines within brackets go on.
        case line(indent: Int)
        case end
    }

    var kind: Kind
    var offset: Int

    /// Cuts a file into tokens.
    /// - Throws: `text.malformed` for what the printer doesn't write, `limit.count`.
    static func all(in source: [UInt8]) throws -> [ScriptToken] {
        var reader = ScriptTokenReader(source: source)
        return try reader.read()
    }

    /// Tokens of one file that are read: those of a scripted ResNet's largest file take a thousandth.
    static let limit = 1 << 22
}

private struct ScriptTokenReader {
    let source: [UInt8]
    var position = 0
    var depth = 0
    var tokens: [ScriptToken] = []

    init(source: [UInt8]) { self.source = source }

    private var next: UInt8? { source[checked: position] }

    mutating func read() throws -> [ScriptToken] {
        var isLineStart = true
        while let byte = next {
            guard tokens.count < ScriptToken.limit else {
                throw FormatError(.limitCount, "more than \(ScriptToken.limit) words of code", offset: position)
            }
            if isLineStart, depth == 0 {
                let indent = spaces()
                isLineStart = false
                guard let byte = next else { break }
                if byte != 0x0A, byte != UInt8(ascii: "#") { append(.line(indent: indent), at: position) }
                continue
            }
            switch byte {
            case 0x0A:
                position += 1
                isLineStart = depth == 0
            case 0x20, 0x0D, 0x09: position += 1
            case UInt8(ascii: "#"): while let byte = next, byte != 0x0A { position += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): try string(quote: byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            case _ where Self.isWord(byte): word()
            default: try mark(byte)
            }
        }
        append(.end, at: position)
        return tokens
    }

    private mutating func append(_ kind: ScriptToken.Kind, at offset: Int) {
        tokens.append(ScriptToken(kind: kind, offset: offset))
    }

    private mutating func spaces() -> Int {
        let start = position
        while next == 0x20 { position += 1 }
        return position - start
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func word() {
        let start = position
        while let byte = next, Self.isWord(byte) { position += 1 }
        append(.name(String(decoding: source[start..<position], as: UTF8.self)), at: start)
    }

    private mutating func number() throws {
        let start = position
        while let byte = next {
            let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            let last = source[checked: position - 1]
            let followsExponent = last == UInt8(ascii: "e") || last == UInt8(ascii: "E")
            guard Self.isWord(byte) || byte == UInt8(ascii: ".") || isSign && followsExponent else { break }
            position += 1
        }
        let text = String(decoding: source[start..<position], as: UTF8.self)
        if let whole = Int64(text) {
            append(.int(whole), at: start)
        } else if let real = Double(text.hasSuffix(".") ? text + "0" : text) {
            append(.float(real), at: start)
        } else {
            throw FormatError(.textMalformed, "'\(text)' is no number that is read", offset: start)
        }
    }

    private mutating func string(quote: UInt8) throws {
        let start = position
        position += 1
        var text: [UInt8] = []
        while let byte = next, byte != quote, byte != 0x0A {
            position += 1
            guard byte == UInt8(ascii: "\\"), let escaped = next else {
                text.append(byte)
                continue
            }
            position += 1
            switch escaped {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = Int(escaped - UInt8(ascii: "0"))
                for _ in 0..<2 {
                    guard let digit = next, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { break }
                    value = value * 8 + Int(digit - UInt8(ascii: "0"))
                    position += 1
                }
                text.append(UInt8(truncatingIfNeeded: value))
            default: text.append(escaped)
            }
        }
        guard next == quote else { throw FormatError(.textMalformed, "a string without end", offset: start) }
        position += 1
        append(.string(String(decoding: text, as: UTF8.self)), at: start)
    }

    private mutating func mark(_ byte: UInt8) throws {
        let start = position
        position += 1
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
        case UInt8(ascii: "-") where next == UInt8(ascii: ">"):
            position += 1
            return append(.mark(UInt8(ascii: ">")), at: start)
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "."), UInt8(ascii: "-"): break
        default:
            let character = String(decoding: [byte], as: UTF8.self)
            throw FormatError(.textMalformed, "'\(character)' where TorchScript's printer puts none", offset: start)
        }
        append(.mark(byte), at: start)
    }
}
