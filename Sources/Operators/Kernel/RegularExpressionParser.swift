import GraphIR

/// Translates a pattern of RE2's syntax into a program, from left to right and without recursion.
struct RegularExpressionParser {
    typealias Code = [RegularExpression.Instruction]

    private struct Flags {
        var foldsCase = false
        var isMultiline = false
        var dotTakesNewline = false
    }

    /// A piece of the pattern that a repetition applies to.
    private struct Atom {
        var code: Code
        /// How often counted repetitions in it repeat its innermost part.
        var repeats = 1
        var isRepeated = false
    }

    /// A group that is still open, or the pattern itself.
    private struct Frame {
        var outerFlags: Flags
        var alternatives: [Code] = []
        var sequence: Code = []
        var atom: Atom?
        var repeats = 1
        /// Instructions of everything above.
        var size = 0
    }

    private let text: [Unicode.Scalar]
    private var position = 0
    private var flags = Flags()
    private var frames: [Frame]
    private(set) var sets: [CharacterSet] = []

    private static let deepest = 1000
    private static let mostRepeats = 1000

    init(_ pattern: String) {
        text = Array(pattern.unicodeScalars)
        frames = [Frame(outerFlags: Flags())]
    }

    mutating func parse() throws -> Code {
        while let character = next() {
            switch character {
            case "(": try open()
            case ")": try close()
            case "|":
                finishAtom()
                frames[frames.count - 1].alternatives.append(frames[frames.count - 1].sequence)
                frames[frames.count - 1].sequence = []
                try grow(2)
            case "*": try repeatAtom(0, nil)
            case "+": try repeatAtom(1, nil)
            case "?": try repeatAtom(0, 1)
            case "{":
                if let (least, most) = try bounds() {
                    try repeatAtom(least, most, isCounted: true)
                } else {
                    try literal("{")
                }
            case "^": try append([.require(flags.isMultiline ? .lineStart : .textStart)])
            case "$": try append([.require(flags.isMultiline ? .lineEnd : .textEnd)])
            case ".":
                try append(CharacterSet([.outside(flags.dotTakesNewline ? [] : [10...10])]))
            case "[": try append(characterClass())
            case "\\": try escape()
            default: try literal(character)
            }
        }
        guard frames.count == 1 else { throw refused("missing )") }
        finishAtom()
        return alternation(frames[0])
    }

    // MARK: Putting code together

    private mutating func grow(_ count: Int) throws {
        frames[frames.count - 1].size += count
        guard frames.reduce(0, { $0 + $1.size }) <= RegularExpression.largestProgram else {
            throw GraphError(
                .unsupportedArgument, "the pattern takes more than \(RegularExpression.largestProgram) steps",
                argument: "pattern")
        }
    }

    private mutating func finishAtom() {
        let last = frames.count - 1
        guard let atom = frames[last].atom else { return }
        frames[last].sequence += atom.code
        frames[last].repeats = max(frames[last].repeats, atom.repeats)
        frames[last].atom = nil
    }

    private mutating func append(_ code: Code, repeats: Int = 1) throws {
        finishAtom()
        try grow(code.count)
        frames[frames.count - 1].atom = Atom(code: code, repeats: repeats)
    }

    private mutating func append(_ set: CharacterSet) throws {
        try append([.consume(sets.count)])
        sets.append(set)
    }

    private mutating func literal(_ character: Unicode.Scalar) throws {
        try append(CharacterSet([.range(character.value...character.value)], foldsCase: flags.foldsCase))
    }

    /// All alternatives of a group: each but the last splits off what follows it.
    private func alternation(_ frame: Frame) -> Code {
        let parts = frame.alternatives + [frame.sequence]
        let total = parts.reduce(0) { $0 + $1.count + 2 } - 2
        var code: Code = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1 { return code + part }
            code.append(.split(1, part.count + 2))
            code += part
            code.append(.jump(total - code.count))
        }
        return code
    }

    private mutating func open() throws {
        guard frames.count <= RegularExpressionParser.deepest else { throw refused("nested too deep") }
        let outer = flags
        if peek() == "?" {
            position += 1
            if try !groupOptions() {
                // Flags between two repetitions make them two.
                frames[frames.count - 1].atom?.isRepeated = false
                return
            }
        }
        finishAtom()
        frames.append(Frame(outerFlags: outer))
    }

    /// Reads what follows `(?`.
    /// - Returns: whether a group begins; `(?i)` only sets flags.
    private mutating func groupOptions() throws -> Bool {
        if peek() == "P" || (peek() == "<" && !["=", "!"].contains(text[checked: position + 1] ?? " ")) {
            if next() == "P" && next() != "<" { throw refused("invalid named capture group") }
            var name = ""
            while let character = next(), character != ">" {
                guard CharacterSet.word.contains(character.value) else { throw refused("invalid named capture group") }
                name.unicodeScalars.append(character)
            }
            guard !name.isEmpty, text[checked: position - 1] == ">" else {
                throw refused("invalid named capture group")
            }
            return true
        }
        var changed = flags
        var isOn = true
        var sawFlag = true
        while let character = next() {
            switch character {
            case "i": changed.foldsCase = isOn
            case "m": changed.isMultiline = isOn
            case "s": changed.dotTakesNewline = isOn
            // Which of several matches is taken doesn't matter to a whole one.
            case "U": break
            case "-" where isOn:
                isOn = false
                sawFlag = false
                continue
            case ":" where sawFlag, ")" where sawFlag:
                flags = changed
                return character == ":"
            default: throw refused("invalid or unsupported Perl syntax (?\(character)")
            }
            sawFlag = true
        }
        throw refused("missing )")
    }

    private mutating func close() throws {
        guard frames.count > 1 else { throw refused("unexpected )") }
        finishAtom()
        let frame = frames.removeLast()
        flags = frame.outerFlags
        try append(alternation(frame), repeats: frame.repeats)
    }

    private mutating func repeatAtom(_ least: Int, _ most: Int?, isCounted: Bool = false) throws {
        if peek() == "?" { position += 1 }
        let last = frames.count - 1
        guard var atom = frames[last].atom else { throw refused("missing argument to repetition operator") }
        guard !atom.isRepeated else { throw refused("bad repetition operator") }
        if isCounted {
            atom.repeats *= max(most ?? least, 1)
            guard atom.repeats <= RegularExpressionParser.mostRepeats else {
                throw refused("invalid repetition size")
            }
        }
        let code = atom.code
        let copies = most ?? least + 1
        // All that the copies can take, before they are made.
        try grow((copies + 1) * (code.count + 2) - code.count)
        var result: Code = []
        for _ in 0..<least { result += code }
        if let most {
            for copy in least..<max(most, least) {
                // Each further copy may be left out together with those behind it.
                result.append(.split(1, (most - copy) * (code.count + 1)))
                result += code
            }
        } else if least > 0 {
            result.append(.split(-code.count, 1))
        } else {
            result = [.split(1, code.count + 2)] + code + [.jump(-code.count - 1)]
        }
        atom.code = result
        atom.isRepeated = true
        frames[last].atom = atom
    }

    /// Reads the bounds of a counted repetition; where there are none, the brace is a character like others.
    private mutating func bounds() throws -> (least: Int, most: Int?)? {
        let start = position
        if let least = number() {
            var most: Int? = least
            if peek() == "," {
                position += 1
                most = peek() == "}" ? nil : number() ?? -1
            }
            if most != -1 && next() == "}" {
                guard max(least, most ?? 0) <= RegularExpressionParser.mostRepeats, most ?? least >= least else {
                    throw refused("invalid repetition size")
                }
                return (least, most)
            }
        }
        position = start
        return nil
    }

    /// A decimal number; what is too large for any use stays just that.
    private mutating func number() -> Int? {
        var value: Int?
        while let digit = peek(), ("0"..."9").contains(digit) {
            position += 1
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1_000_000)
        }
        return value
    }

    // MARK: Escapes and classes

    private mutating func escape() throws {
        switch peek() {
        case "A": try assert(.textStart)
        case "z": try assert(.textEnd)
        case "b": try assert(.wordBoundary)
        case "B": try assert(.noWordBoundary)
        case "C":
            throw GraphError(.unsupportedArgument, "single bytes (\\C) can't be matched", argument: "pattern")
        case "Q":
            position += 1
            while let character = next() {
                if character == "\\" && peek() == "E" {
                    position += 1
                    return
                }
                try literal(character)
            }
        default:
            if let items = try namedClass() {
                try append(CharacterSet(items, foldsCase: flags.foldsCase))
            } else {
                try literal(escapedCharacter())
            }
        }
    }

    private mutating func assert(_ assertion: RegularExpression.Assertion) throws {
        position += 1
        try append([.require(assertion)])
    }

    /// A class such as `\d` or `\pL` behind a backslash; `nil` where another escape stands there.
    private mutating func namedClass() throws -> [CharacterSet.Item]? {
        guard let letter = peek() else { return nil }
        switch letter {
        case "d", "w", "s", "D", "W", "S":
            position += 1
            let set: CharacterSet =
                switch letter {
                case "d", "D": .digit
                case "w", "W": .word
                default: .space
                }
            return letter.properties.isLowercase ? set.items : [.outside(set.ranges)]
        case "p", "P":
            position += 1
            return [try unicodeClass(isNegated: letter == "P")]
        default: return nil
        }
    }

    private mutating func unicodeClass(isNegated: Bool) throws -> CharacterSet.Item {
        var name = ""
        var isNegated = isNegated
        guard let first = next() else { throw refused("invalid character class range") }
        if first == "{" {
            if peek() == "^" {
                position += 1
                isNegated.toggle()
            }
            while let character = peek(), character != "}" {
                name.unicodeScalars.append(character)
                position += 1
            }
            guard next() == "}" else { throw refused("invalid character class range") }
        } else {
            name.unicodeScalars.append(first)
        }
        if name == "Any" { return .outside(isNegated ? [0...0x10FFFF] : []) }
        guard let categories = CharacterSet.categories(name) else {
            throw GraphError(
                .unsupportedArgument, "\\p{\(name)} is no general category; scripts can't be matched",
                argument: "pattern")
        }
        return .categories(categories, isNegated: isNegated)
    }

    /// The single character that an escape stands for.
    private mutating func escapedCharacter() throws -> Unicode.Scalar {
        guard let letter = next() else { throw refused("trailing \\") }
        let value: UInt32?
        switch letter {
        case "a": value = 7
        case "f": value = 12
        case "n": value = 10
        case "r": value = 13
        case "t": value = 9
        case "v": value = 11
        case "x": value = hexadecimal()
        case "0"..."7":
            // A single digit other than 0 would be a reference to a group.
            guard letter == "0" || peek().map({ ("0"..."7").contains($0) }) == true else {
                throw refused("invalid escape sequence \\\(letter)")
            }
            var code = letter.value - 48
            for _ in 0..<2 {
                guard let digit = peek(), ("0"..."7").contains(digit) else { break }
                code = code * 8 + digit.value - 48
                position += 1
            }
            value = code
        default: value = letter.isASCII && !isAlphanumeric(letter) ? letter.value : nil
        }
        guard let scalar = value.flatMap({ Unicode.Scalar($0) }) else {
            throw refused("invalid escape sequence \\\(letter)")
        }
        return scalar
    }

    private func isAlphanumeric(_ character: Unicode.Scalar) -> Bool {
        CharacterSet.posix("alnum")?.contains(character.value) == true
    }

    /// Two hexadecimal digits, or any number of them in braces.
    private mutating func hexadecimal() -> UInt32? {
        var digits = ""
        if peek() == "{" {
            position += 1
            while let character = next(), character != "}" { digits.unicodeScalars.append(character) }
            guard text[checked: position - 1] == "}" else { return nil }
        } else {
            for _ in 0..<2 { if let character = next() { digits.unicodeScalars.append(character) } }
            guard digits.count == 2 else { return nil }
        }
        guard !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
        return UInt32(digits, radix: 16)
    }

    /// A class in brackets, the first of which has been read.
    private mutating func characterClass() throws -> CharacterSet {
        var set = CharacterSet(foldsCase: flags.foldsCase)
        if peek() == "^" {
            position += 1
            set.isNegated = true
        }
        var isFirst = true
        while let character = next() {
            if character == "]" && !isFirst { return set }
            isFirst = false
            if character == "[", peek() == ":", let items = try posixClass() {
                set.items += items
                continue
            }
            if character == "\\", let items = try namedClass() {
                set.items += items
                continue
            }
            let low = try character == "\\" ? escapedCharacter() : character
            var high = low
            if peek() == "-", let end = text[checked: position + 1], end != "]" {
                position += 2
                high = try end == "\\" ? escapedCharacter() : end
                guard low <= high else { throw refused("invalid character class range") }
            }
            set.items.append(.range(low.value...high.value))
        }
        throw refused("missing ]")
    }

    /// `:alpha:]`, behind the opening bracket; `nil` where it isn't closed, and so no class.
    private mutating func posixClass() throws -> [CharacterSet.Item]? {
        var end = position + 1
        while end + 1 < text.count, !(text[end] == ":" && text[end + 1] == "]") {
            // Names are short, so that a long text isn't searched again for each bracket.
            if end - position > 16 { return nil }
            end += 1
        }
        guard end + 1 < text.count else { return nil }
        var name = ""
        name.unicodeScalars.append(contentsOf: text[(position + 1)..<end])
        let isNegated = name.hasPrefix("^")
        guard let set = CharacterSet.posix(isNegated ? String(name.dropFirst()) : name) else {
            throw refused("invalid character class range [:\(name):]")
        }
        position = end + 2
        return isNegated ? [.outside(set.ranges)] : set.items
    }

    // MARK: Characters

    private func peek() -> Unicode.Scalar? { text[checked: position] }

    private mutating func next() -> Unicode.Scalar? {
        guard let character = peek() else { return nil }
        position += 1
        return character
    }

    private func refused(_ problem: String) -> GraphError {
        GraphError(.argument, "\(problem), before character \(position) of the pattern", argument: "pattern")
    }
}
