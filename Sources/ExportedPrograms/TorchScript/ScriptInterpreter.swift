import Formats
import GraphIR

/// Unrolls a TorchScript program into a graph: calls of modules and functions are put in their places, numbers are
/// computed, conditions and loops over known numbers are settled, and what is left are calls of operators on tensors.
///
/// Nothing of PyTorch's is run. Statements, nodes and nesting are bounded.
final class ScriptInterpreter {
    /// Statements and expressions that are looked at: a traced ViT-H takes some 20,000.
    static let maximumSteps = 4 << 20
    /// Calls within calls: a module of PyTorch's takes two.
    static let maximumCalls = 64
    /// Expressions and blocks within each other, over all calls.
    static let maximumNesting = 512
    /// Computations with sizes that aren't known: each makes an expression longer.
    static let maximumUnknownSizes = 1_000
    /// Items of one list, and repetitions of one loop.
    static let maximumItems = 1 << 16

    let archive: ScriptArchive
    let program: ScriptProgram
    private var steps = 0
    private var calls = 0
    private var nesting = 0
    var unknownSizes = 0

    init(_ archive: ScriptArchive, program: ScriptProgram) {
        self.archive = archive
        self.program = program
    }

    // MARK: Errors

    func unsupported(_ problem: String, hint: String? = nil) -> FormatError {
        FormatError(
            .containerUnsupported, problem, item: program.place,
            hint: hint
                ?? "export the model with torch.export.save; the weights alone are written to -o FILE.safetensors")
    }

    func invalid(_ problem: String) -> FormatError { FormatError(.graphInvalid, problem, item: program.place) }

    func step(_ count: Int = 1) throws {
        steps = steps.adding(checked: count) ?? Int.max
        guard steps <= Self.maximumSteps else {
            throw FormatError(
                .limitCount, "the code takes more than \(Self.maximumSteps) steps", item: program.place,
                hint: "the archive is meant to hurt, or loops over something large")
        }
    }

    /// Whoever enters leaves by `nesting -= 1`.
    private func enter() throws {
        guard nesting < Self.maximumNesting else {
            throw FormatError(.limitDepth, "code nests deeper than \(Self.maximumNesting)", item: program.place)
        }
        nesting += 1
    }

    // MARK: Calls

    /// Calls a method of a module.
    func call(_ module: ScriptModule, _ method: String, _ arguments: [ScriptValue]) throws -> ScriptValue {
        guard let function = try archive.scriptClass(module.className)?.methods[method] else {
            throw unsupported("the archive has no code for \(method) of \(module.className)")
        }
        let outer = program.module
        defer { program.module = outer }
        program.module = module.path
        return try call(function, [.module(module)] + arguments)
    }

    func call(
        _ function: ScriptFunction, _ arguments: [ScriptValue], keywords: [(name: String, value: ScriptValue)] = []
    ) throws -> ScriptValue {
        guard calls < Self.maximumCalls else {
            throw FormatError(.limitDepth, "calls nest deeper than \(Self.maximumCalls)", item: function.name)
        }
        calls += 1
        let outer = program.place
        defer {
            calls -= 1
            program.place = outer
        }
        program.place = "\(function.file): \(function.name)"
        guard arguments.count <= function.parameters.count else {
            throw invalid("\(arguments.count) arguments for \(function.parameters.count) parameters")
        }
        var frame = ScriptFrame()
        for (index, parameter) in function.parameters.enumerated() {
            if let given = arguments[checked: index] ?? keywords.first(where: { $0.name == parameter.name })?.value {
                frame.names[parameter.name] = given
            } else if let expression = parameter.defaultValue {
                frame.names[parameter.name] = try evaluate(expression, frame)
            } else {
                throw invalid("no argument for '\(parameter.name)'")
            }
        }
        return try run(function.body, &frame) ?? .none
    }

    // MARK: Statements

    /// - Returns: what is returned, or `nil` where the block ends.
    private func run(_ block: [ScriptStatement], _ frame: inout ScriptFrame) throws -> ScriptValue? {
        try enter()
        defer { nesting -= 1 }
        for statement in block {
            try step()
            if let result = try locating(offset: statement.offset, { try run(statement, &frame) }) { return result }
        }
        return nil
    }

    private func run(_ statement: ScriptStatement, _ frame: inout ScriptFrame) throws -> ScriptValue? {
        switch statement.kind {
        case .pass: break
        case .expression(let expression): _ = try evaluate(expression, frame)
        case .returned(let expression): return try expression.map { try evaluate($0, frame) } ?? ScriptValue.none
        case .assign(let targets, let unpacks, let expression):
            let value = try evaluate(expression, frame)
            let values = unpacks ? try items(of: value, count: targets.count) : [value]
            for (target, value) in zip(targets, values) {
                guard case .name(let name) = target else {
                    throw unsupported("the program changes an attribute of a module while it runs")
                }
                frame.names[name] = value
            }
        case .branch(let condition, let then, let otherwise):
            switch try evaluate(condition, frame).plain {
            case .bool(let flag): return try run(flag ? then : otherwise, &frame)
            default:
                // A check of the input: a run that gets past it takes the other branch.
                if Self.raises(then) { return try run(otherwise, &frame) }
                if Self.raises(otherwise) { return try run(then, &frame) }
                throw unsupported("a condition that only a run can tell")
            }
        case .iterate(let name, let expression, let body):
            let items = try self.items(of: evaluate(expression, frame), count: nil)
            for item in items {
                try step()
                frame.names[name] = item
                if let result = try run(body, &frame) { return result }
            }
        case .repeated(let condition, let body):
            while true {
                try step()
                guard case .bool(let flag) = try evaluate(condition, frame).plain else {
                    throw unsupported("a loop whose end only a run can tell")
                }
                guard flag else { break }
                if let result = try run(body, &frame) { return result }
            }
        }
        return nil
    }

    /// Whether a block ends in an exception, whatever it meets.
    private static func raises(_ block: [ScriptStatement]) -> Bool {
        block.contains { statement in
            if case .expression(.call(let callee, _, _)) = statement.kind {
                return callee.path == "ops.prim.RaiseException"
            }
            return false
        }
    }

    /// The items of a list, tuple or range.
    func items(of value: ScriptValue, count: Int?) throws -> [ScriptValue] {
        if case .list(let list) = value, list.pending != nil { try program.settle(list, count: count) }
        guard let items = value.items else {
            throw unsupported("takes apart \(value.kind), expected a list")
        }
        if let count, count != items.count {
            throw invalid("takes \(count) values of \(items.count)")
        }
        try step(items.count)
        return items
    }

    // MARK: Expressions

    func evaluate(_ expression: ScriptExpression, _ frame: ScriptFrame) throws -> ScriptValue {
        try step()
        try enter()
        defer { nesting -= 1 }
        switch expression {
        case .int(let value): return .int(.number(value))
        case .float(let value): return .float(value)
        case .string(let value): return .string(value)
        case .list(let items): return .list(try ScriptList(try items.map { try evaluate($0, frame) }))
        case .tuple(let items): return .tuple(try ScriptTuple(try items.map { try evaluate($0, frame) }))
        case .dictionary(let entries):
            return .dictionary(
                try ScriptDictionary(
                    try entries.map { (try key(evaluate($0.key, frame)), try evaluate($0.value, frame)) }))
        case .name(let name):
            if let value = frame.names[name] { return value }
            switch name {
            case "None": return .none
            case "True": return .bool(true)
            case "False": return .bool(false)
            case "inf": return .float(.infinity)
            case "nan": return .float(.nan)
            default: throw invalid("uses '\(name)', which nothing before it gives")
            }
        case .attribute(let base, let name): return try attribute(base, name, frame)
        case .subscripted(let base, let index):
            let value = try evaluate(base, frame)
            return try item(of: value, at: try evaluate(index, frame))
        case .call(let callee, let arguments, let keywords):
            return try call(callee, arguments, keywords, frame)
        }
    }

    private func attribute(
        _ base: ScriptExpression, _ name: String, _ frame: ScriptFrame
    ) throws -> ScriptValue {
        if let path = base.path, let root = path.split(separator: ".").first, frame.names[String(root)] == nil {
            if path == "CONSTANTS" {
                guard let index = Int(name.dropFirst()), let constant = archive.constants[checked: index] else {
                    throw invalid("the archive has no constant '\(name)'")
                }
                return try program.constant(constant, index: index)
            }
            if root == "__torch__" {
                if let found = try archive.scriptClass(path), found.base == "Enum", let value = found.constants[name] {
                    return try evaluate(value, ScriptFrame())
                }
                return .function("\(path).\(name)")
            }
        }
        let value = try evaluate(base, frame)
        switch value {
        case .module(let module): return try attribute(of: module, name)
        case .tensor where name == "is_quantized" || name == "is_cuda" || name == "requires_grad":
            return .bool(false)
        default: throw unsupported("the attribute '\(name)' of \(value.kind)")
        }
    }

    func attribute(of module: ScriptModule, _ name: String) throws -> ScriptValue {
        if let known = module.modules[name] { return .module(known) }
        if let value = module.attributes[ExactName(name)] {
            let path = module.path.isEmpty ? name : "\(module.path).\(name)"
            let found = try program.value(value, path: path)
            if case .module(let child) = found { module.modules[name] = child }
            return found
        }
        if let constant = try archive.scriptClass(module.className)?.constants[name] {
            return try evaluate(constant, ScriptFrame())
        }
        throw unsupported("\(module.className) has no attribute '\(name)'")
    }

    private func call(
        _ callee: ScriptExpression, _ arguments: [ScriptExpression],
        _ keywords: [(name: String, value: ScriptExpression)], _ frame: ScriptFrame
    ) throws -> ScriptValue {
        func values() throws -> [ScriptValue] { try arguments.map { try evaluate($0, frame) } }
        func named() throws -> [(name: String, value: ScriptValue)] {
            try keywords.map { ($0.name, try evaluate($0.value, frame)) }
        }
        if let path = callee.path, let root = path.split(separator: ".").first, frame.names[String(root)] == nil {
            switch path {
            case "annotate", "unchecked_cast":
                guard let value = arguments[checked: 1] else { throw invalid("\(path) of nothing") }
                return try evaluate(value, frame)
            case "uninitialized": return .unknown
            case "getattr":
                guard arguments.count == 2, case .string(let name) = arguments[1],
                    case .module(let module) = try evaluate(arguments[0], frame)
                else { throw unsupported("getattr of something else than a module") }
                return try attribute(of: module, name)
            case "isinstance": throw unsupported("a test of types")
            default: break
            }
            if root == "__torch__" { return try call(path: path, try values(), try named()) }
            if root == "torch" || root == "ops" {
                return try callOperator(path, try values(), try named())
            }
            return try builtin(path, try values())
        }
        if case .attribute(let base, let method) = callee {
            guard case .module(let module) = try evaluate(base, frame) else {
                throw unsupported("a method '\(method)' of something else than a module")
            }
            return try call(module, method, try values())
        }
        guard case .function(let path) = try evaluate(callee, frame) else {
            throw unsupported("calls something that is no function")
        }
        return try call(path: path, try values(), try named())
    }

    private func call(
        path: String, _ arguments: [ScriptValue], _ keywords: [(name: String, value: ScriptValue)]
    ) throws -> ScriptValue {
        if let function = try archive.function(path) { return try call(function, arguments, keywords: keywords) }
        if let found = try archive.scriptClass(path), found.base == "NamedTuple" {
            return .tuple(try ScriptTuple(arguments))
        }
        throw unsupported("the archive has no code for \(path)")
    }

    func key(_ value: ScriptValue) throws -> String {
        switch value.plain {
        case .string(let text): return text
        case .int(.number(let number)): return String(number)
        default: throw unsupported("a dict whose keys are no texts")
        }
    }

    func item(of value: ScriptValue, at index: ScriptValue) throws -> ScriptValue {
        if case .dictionary(let dictionary) = value {
            let key = try key(index)
            guard let found = dictionary[key] else { throw invalid("a dict has no '\(key)'") }
            return found
        }
        let items = try items(of: value, count: nil)
        guard let place = index.wholeNumber,
            let found = items[checked: Int(clamping: place < 0 ? place + Int64(items.count) : place)]
        else { throw invalid("a list of \(items.count) has no such item") }
        return found
    }
}

/// The names that a function's code has given so far.
struct ScriptFrame {
    var names: [String: ScriptValue] = [:]
}
