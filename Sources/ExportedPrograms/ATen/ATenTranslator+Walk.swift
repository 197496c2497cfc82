import GraphIR

extension ATenTranslator {
    /// Translates one node and binds the names of its results.
    func translate(_ node: ATenNode) throws {
        module = node.module
        place =
            node.module.isEmpty ? "\(node.name) (\(node.target))" : "\(node.name) (\(node.target)) in \(node.module)"
        if try translateSize(node) { return }
        guard let (schema, isInPlace) = ATenSchema.find(target: node.target),
            let translation = ATenTable.standard.entries[schema.fullName]
        else { throw GraphError(.unsupportedOperator, "no translation for \(node.target)", node: place) }
        var node = node
        // dropout_ calls "self" what dropout calls "input".
        if isInPlace, let formal = schema.arguments.first?.name, node.arguments.first?.name == "self" {
            node.arguments[0].name = formal
        }
        let call = ATenCall(self, node, schema)
        if isInPlace {
            try overwrite(call, translation)
            return
        }
        let wires = try translation(call)
        try call.checkAllRead()
        var index = 0
        for output in node.outputs {
            switch output {
            case .tensor(let name):
                if let wire = wires[checked: index] { try bind(name, wire, call, translation, index) }
                index += 1
            case .tensors(let names):
                guard wires.count == names.count else {
                    throw invalid("the program has \(names.count) results, the operator \(wires.count)")
                }
                for name in names {
                    if let name, let wire = wires[checked: index] { try bind(name, wire, call, translation, index) }
                    index += 1
                }
            case .none: index += 1
            default: throw unsupported("a result that is no tensor")
            }
        }
    }

    /// The value that is overwritten takes on the result of the plain operator, in its own type and shape.
    private func overwrite(_ call: ATenCall, _ translation: Translation) throws {
        guard let first = call.schema.arguments.first, case .tensor(let name) = try call.argument(first.name) else {
            throw invalid("nothing to overwrite")
        }
        let cell = try cell(name)
        let old = try wire(named: name)
        guard let new = try translation(call).first else { throw unsupported("has no form that overwrites") }
        try call.checkAllRead()
        if new.id != old.id {
            let passesThrough = ["squeeze", "unsqueeze", "transpose", "t", "detach", "swapaxes", "swapdims"]
            if passesThrough.contains(call.schema.name) {
                throw unsupported("shapes that change in place aren't supported")
            }
            guard new.shape.count <= old.shape.count else {
                throw invalid("the result doesn't fit into what it overwrites")
            }
            try cell.write(expand(cast(new, to: old.elementType), old.shape))
        }
        for case .tensor(let output) in call.node.outputs { cells[output] = cell }
    }

    private func bind(
        _ name: String, _ wire: Wire, _ call: ATenCall, _ translation: @escaping Translation, _ index: Int
    ) throws {
        var wire = wire
        try check(&wire, against: program.graph.types[name], name)
        guard let first = call.schema.arguments.first, case .tensor(let whole)? = call.given(first.name),
            let cell = cells[whole], let view = view(call, translation, index, isSame: wire.id == cell.currentID)
        else {
            cells[name] = Cell(wire)
            return
        }
        cells[name] = try Cell(wire, part: view, of: cell)
    }

    /// Compares what our operators make with what the program says that its operators make.
    private func check(_ wire: inout Wire, against recorded: ATenTensorType?, _ name: String) throws {
        guard let recorded else { return }
        // A size that PyTorch left to the run: what it is here is what later sizes mean by it.
        for case (.symbol(let size), let made) in zip(recorded.shape, wire.shape)
        where size.hasPrefix("u") && numbers[size] == nil && sources[size] == nil {
            numbers[size] = made
        }
        // Of a size in words that we don't know, ours is taken.
        let shape = try zip(recorded.shape, wire.shape + recorded.shape.dropFirst(wire.rank)).map { said, made in
            if case .unknown = said { made } else { try resolved(said) }
        }
        let isSame =
            shape.count == wire.rank
            && zip(wire.shape, shape).allSatisfy { made, said in
                if made == said { return true }
                let atExport = try? made.substituting { $0 == self.assumedBatch ? .number(1) : nil }
                guard let made = atExport?.known, let said = said.known else { return true }
                return made == said
            }
        guard isSame, type(recorded.elementType) == wire.elementType else {
            throw GraphError(
                .invalid,
                "'\(name)' is \(recorded.elementType.name) \(shape.text) in the program and comes out as "
                    + "\(wire.elementType.name) \(wire.shape.text)", node: place)
        }
        try checkSizes(shape)
        for (axis, size) in wire.shape.enumerated()
        where size.known == nil && shape[axis].known != nil && size.text.contains("?") {
            wire.shape[axis] = shape[axis]
        }
    }

    // MARK: Sizes

    /// Arithmetic on sizes makes no nodes.
    private func translateSize(_ node: ATenNode) throws -> Bool {
        guard let output = node.outputs.first else { return false }
        let name: String
        switch output {
        case .int(.symbol(let symbol)): name = symbol
        case .tensor(let symbol) where Self.isSizeArithmetic(node.target): name = symbol
        case .bool, .float, .none: name = ""
        default: return false
        }
        if node.target == "aten.sym_size.int" || node.target == "aten.size.int" {
            guard case .tensor(let tensor)? = node.arguments.first?.value,
                let call = ATenSchema.find(target: node.target)
            else {
                throw invalid("the size of no tensor")
            }
            let x = try wire(named: tensor)
            let axis = try ATenCall(self, node, call.schema).axis("dim", rank: x.rank)
            guard let size = x.shape[checked: axis] else { throw invalid("axis \(axis) of \(x.rank)") }
            numbers[name] = try run(size, x, axis)
            return true
        }
        if node.target == "aten.sym_numel.default", case .tensor(let tensor)? = node.arguments.first?.value {
            numbers[name] = try wire(named: tensor).shape.product()
            return true
        }
        guard Self.isSizeArithmetic(node.target) else { return false }
        let operands = try node.arguments.map { _, value -> SymbolicInt? in
            switch value {
            case .int(let size): return try resolved(size)
            case .tensor(let symbol): return try numbers[symbol].map(resolved)
            case .float(let real): return Int64(exactly: real).map { .number($0) }
            default: return nil
            }
        }
        guard let result = try Self.computed(node.target, operands) else {
            // Comparisons of sizes guard the program and make no number.
            let isComparison = [".eq", ".ne", ".lt", ".le", ".gt", ".ge"].contains { node.target.hasSuffix($0) }
            if name.isEmpty || isComparison { return true }
            throw unsupported("arithmetic on sizes that we don't know")
        }
        numbers[name] = result
        return true
    }

    /// A size that a later node can ask a run for.
    private func run(_ size: SymbolicInt, _ x: Wire, _ axis: Int) throws -> SymbolicInt {
        if case .symbol(let name) = size, sources[name] == nil { sources[name] = (x.id, axis, 1, 0) }
        return size
    }

    static func isSizeArithmetic(_ target: String) -> Bool {
        target.hasPrefix("_operator.") || target.hasPrefix("torch.sym_") || target.hasPrefix("math.")
            || target.hasPrefix("operator.")
    }

    private static func computed(_ target: String, _ operands: [SymbolicInt?]) throws -> SymbolicInt? {
        guard let first = operands.first ?? nil else { return nil }
        let name = target.split(separator: ".").last.map(String.init) ?? target
        if operands.count == 1 {
            switch name {
            case "neg": return try .number(0) - first
            case "pos", "trunc", "sym_int", "floor", "ceil", "sym_float", "int": return first
            default: return nil
            }
        }
        guard operands.count == 2, let second = operands[1] else { return nil }
        switch name {
        case "add": return try first + second
        case "sub": return try first - second
        case "mul": return try first * second
        case "floordiv": return try first / second
        case "mod": return try first % second
        case "truediv": return try first.exactQuotient(by: second)
        case "pow": return second.known == 2 ? try first * first : nil
        case "sym_max", "sym_min":
            guard let a = first.known, let b = second.known else { return nil }
            return .number(name == "sym_max" ? max(a, b) : min(a, b))
        default: return nil
        }
    }

    /// All operators that have no entry, with the places of their use.
    /// - Throws: `op.unsupported`.
    func checkOperators() throws {
        var uses: [(target: String, places: [String])] = []
        for node in program.graph.nodes where !Self.isSizeArithmetic(node.target) {
            if ["aten.sym_size.int", "aten.size.int", "aten.sym_numel.default"].contains(node.target) { continue }
            if let found = ATenSchema.find(target: node.target),
                ATenTable.standard.entries[found.schema.fullName] != nil
            {
                continue
            }
            let use = node.module.isEmpty ? node.name : "\(node.module) (\(node.name))"
            if let index = uses.firstIndex(where: { $0.target == node.target }) {
                uses[index].places.append(use)
            } else {
                uses.append((node.target, [use]))
            }
        }
        guard !uses.isEmpty else { return }
        let words = uses.map { use in
            let named = use.places.prefix(8).joined(separator: ", ")
            return "\(use.target) at \(named)"
                + (use.places.count > 8 ? " and \(use.places.count - 8) more places" : "")
        }
        throw GraphError(.unsupportedOperator, "no translation for " + words.joined(separator: "; "))
    }
}

extension ATenCall {
    /// The argument as it was given.
    func given(_ name: String) -> ATenArgument? { node.arguments.first { $0.name == name }?.value }

    /// Marks all arguments as looked at: for what checks and makes nothing.
    func skipArguments() { for (name, _) in node.arguments { _ = try? argument(name) } }
}
