import GraphIR

/// Reads the expressions that stand for dynamic sizes: SymPy's `srepr` (`Mul(Integer(2), Symbol('s60', …))`), and the
/// plain notation (`2*s60`) that keys of `range_constraints` and older files have.
struct SymbolicExpression {
    /// Characters and nesting of an expression that is read. Sizes of real programs take some hundred characters.
    static let maximumLength = 1 << 14, maximumDepth = 48

    private let text: [UInt8]
    private var position = 0

    /// An expression that isn't understood is kept in the writer's words.
    static func parse(_ text: String) -> SymbolicInt {
        guard text.utf8.count <= maximumLength else { return .unknown(text) }
        var reader = SymbolicExpression(text: Array(text.utf8))
        guard let value = reader.sum(depth: 0), reader.isAtEnd, let bounded = try? value.bounded() else {
            return .unknown(text)
        }
        return bounded
    }

    private init(text: [UInt8]) { self.text = text }

    private mutating func skipSpace() {
        while let byte = text[checked: position], byte == 0x20 { position += 1 }
    }

    private mutating func take(_ token: String) -> Bool {
        skipSpace()
        guard text[position...].starts(with: token.utf8) else { return false }
        position += token.utf8.count
        return true
    }

    private var isAtEnd: Bool { text[position...].allSatisfy { $0 == 0x20 } }

    // MARK: Plain notation

    private mutating func sum(depth: Int) -> SymbolicInt? {
        guard depth < Self.maximumDepth, let first = product(depth: depth) else { return nil }
        var terms = [first]
        while true {
            if take("+") {
                guard let next = product(depth: depth) else { return nil }
                terms.append(next)
            } else if take("-") {
                guard let next = product(depth: depth) else { return nil }
                terms.append(.product([.number(-1), next]))
            } else {
                return terms.count == 1 ? first : .sum(terms)
            }
        }
    }

    private mutating func product(depth: Int) -> SymbolicInt? {
        guard var value = factor(depth: depth) else { return nil }
        while true {
            if take("//") {
                guard let divisor = factor(depth: depth) else { return nil }
                value = .quotient(value, divisor)
            } else if take("%") {
                guard let divisor = factor(depth: depth) else { return nil }
                value = .remainder(value, divisor)
            } else if take("**") {
                guard let power = factor(depth: depth), let raised = Self.power(value, power) else { return nil }
                value = raised
            } else if take("*") {
                guard let next = factor(depth: depth) else { return nil }
                if case .product(let factors) = value {
                    value = .product(factors + [next])
                } else {
                    value = .product([value, next])
                }
            } else {
                return value
            }
        }
    }

    private mutating func factor(depth: Int) -> SymbolicInt? {
        guard depth < Self.maximumDepth else { return nil }
        if take("(") {
            guard let value = sum(depth: depth + 1), take(")") else { return nil }
            return value
        }
        if take("-") {
            guard let value = factor(depth: depth + 1) else { return nil }
            if case .number(let number) = value {
                return Int64(0).subtracting(checked: number).map { .number($0) }
            }
            return .product([.number(-1), value])
        }
        skipSpace()
        let start = position
        while let byte = text[checked: position], Self.isWord(byte) { position += 1 }
        guard position > start else { return nil }
        let word = String(decoding: text[start..<position], as: UTF8.self)
        if let number = Int64(word) { return .number(number) }
        guard let first = word.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        return take("(") ? call(word, depth: depth + 1) : .symbol(word)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    // MARK: srepr

    /// The call of a constructor, from behind its bracket.
    private mutating func call(_ name: String, depth: Int) -> SymbolicInt? {
        if name == "Symbol" { return symbol() }
        if name == "floor", let quotient = flooredProduct(depth: depth) { return quotient }
        var arguments: [SymbolicInt] = []
        if !take(")") {
            repeat {
                guard let argument = sum(depth: depth) else { return nil }
                arguments.append(argument)
            } while take(",")
            guard take(")") else { return nil }
        }
        switch (name, arguments.count) {
        case ("Integer", 1): if case .number = arguments[0] { return arguments[0] }
        case ("Add", 1...): return .sum(arguments)
        case ("Mul", 1...): return .product(arguments)
        case ("FloorDiv", 2), ("CleanDiv", 2): return .quotient(arguments[0], arguments[1])
        case ("Mod", 2), ("PythonMod", 2): return .remainder(arguments[0], arguments[1])
        case ("Pow", 2), ("PowByNatural", 2): return Self.power(arguments[0], arguments[1])
        default: break
        }
        return nil
    }

    /// `Symbol('s77', positive=True, integer=True)`, from behind its bracket.
    private mutating func symbol() -> SymbolicInt? {
        guard take("'") else { return nil }
        let start = position
        while let byte = text[checked: position], Self.isWord(byte) { position += 1 }
        let name = String(decoding: text[start..<position], as: UTF8.self)
        guard !name.isEmpty, take("'") else { return nil }
        while let byte = text[checked: position], byte != UInt8(ascii: ")") {
            // Assumptions: words, `=` and commas.
            guard Self.isWord(byte) || [0x20, UInt8(ascii: ","), UInt8(ascii: "=")].contains(byte) else { return nil }
            position += 1
        }
        return take(")") ? .symbol(name) : nil
    }

    /// `floor(Mul(Rational(1, 2), x))`, from behind the first bracket; else nothing is consumed.
    private mutating func flooredProduct(depth: Int) -> SymbolicInt? {
        let start = position
        guard take("Mul("), take("Rational("), let numerator = sum(depth: depth), take(","),
            let denominator = sum(depth: depth), take(")"), take(",")
        else {
            position = start
            return nil
        }
        var factors = [numerator]
        repeat {
            guard let factor = sum(depth: depth) else {
                position = start
                return nil
            }
            factors.append(factor)
        } while take(",")
        guard take(")"), take(")") else {
            position = start
            return nil
        }
        if case .number(1) = numerator { factors.removeFirst() }
        return .quotient(factors.count == 1 ? factors[0] : .product(factors), denominator)
    }

    /// A small power as a product.
    private static func power(_ base: SymbolicInt, _ exponent: SymbolicInt) -> SymbolicInt? {
        guard case .number(let exponent) = exponent, (1...8).contains(exponent) else { return nil }
        return exponent == 1 ? base : try? .product(Array(repeating: base, count: Int(exponent))).bounded()
    }
}
