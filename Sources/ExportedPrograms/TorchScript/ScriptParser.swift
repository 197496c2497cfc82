import GraphIR

/// Reads one file of a TorchScript archive's `code/`: classes, functions, and the small part of Python's syntax that
/// the printer uses. Nothing is run.
struct ScriptParser {
    /// Blocks and brackets that nest: real code takes less than ten and twenty.
    static let maximumDepth = 64

    private let tokens: [ScriptToken]
    private let file: String
    private var position = 0

    /// - Throws: `text.malformed`, `limit.depth`, `limit.count`.
    static func parse(_ source: [UInt8], file: String) throws -> ScriptFile {
        try locating(item: file) {
            var parser = ScriptParser(tokens: try ScriptToken.all(in: source), file: file)
            return try parser.parseFile()
        }
    }

    private init(tokens: [ScriptToken], file: String) {
        self.tokens = tokens
        self.file = file
    }

    // MARK: Tokens

    private var kind: ScriptToken.Kind { tokens[checked: position]?.kind ?? .end }
    private var offset: Int { tokens[checked: position]?.offset ?? 0 }

    private func malformed(_ problem: String) -> FormatError {
        FormatError(.textMalformed, problem, offset: offset, hint: "the archive's code is damaged")
    }

    private mutating func take(_ mark: Character) -> Bool {
        guard let byte = mark.asciiValue, kind == .mark(byte) else { return false }
        position += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard kind == .name(word) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: Character) throws {
        guard take(mark) else { throw malformed("expected '\(mark)'") }
    }

    private mutating func name() throws -> String {
        guard case .name(let name) = kind else { throw malformed("expected a name") }
        position += 1
        return name
    }

    /// The indent of the line that starts here.
    private var indent: Int? { if case .line(let indent) = kind { indent } else { nil } }

    private mutating func endOfLine() throws {
        switch kind {
        case .line, .end: break
        default: throw malformed("something follows the statement")
        }
    }

    private func check(_ depth: Int) throws {
        guard depth < Self.maximumDepth else {
            throw FormatError(.limitDepth, "code nests deeper than \(Self.maximumDepth)", offset: offset)
        }
    }

    // MARK: Declarations

    private mutating func parseFile() throws -> ScriptFile {
        var result = ScriptFile()
        while kind != .end {
            guard indent == 0 else { throw malformed("an indented line at the top") }
            position += 1
            if take(word: "class") {
                let declared = try classDeclaration()
                result.classes[declared.name] = declared
            } else if take(word: "def") {
                let function = try self.function(indent: 0)
                result.functions[function.name] = function
            } else {
                // Old files import others here, which are found by their names anyway.
                while indent == nil, kind != .end { position += 1 }
            }
        }
        return result
    }

    private mutating func classDeclaration() throws -> ScriptClass {
        let name = try name()
        var base = ""
        if take("(") {
            base = try expression(0).path ?? ""
            try expect(")")
        }
        try expect(":")
        var result = ScriptClass(name: name, base: base)
        while let indent, indent > 0 {
            position += 1
            if take(word: "def") {
                let method = try function(indent: indent)
                result.methods[method.name] = method
                continue
            }
            // `x : Final[int] = 4`, `__parameters__ = […]`, `__annotations__["0"] = …`.
            let target = try expression(0)
            if take(":") { _ = try expression(0) }
            if take("=") {
                let value = try expressions(0).value
                if case .name(let name) = target { result.constants[name] = value }
            }
            try endOfLine()
        }
        return result
    }

    private mutating func function(indent: Int) throws -> ScriptFunction {
        let name = try name()
        try expect("(")
        var parameters: [ScriptFunction.Parameter] = []
        while !take(")") {
            var parameter = ScriptFunction.Parameter(name: try self.name())
            if take(":") { parameter.type = try expression(0) }
            if take("=") { parameter.defaultValue = try expression(0) }
            parameters.append(parameter)
            if !take(",") {
                try expect(")")
                break
            }
        }
        if take(">") { _ = try expression(0) }
        try expect(":")
        return ScriptFunction(
            name: name, parameters: parameters, body: try block(deeperThan: indent, depth: 0), file: file)
    }

    // MARK: Statements

    private mutating func block(deeperThan outer: Int, depth: Int) throws -> [ScriptStatement] {
        try check(depth)
        var statements: [ScriptStatement] = []
        guard let own = indent, own > outer else { throw malformed("expected an indented block") }
        while indent == own {
            position += 1
            statements.append(try statement(indent: own, depth: depth))
        }
        if let indent, indent > own { throw malformed("a line that is indented too far") }
        return statements
    }

    private mutating func statement(indent: Int, depth: Int) throws -> ScriptStatement {
        let start = offset
        func made(_ kind: ScriptStatement.Kind) -> ScriptStatement { ScriptStatement(kind: kind, offset: start) }
        if take(word: "pass") {
            try endOfLine()
            return made(.pass)
        }
        if take(word: "return") {
            if self.indent != nil || kind == .end { return made(.returned(nil)) }
            let value = try expressions(0).value
            try endOfLine()
            return made(.returned(value))
        }
        if take(word: "if") {
            let condition = try expression(0)
            try expect(":")
            let then = try block(deeperThan: indent, depth: depth + 1)
            var otherwise: [ScriptStatement] = []
            if self.indent == indent, tokens[checked: position + 1]?.kind == .name("else") {
                position += 2
                try expect(":")
                otherwise = try block(deeperThan: indent, depth: depth + 1)
            }
            return made(.branch(condition, then: then, otherwise: otherwise))
        }
        if take(word: "for") {
            let name = try name()
            guard take(word: "in") else { throw malformed("expected 'in'") }
            let items = try expression(0)
            try expect(":")
            return made(.iterate(name, over: items, try block(deeperThan: indent, depth: depth + 1)))
        }
        if take(word: "while") {
            let condition = try expression(0)
            try expect(":")
            return made(.repeated(condition, try block(deeperThan: indent, depth: depth + 1)))
        }
        let (first, targets, isList) = try expressions(0)
        // `mask : Optional[Tensor] = mask0`.
        if take(":") { _ = try expression(0) }
        guard take("=") else {
            try endOfLine()
            return made(.expression(first))
        }
        let value = try expressions(0).value
        try endOfLine()
        return made(.assign(isList ? targets : [first], unpacks: isList, value))
    }

    // MARK: Expressions

    /// Expressions with commas between them: one without a comma is itself, others are a tuple.
    private mutating func expressions(
        _ depth: Int
    ) throws -> (value: ScriptExpression, items: [ScriptExpression], isList: Bool) {
        var items = [try expression(depth)]
        var isList = false
        while take(",") {
            isList = true
            switch kind {
            case .line, .end, .mark(UInt8(ascii: "=")): return (.tuple(items), items, true)
            default: items.append(try expression(depth))
            }
        }
        return (isList ? .tuple(items) : items[0], items, isList)
    }

    private mutating func expression(_ depth: Int) throws -> ScriptExpression {
        try check(depth)
        var value = try primary(depth)
        var links = 0
        while true {
            links += 1
            try check(links)
            if take(".") {
                value = .attribute(value, try name())
            } else if take("[") {
                let items = try list(until: "]", depth: depth + 1)
                value = .subscripted(value, items.count == 1 ? items[0] : .tuple(items))
            } else if take("(") {
                value = try call(value, depth: depth + 1)
            } else {
                return value
            }
        }
    }

    private mutating func call(_ callee: ScriptExpression, depth: Int) throws -> ScriptExpression {
        var arguments: [ScriptExpression] = []
        var keywords: [(name: String, value: ScriptExpression)] = []
        while !take(")") {
            if case .name(let name) = kind, tokens[checked: position + 1]?.kind == .mark(UInt8(ascii: "=")) {
                position += 2
                keywords.append((name, try expression(depth)))
            } else {
                arguments.append(try expression(depth))
            }
            if !take(",") {
                try expect(")")
                break
            }
        }
        return .call(callee, arguments, keywords: keywords)
    }

    private mutating func list(until close: Character, depth: Int) throws -> [ScriptExpression] {
        var items: [ScriptExpression] = []
        while !take(close) {
            items.append(try expression(depth))
            if !take(",") {
                try expect(close)
                break
            }
        }
        return items
    }

    private mutating func primary(_ depth: Int) throws -> ScriptExpression {
        let token = kind
        switch token {
        case .name(let name):
            position += 1
            return .name(name)
        case .int(let value):
            position += 1
            return .int(value)
        case .float(let value):
            position += 1
            return .float(value)
        case .string(let value):
            position += 1
            return .string(value)
        default: break
        }
        if take("-") {
            let operand = kind
            position += 1
            switch operand {
            // The tokens of numbers have no sign, so that the negative one fits.
            case .int(let value): return .int(-value)
            case .float(let value): return .float(-value)
            case .name("inf"): return .float(-.infinity)
            default: throw malformed("expected a number behind '-'")
            }
        }
        if take("[") { return .list(try list(until: "]", depth: depth + 1)) }
        if take("{") {
            var entries: [(key: ScriptExpression, value: ScriptExpression)] = []
            while !take("}") {
                let key = try expression(depth + 1)
                try expect(":")
                entries.append((key, try expression(depth + 1)))
                if !take(",") {
                    try expect("}")
                    break
                }
            }
            return .dictionary(entries)
        }
        if take("(") {
            var items: [ScriptExpression] = []
            while !take(")") {
                items.append(try expression(depth + 1))
                if take(",") {
                    if take(")") { return .tuple(items) }
                } else {
                    try expect(")")
                    if items.count == 1 { return items[0] }
                    break
                }
            }
            return .tuple(items)
        }
        throw malformed("expected an expression")
    }
}
