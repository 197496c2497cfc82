import GraphIR

/// Arithmetic that keeps expressions in one normal form, a sum of products, so that equal sizes are equal values.
extension SymbolicInt {
    /// The number, where it depends on no symbol.
    public var known: Int64? {
        if case .number(let value) = self { return value }
        return nil
    }

    /// The number as an `Int`, where it depends on no symbol.
    var size: Int? { known.flatMap { Int(exactly: $0) } }

    /// Whether both can be the same number: only numbers that are known are certain to differ.
    func mayBe(_ other: SymbolicInt) -> Bool { self == other || known == nil || other.known == nil }

    static func + (a: SymbolicInt, b: SymbolicInt) throws -> SymbolicInt {
        if let a = a.known, let b = b.known, let sum = a.adding(checked: b) { return .number(sum) }
        return try (Polynomial(a) + Polynomial(b)).expression.bounded()
    }

    static func - (a: SymbolicInt, b: SymbolicInt) throws -> SymbolicInt {
        if let a = a.known, let b = b.known, let difference = a.subtracting(checked: b) { return .number(difference) }
        return try (Polynomial(a) + Polynomial(b) * Polynomial(.number(-1))).expression.bounded()
    }

    static func * (a: SymbolicInt, b: SymbolicInt) throws -> SymbolicInt {
        if let a = a.known, let b = b.known, let product = a.multiplied(checked: b) { return .number(product) }
        return try (Polynomial(a) * Polynomial(b)).expression.bounded()
    }

    /// The quotient, rounded towards minus infinity.
    static func / (a: SymbolicInt, b: SymbolicInt) throws -> SymbolicInt {
        if b == .number(1) { return a }
        if let a = a.known, let b = b.known, b != 0 {
            let (quotient, overflow) = a.dividedReportingOverflow(by: b)
            guard !overflow else { throw Polynomial.overflow }
            let rest = a % b
            return .number(rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient)
        }
        return try Polynomial(a).quotient(by: Polynomial(b)).expression.bounded()
    }

    /// What the quotient leaves, with the sign of the divisor.
    static func % (a: SymbolicInt, b: SymbolicInt) throws -> SymbolicInt {
        if let a = a.known, let b = b.known, b != 0 {
            let rest = b == -1 ? 0 : a % b
            return .number(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest)
        }
        let quotient = try a / b
        if case .quotient = quotient { return try SymbolicInt.remainder(a, b).bounded() }
        return try a - quotient * b
    }

    /// The quotient where it is a whole number for all values of the symbols, else `nil`.
    func exactQuotient(by other: SymbolicInt) throws -> SymbolicInt? {
        guard other.known != 0 else { return nil }
        let quotient = try self / other
        return try quotient * other == normalized() ? quotient : nil
    }

    /// The normal form.
    func normalized() throws -> SymbolicInt { try Polynomial(self).expression }

    /// The expression with symbols replaced, in normal form.
    /// - Parameter value: what stands for a symbol; `nil` keeps it.
    func substituting(_ value: (String) throws -> SymbolicInt?, depth: Int = 0) throws -> SymbolicInt {
        guard depth < Polynomial.depthLimit else { throw Polynomial.tooComplex }
        let inner = depth + 1
        switch self {
        case .number, .unknown: return self
        case .symbol(let name): return try value(name) ?? self
        case .sum(let terms):
            return try terms.reduce(.number(0)) { try $0 + $1.substituting(value, depth: inner) }
        case .product(let factors):
            return try factors.reduce(.number(1)) { try $0 * $1.substituting(value, depth: inner) }
        case .quotient(let a, let b):
            return try a.substituting(value, depth: inner) / b.substituting(value, depth: inner)
        case .remainder(let a, let b):
            return try a.substituting(value, depth: inner) % b.substituting(value, depth: inner)
        }
    }

    /// How many parts an expression may have, and how deep they may nest: real sizes take some dozen.
    static let partLimit = 1 << 10

    /// The expression, where it is small enough to be looked at as a whole. Each operation doubles it at most, so that
    /// no chain of them can make one that outgrows stack or time.
    /// - Throws: `limit.depth`.
    func bounded() throws -> SymbolicInt {
        var left = Self.partLimit
        guard takeParts(from: &left, depth: 0) else { throw Polynomial.tooComplex }
        return self
    }

    /// Counts the parts off.
    /// - Returns: whether there were enough.
    func takeParts(from left: inout Int, depth: Int) -> Bool {
        left -= 1
        guard left >= 0, depth < Polynomial.depthLimit else { return false }
        switch self {
        case .number, .symbol, .unknown: return true
        case .sum(let items), .product(let items):
            for item in items where !item.takeParts(from: &left, depth: depth + 1) { return false }
            return true
        case .quotient(let a, let b), .remainder(let a, let b):
            return a.takeParts(from: &left, depth: depth + 1) && b.takeParts(from: &left, depth: depth + 1)
        }
    }

    /// The symbol, factor and offset where the size is `factor * symbol + offset`, as `32*h` and `s0 + 1` are.
    var linear: (symbol: String, factor: Int64, offset: Int64)? {
        guard var terms = try? Polynomial(self).terms else { return nil }
        let offset = terms.removeValue(forKey: []) ?? 0
        guard terms.count == 1, let (symbols, factor) = terms.first, factor > 0, symbols.count == 1,
            case .symbol(let name)? = symbols.first
        else { return nil }
        return (name, factor, offset)
    }

    /// Whether the sizes differ whatever the symbols are, from 1 on. Of others only a run can tell.
    func differs(from other: SymbolicInt) throws -> Bool {
        let difference = try Polynomial(self - other).terms
        let isCertain = difference.contains { symbols, _ in
            symbols.allSatisfy { if case .symbol = $0 { true } else { false } }
        }
        return isCertain && (difference.values.allSatisfy { $0 > 0 } || difference.values.allSatisfy { $0 < 0 })
    }

    /// All symbols that occur.
    var freeSymbols: Set<String> {
        switch self {
        case .number, .unknown: []
        case .symbol(let name): [name]
        case .sum(let items), .product(let items): items.reduce(into: []) { $0.formUnion($1.freeSymbols) }
        case .quotient(let a, let b), .remainder(let a, let b): a.freeSymbols.union(b.freeSymbols)
        }
    }

    /// Whether the symbol occurs.
    func mentions(_ name: String) -> Bool {
        switch self {
        case .number, .unknown: false
        case .symbol(let symbol): symbol == name
        case .sum(let items), .product(let items): items.contains { $0.mentions(name) }
        case .quotient(let a, let b), .remainder(let a, let b): a.mentions(name) || b.mentions(name)
        }
    }

    /// As a formula: `64*batch`.
    var text: String { description }
}

extension [SymbolicInt] {
    /// The product of all.
    func product() throws -> SymbolicInt { try reduce(.number(1)) { try $0 * $1 } }

    var text: String { "[" + map(\.text).joined(separator: ", ") + "]" }

    /// The numbers, where all are known.
    var known: [Int64]? {
        let numbers = compactMap(\.known)
        return numbers.count == count ? numbers : nil
    }
}

/// A sum of products of symbols with whole coefficients.
private struct Polynomial {
    static let depthLimit = 64
    static let termLimit = 64
    static let tooComplex = GraphError(.depth, "the expression of a size is too long")
    static let overflow = GraphError(.shape, "a size doesn't fit into 64 bits")

    /// Coefficients by the symbols of each product, sorted; quotients and remainders count as symbols.
    var terms: [[SymbolicInt]: Int64] = [:]

    init(terms: [[SymbolicInt]: Int64]) throws {
        self.terms = terms.filter { $0.value != 0 }
        guard self.terms.count <= Self.termLimit else { throw Self.tooComplex }
    }

    init(_ expression: SymbolicInt, depth: Int = 0) throws {
        guard depth < Self.depthLimit else { throw Self.tooComplex }
        switch expression {
        case .number(let value): try self.init(terms: [[]: value])
        case .sum(let items):
            self = try items.reduce(Polynomial(terms: [:])) { try $0 + Polynomial($1, depth: depth + 1) }
        case .product(let items):
            self = try items.reduce(Polynomial(terms: [[]: 1])) { try $0 * Polynomial($1, depth: depth + 1) }
        default: try self.init(terms: [[expression]: 1])
        }
    }

    static func + (a: Polynomial, b: Polynomial) throws -> Polynomial {
        var terms = a.terms
        for (symbols, coefficient) in b.terms {
            guard let sum = terms[symbols, default: 0].adding(checked: coefficient) else { throw overflow }
            terms[symbols] = sum
        }
        return try Polynomial(terms: terms)
    }

    static func * (a: Polynomial, b: Polynomial) throws -> Polynomial {
        var terms: [[SymbolicInt]: Int64] = [:]
        for (symbolsOfA, coefficientOfA) in a.terms {
            for (symbolsOfB, coefficientOfB) in b.terms {
                let symbols = (symbolsOfA + symbolsOfB).sorted { $0.text < $1.text }
                guard symbols.count <= termLimit else { throw tooComplex }
                guard let product = coefficientOfA.multiplied(checked: coefficientOfB),
                    let sum = terms[symbols, default: 0].adding(checked: product)
                else { throw overflow }
                terms[symbols] = sum
            }
        }
        return try Polynomial(terms: terms)
    }

    /// The quotient, rounded down; what the divisor divides for certain is taken out of the brackets.
    func quotient(by divisor: Polynomial) throws -> Polynomial {
        guard divisor.terms.count == 1, let (symbols, coefficient) = divisor.terms.first, coefficient > 0 else {
            if divisor.terms.isEmpty { throw GraphError(.shape, "a size is divided by zero") }
            return try Polynomial(.quotient(expression, divisor.expression), depth: 0)
        }
        var whole: [[SymbolicInt]: Int64] = [:]
        var rest: [[SymbolicInt]: Int64] = [:]
        for (factors, value) in terms {
            guard let left = Self.removing(symbols, from: factors) else {
                rest[factors] = value
                continue
            }
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: coefficient)
            // Rounded down, the quotient of numbers of both signs is one less, and the rest isn't negative.
            whole[left] = remainder < 0 ? quotient - 1 : quotient
            rest[factors] = remainder < 0 ? remainder + coefficient : remainder
        }
        let left = try Polynomial(terms: rest)
        if symbols.isEmpty, left.terms.keys.allSatisfy(\.isEmpty) { return try Polynomial(terms: whole) }
        if left.terms.isEmpty { return try Polynomial(terms: whole) }
        if symbols.isEmpty, let (numerator, denominator) = try left.oneFraction(over: coefficient) {
            return try Polynomial(terms: whole) + numerator.quotient(by: Polynomial(terms: [[]: denominator]))
        }
        let fraction = try Polynomial(terms: [[.quotient(left.expression, divisor.expression)]: 1])
        return try Polynomial(terms: whole) + fraction
    }

    /// The fraction that ⌊(⌊a/m⌋ + c)/n⌋ is: a + c·m over m·n.
    private func oneFraction(over n: Int64) throws -> (numerator: Polynomial, denominator: Int64)? {
        let inner = terms.filter { symbols, factor in
            guard factor == 1, symbols.count == 1, case .quotient(_, .number(let m))? = symbols.first else {
                return false
            }
            return m > 1
        }
        guard inner.count == 1, let key = inner.first?.key, case .quotient(let a, .number(let m))? = key.first,
            let denominator = m.multiplied(checked: n)
        else { return nil }
        var rest = self
        rest.terms[key] = nil
        return (try Polynomial(a) + rest * Polynomial(terms: [[]: m]), denominator)
    }

    private static func removing(_ symbols: [SymbolicInt], from factors: [SymbolicInt]) -> [SymbolicInt]? {
        var left = factors
        for symbol in symbols {
            guard let index = left.firstIndex(of: symbol) else { return nil }
            left.remove(at: index)
        }
        return left
    }

    /// Terms in the order of their texts.
    var expression: SymbolicInt {
        let items = terms.map { symbols, coefficient -> SymbolicInt in
            if symbols.isEmpty { return .number(coefficient) }
            let factors = (coefficient == 1 ? [] : [.number(coefficient)]) + symbols
            return factors.count == 1 ? factors[0] : .product(factors)
        }.sorted { $0.text < $1.text }
        return items.isEmpty ? .number(0) : items.count == 1 ? items[0] : .sum(items)
    }
}
