import GraphIR

/// Puts the bodies of `with` blocks in their places. `torch.no_grad()` and `torch.autocast(enabled=False)` become
/// higher-order operators around a graph of their own, and change nothing of what an inference computes.
///
/// Other higher-order operators stay as they are: whoever maps the graph refuses them by name.
struct ProgramInlining {
    private var result = ATenGraph()
    /// Names that stand for something else: inputs of an inlined graph, results of an inlined node.
    private var meanings: [String: ATenArgument] = [:]

    private static let gradients = "higher_order.wrap_with_set_grad_enabled"
    private static let autocast = "higher_order.wrap_with_autocast"

    static func inline(_ graph: ATenGraph) throws -> ATenGraph {
        guard graph.nodes.contains(where: { $0.target == gradients || $0.target == autocast }) else { return graph }
        var inlining = ProgramInlining()
        inlining.result.inputs = graph.inputs
        inlining.result.types = graph.types
        inlining.result.integers = graph.integers
        for node in graph.nodes { try inlining.append(node, prefix: "") }
        inlining.result.outputs = try graph.outputs.map { try inlining.meaning(of: $0, prefix: "") }
        return inlining.result
    }

    private mutating func append(_ node: ATenNode, prefix: String) throws {
        var node = node
        for index in node.arguments.indices {
            node.arguments[index].value = try meaning(of: node.arguments[index].value, prefix: prefix)
        }
        guard node.target == Self.gradients || node.target == Self.autocast else {
            node.name = prefix + node.name
            node.outputs = node.outputs.map { Self.prefixed($0, with: prefix) }
            result.nodes.append(node)
            return
        }
        let place = node.arguments.firstIndex { if case .graph = $0.value { true } else { false } }
        guard let place, case .graph(let name, let body) = node.arguments[place].value else {
            throw FormatError(.graphInvalid, "\(node.target) without a graph", item: node.name)
        }
        if node.target == Self.autocast {
            let flags = node.arguments[..<place].compactMap { if case .bool(let flag) = $0.value { flag } else { nil } }
            guard flags.first == false else {
                throw FormatError(
                    .containerUnsupported, "torch.autocast changes types within the program", item: node.name,
                    hint: "export the model without autocast, in the type that it is to compute in")
            }
        }
        let captured = node.arguments[(place + 1)...].map(\.value)
        guard captured.count == body.inputs.count else {
            throw FormatError(
                .graphInvalid, "\(captured.count) values for the \(body.inputs.count) inputs of \(name)",
                item: node.name)
        }
        // Real names are short; long ones would be repeated for each node within.
        let inner = "\(prefix)\(node.name.prefix(128)).\(name.prefix(128))."
        for (input, value) in zip(body.inputs, captured) {
            guard let name = input.names.first else { continue }
            meanings[inner + name] = value
        }
        for (name, type) in body.types { result.types[inner + name] = type }
        for (name, integer) in body.integers { result.integers[inner + name] = integer }
        for node in body.nodes { try append(node, prefix: inner) }
        let outputs = node.outputs.flatMap(\.names)
        guard outputs.count == body.outputs.count else {
            throw FormatError(
                .graphInvalid, "\(outputs.count) results of the \(body.outputs.count) outputs of \(name)",
                item: node.name)
        }
        for (output, value) in zip(outputs, body.outputs) {
            meanings[prefix + output] = try meaning(of: value, prefix: inner)
        }
    }

    private static func prefixed(_ argument: ATenArgument, with prefix: String) -> ATenArgument {
        switch argument {
        case .tensor(let name): .tensor(prefix + name)
        case .tensors(let names): .tensors(names.map { $0.map { prefix + $0 } })
        case .int(.symbol(let name)): .int(.symbol(prefix + name))
        default: argument
        }
    }

    /// What an argument stands for outside of the graph that it is written in.
    private func meaning(of argument: ATenArgument, prefix: String) throws -> ATenArgument {
        switch argument {
        case .tensor(let name): return meanings[prefix + name] ?? .tensor(prefix + name)
        case .tensors(let names):
            return .tensors(
                try names.map { name in
                    guard let name, let meaning = meanings[prefix + name] else { return name.map { prefix + $0 } }
                    guard case .tensor(let other) = meaning else {
                        throw FormatError(.graphInvalid, "is no tensor, expected one", item: name)
                    }
                    return other
                })
        case .int(let value): return try meaning(of: value, prefix: prefix)
        case .ints(let values):
            return .ints(
                try values.map { value in
                    guard case .int(let meaning) = try meaning(of: value, prefix: prefix) else {
                        throw FormatError(.graphInvalid, "a list of whole numbers holds something else")
                    }
                    return meaning
                })
        default: return argument
        }
    }

    private func meaning(of value: SymbolicInt, prefix: String) throws -> ATenArgument {
        guard case .symbol(let name) = value else { return .int(value) }
        return meanings[prefix + name] ?? .int(.symbol(prefix + name))
    }
}

extension ATenGraph {
    /// - Throws: `graph.duplicate` for a name that is given twice, `graph.invalid` for one that is used before it is
    ///   given, or never.
    func checkNames() throws {
        var known: Set<ExactName> = []
        func define(_ name: String, by place: String) throws {
            guard known.insert(ExactName(name)).inserted else {
                throw FormatError(.graphDuplicate, "two values are called '\(name)'", item: place)
            }
        }
        func use(_ argument: ATenArgument, in place: String) throws {
            for name in argument.names where !known.contains(ExactName(name)) {
                throw FormatError(
                    .graphInvalid, "uses '\(name)', which nothing before it gives", item: place,
                    hint: "the file is damaged")
            }
        }
        for input in inputs { for name in input.names { try define(name, by: "inputs") } }
        for node in nodes {
            for argument in node.arguments { try use(argument.value, in: node.name) }
            for output in node.outputs { for name in output.names { try define(name, by: node.name) } }
        }
        for output in outputs { try use(output, in: "outputs") }
    }
}
