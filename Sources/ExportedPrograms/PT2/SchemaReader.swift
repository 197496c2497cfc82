import Formats
import GraphIR

/// Reads the graphs of a program's JSON (`torch/_export/serde/schema.py`), schema versions 1 to 8.
///
/// Recursion follows the nesting of the JSON, which its parser has bounded.
struct SchemaReader {
    /// A graph as written, with the graphs of higher-order operators as arguments.
    func graph(_ value: JSONValue) throws -> ATenGraph {
        var graph = ATenGraph()
        graph.inputs = try array(value, "inputs").map(argument)
        graph.outputs = try array(value, "outputs").map(argument)
        for (name, meta) in value["tensor_values"]?.members ?? [] {
            // Version 1 wraps the meta once more.
            if let type = try locating(item: name, { try tensorType(meta["meta"] ?? meta) }) {
                graph.types[name] = type
            }
        }
        for (name, expression) in value["sym_int_values"]?.members ?? [] {
            graph.integers[name] = try locating(item: name) { try symbolicInt(expression) }
        }
        let nodes = try array(value, "nodes")
        graph.nodes.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            graph.nodes.append(try locating(item: "node \(index)") { try self.node(node, index: index) })
        }
        return graph
    }

    private func node(_ value: JSONValue, index: Int) throws -> ATenNode {
        guard let target = value["target"]?.stringValue else { throw malformed("no text 'target'") }
        let prefix = "torch.ops."
        let arguments = try array(value, "inputs").map { input in
            guard let argument = input["arg"] else { throw malformed("an input without 'arg'") }
            return (name: input["name"]?.stringValue ?? "", value: try self.argument(argument))
        }
        let outputs = try array(value, "outputs").map(argument)
        let stack = value["metadata"]?["nn_module_stack"]?.stringValue ?? ""
        return ATenNode(
            target.hasPrefix(prefix) ? String(target.dropFirst(prefix.utf8.count)) : target,
            name: value["name"]?.stringValue ?? outputs.first?.names.first ?? "node_\(index)", arguments: arguments,
            outputs: outputs, module: ModuleStack.module(stack))
    }

    /// The one member of a tagged union that is set. Version 1 writes them all, the others as null.
    func tag(_ value: JSONValue) throws -> (key: String, value: JSONValue) {
        guard let members = value.members else { throw malformed("\(value.kind), expected a tagged value") }
        var found: (key: String, value: JSONValue)?
        for member in members {
            if case .null = member.value { continue }
            guard found == nil else { throw malformed("both '\(found?.key ?? "")' and '\(member.key)' in one value") }
            found = member
        }
        guard let found else { throw malformed("a tagged value without a tag") }
        return found
    }

    func argument(_ value: JSONValue) throws -> ATenArgument {
        let (key, value) = try tag(value)
        switch key {
        case "as_none": return .none
        case "as_tensor": return .tensor(try name(value))
        case "as_tensors": return .tensors(try list(value).map(name))
        case "as_optional_tensor": return try argument(value)
        case "as_optional_tensors":
            return .tensors(
                try list(value).map { item in
                    if case .tensor(let name) = try argument(item) { name } else { nil }
                })
        case "as_int": return .int(.number(try integer(value)))
        case "as_ints": return .ints(try list(value).map { .number(try integer($0)) })
        case "as_sym_int": return .int(try symbolicIntArgument(value))
        case "as_sym_ints": return .ints(try list(value).map(symbolicIntArgument))
        case "as_float": return .float(try number(value))
        case "as_floats": return .floats(try list(value).map(number))
        case "as_bool": return .bool(try boolean(value))
        case "as_bools": return .bools(try list(value).map(boolean))
        case "as_sym_bool", "as_sym_float":
            let (key, value) = try tag(value)
            switch key {
            case "as_name": return .int(.symbol(try text(value)))
            case "as_bool": return .bool(try boolean(value))
            default: return .float(try number(value))
            }
        case "as_string": return .string(try text(value))
        case "as_strings": return .strings(try list(value).map(text))
        case "as_scalar_type":
            let number = Int(try integer(value))
            guard let type = try? TorchElementType.scalarType(number) else {
                return .unknown("scalar type \(number)")
            }
            return .elementType(type)
        case "as_memory_format": return .memoryFormat(Int(try integer(value)))
        case "as_layout": return .layout(Int(try integer(value)))
        case "as_device":
            guard let type = value["type"]?.stringValue else { throw malformed("a device without 'type'") }
            return .device(value["index"]?.integer.map { "\(type):\($0)" } ?? type)
        case "as_graph":
            guard let name = value["name"]?.stringValue, let body = value["graph"] else {
                throw malformed("a graph without 'name' or 'graph'")
            }
            return .graph(name: name, try locating(item: name) { try graph(body) })
        default: return .unknown(key)
        }
    }

    // MARK: Types and sizes

    /// - Returns: `nil` for a type that has no counterpart here; whoever needs the value's type misses it.
    func tensorType(_ meta: JSONValue) throws -> ATenTensorType? {
        guard let number = meta["dtype"]?.integer else { throw malformed("no number 'dtype'") }
        guard let type = try? TorchElementType.scalarType(number) else { return nil }
        return ATenTensorType(type, try array(meta, "sizes").map(symbolicInt))
    }

    /// A size: `{"as_int": 3}`, or `{"as_expr": {"expr_str": "Symbol('s77', …)"}}`.
    func symbolicInt(_ value: JSONValue) throws -> SymbolicInt {
        let (key, value) = try tag(value)
        switch key {
        case "as_int": return .number(try integer(value))
        case "as_expr":
            guard let text = value["expr_str"]?.stringValue ?? value.stringValue else {
                throw malformed("an expression without 'expr_str'")
            }
            return SymbolicExpression.parse(text)
        default: throw malformed("'\(key)' in place of a size")
        }
    }

    private func symbolicIntArgument(_ value: JSONValue) throws -> SymbolicInt {
        let (key, value) = try tag(value)
        switch key {
        case "as_int": return .number(try integer(value))
        case "as_name": return .symbol(try text(value))
        default: throw malformed("'\(key)' in place of a whole number")
        }
    }

    // MARK: Plain values

    func malformed(_ problem: String) -> FormatError {
        FormatError(.jsonMalformed, problem, hint: "the file is damaged, or no writer of PyTorch's made it")
    }

    func array(_ value: JSONValue, _ key: String) throws -> [JSONValue] {
        guard let items = value[key]?.arrayValue else { throw malformed("no array '\(key)'") }
        return items
    }

    private func list(_ value: JSONValue) throws -> [JSONValue] {
        guard let items = value.arrayValue else { throw malformed("\(value.kind), expected an array") }
        return items
    }

    private func name(_ value: JSONValue) throws -> String {
        guard let name = value["name"]?.stringValue else { throw malformed("a tensor without 'name'") }
        return name
    }

    private func text(_ value: JSONValue) throws -> String {
        guard let text = value.stringValue else { throw malformed("\(value.kind), expected a string") }
        return text
    }

    private func integer(_ value: JSONValue) throws -> Int64 {
        guard let number = value.integer else { throw malformed("\(value.kind), expected a whole number of 64 bits") }
        return Int64(number)
    }

    private func boolean(_ value: JSONValue) throws -> Bool {
        guard let flag = value.boolValue else { throw malformed("\(value.kind), expected a boolean") }
        return flag
    }

    /// JSON has no infinities: they are written as text.
    private func number(_ value: JSONValue) throws -> Double {
        if let number = value.doubleValue { return number }
        switch value.stringValue {
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        case "NaN": return .nan
        default: throw malformed("\(value.kind), expected a number")
        }
    }
}

extension ATenArgument {
    /// The values that it names, in order.
    var names: [String] {
        switch self {
        case .tensor(let name): [name]
        case .tensors(let names): names.compactMap(\.self)
        case .int(let value): value.symbols
        case .ints(let values): values.flatMap(\.symbols)
        default: []
        }
    }
}

extension SymbolicInt {
    /// The symbol, where it is nothing else: as an argument, the result of a node.
    fileprivate var symbols: [String] {
        if case .symbol(let name) = self { [name] } else { [] }
    }
}

/// The modules that a node's code lies in, as the writers put them down.
enum ModuleStack {
    /// The innermost module's path: `layer1.0` of `L__self__,,ResNet;L__self___layer1_0,layer1.0,BasicBlock`, and of
    /// `…:(L['self'].layer1[0],BasicBlock)` as PyTorch 2.1 wrote it. A second call's `layer1.0@1` is `layer1.0` too.
    static func module(_ stack: String) -> String {
        guard let last = stack.split(separator: ";").last else { return "" }
        if let open = last.firstRange(of: ":(") {
            return path(last[open.upperBound...].prefix { $0 != "," })
        }
        let fields = last.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count >= 3, fields[1] != fields[0] else { return "" }
        return String(fields[1].prefix { $0 != "@" })
    }

    /// `L['self'].layer1[0]` → `layer1.0`.
    private static func path(_ expression: Substring) -> String {
        let root = "L['self']"
        guard expression.hasPrefix(root) else { return "" }
        var path = ""
        for character in expression.dropFirst(root.count) {
            switch character {
            case "[", ".": path += path.isEmpty || path.hasSuffix(".") ? "" : "."
            case "]", "'", "\"": break
            case "(", ")", " ": return ""
            default: path.append(character)
            }
        }
        return path
    }
}
