import GraphIR

/// A place in a text, and the words of ONNX's textual syntax from there on.
struct TextCursor {
    /// A number or string as it stands in the text.
    enum Literal {
        case int(String)
        case float(String)
        case string([UInt8])

        var kind: String {
            switch self {
            case .int: "an integer"
            case .float: "a float"
            case .string: "a string"
            }
        }
    }

    private let text: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    private var current: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = current {
            if byte.isTextSpace {
                position += 1
            } else if byte == UInt8(ascii: "#") {
                while let byte = current, byte != UInt8(ascii: "\n") { position += 1 }
            } else {
                return
            }
        }
    }

    // MARK: Signs

    /// The byte at which the next word begins.
    mutating func peek() -> UInt8? {
        skipSpace()
        return current
    }

    mutating func next(is sign: Unicode.Scalar) -> Bool { peek() == UInt8(ascii: sign) }

    /// Passes a sign if it comes next.
    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard next(is: sign) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ sign: Unicode.Scalar, _ context: String) throws {
        guard take(sign) else { throw unexpected("'\(sign)' \(context)") }
    }

    /// `=>`, in one piece.
    mutating func expectArrow() throws {
        try expect("=", "of '=>'")
        guard current == UInt8(ascii: ">") else { throw unexpected("'=>'") }
        position += 1
    }

    // MARK: Words

    /// An identifier, if one comes next.
    mutating func identifier() -> String? {
        skipSpace()
        guard let first = current, first.isLetter || first == UInt8(ascii: "_") else { return nil }
        let start = position
        while let byte = current, byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") { position += 1 }
        return string(from: start)
    }

    mutating func expectIdentifier(_ what: String) throws -> String {
        guard let identifier = identifier() else { throw unexpected(what) }
        return identifier
    }

    func peekIdentifier() -> String? {
        var copy = self
        return copy.identifier()
    }

    /// A name, as an identifier or in quotes.
    mutating func name(_ what: String) throws -> String {
        if next(is: "\"") { return try quotedName() }
        return try expectIdentifier(what)
    }

    /// Names of a node's inputs or outputs. Nothing before a comma is an empty name.
    mutating func names() throws -> [String] {
        var names: [String] = []
        while true {
            if next(is: "\"") {
                names.append(try quotedName())
            } else if let identifier = identifier() {
                names.append(identifier)
            } else if next(is: ",") {
                names.append("")
            } else {
                return names
            }
            guard take(",") else { return names }
        }
    }

    private mutating func quotedName() throws -> String {
        let start = position
        let text = try self.text("a name")
        guard !text.utf8.contains(0) else {
            throw error("the name '\(text)' holds a NUL, at which other readers cut it", at: start, code: .nameReserved)
        }
        return text
    }

    // MARK: Literals

    /// A string that must be UTF-8.
    mutating func text(_ what: String) throws -> String {
        skipSpace()
        let start = position
        guard case .string(let bytes)? = try literal() else {
            position = start
            throw unexpected("\(what) in quotes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw error("\(what) is not UTF-8", at: start)
        }
        return text
    }

    mutating func integer<Number: FixedWidthInteger>(_ what: String, as type: Number.Type = Number.self) throws
        -> Number
    {
        skipSpace()
        let start = position
        guard case .int(let digits)? = try literal() else {
            position = start
            throw unexpected("\(what), an integer")
        }
        guard let number = Number(digits) else {
            throw error("\(digits) is not in the range of \(what), \(Number.min) to \(Number.max)", at: start)
        }
        return number
    }

    mutating func float<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        as type: Number.Type = Number.self
    ) throws -> Number {
        skipSpace()
        let start = position
        switch try literal() {
        case .int(let text)?, .float(let text)?: return try float(text, at: start)
        default:
            position = start
            throw unexpected("a number")
        }
    }

    /// The number that a literal says. What is too small becomes zero, what is too large is an error.
    func float<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ text: String, at start: Int) throws -> Number
    {
        if text.utf8.last?.isDigit != true && text.utf8.last != UInt8(ascii: ".") {
            let magnitude: Number =
                text.lowercased().hasSuffix("nan") ? .nan : .infinity
            return text.hasPrefix("-") ? -magnitude : magnitude
        }
        guard let number = Number(text), number.isFinite else {
            throw error("\(text) is no number that \(Number.self) can hold", at: start)
        }
        return number
    }

    /// A number or string, if one comes next.
    mutating func literal() throws -> Literal? {
        skipSpace()
        let start = position
        guard let first = current else { return nil }
        if first == UInt8(ascii: "\"") { return .string(try string()) }
        if first == UInt8(ascii: "-") { position += 1 }
        guard let byte = current else { throw unexpected("a number") }
        if byte.isLetter {
            let word = position
            while let byte = current, byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") { position += 1 }
            guard ["inf", "infinity", "nan"].contains(string(from: word).lowercased()) else {
                position = start
                if first == UInt8(ascii: "-") { throw unexpected("a number") }
                return nil
            }
            return .float(string(from: start))
        }
        guard byte.isDigit else {
            position = start
            if first == UInt8(ascii: "-") { throw unexpected("a number") }
            return nil
        }
        var isFloat = false
        while let byte = current, byte.isDigit || (byte == UInt8(ascii: ".") && !isFloat) {
            if byte == UInt8(ascii: ".") { isFloat = true }
            position += 1
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            isFloat = true
            position += 1
            if let sign = current, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard current?.isDigit == true else { throw unexpected("the digits of an exponent") }
            while current?.isDigit == true { position += 1 }
        }
        let text = string(from: start)
        return isFloat ? .float(text) : .int(text)
    }

    /// Bytes between quotes; a backslash stands before one that is meant as it is.
    private mutating func string() throws -> [UInt8] {
        let start = position
        position += 1
        var bytes: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == UInt8(ascii: "\"") { return bytes }
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escaped = current else { break }
            bytes.append(escaped)
            position += 1
        }
        throw error("the string that begins here has no end", at: start)
    }

    private func string(from start: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: text[start..<position]), as: UTF8.self)
    }

    // MARK: Errors

    /// What stands where something else was expected.
    mutating func unexpected(_ wanted: String) -> FormatError {
        skipSpace()
        guard current != nil else { return error("the text ends where \(wanted) is expected", at: position) }
        var end = position
        while end < text.count, end - position < 20, !text[end].isTextSpace { end += 1 }
        let found = String(decoding: UnsafeRawBufferPointer(rebasing: text[position..<end]), as: UTF8.self)
        let hint = found.hasPrefix("...") ? "the text was written without this; write it in full" : nil
        return error("found '\(found)', expected \(wanted)", at: position, hint: hint)
    }

    func error(
        _ problem: String, at offset: Int, code: FormatError.Code = .textMalformed, hint: String? = nil
    ) -> FormatError {
        FormatError(code, problem, item: place(of: offset), offset: offset, hint: hint)
    }

    /// Line and column, both from 1; a column is a character of UTF-8.
    func place(of offset: Int) -> String {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return "line \(line), column \(column)"
    }
}
