import OrderedCollections

extension Inspection {
    /// What the program of a file does, where it carries one: what goes in and out, and the operators.
    /// - Returns: whether it carries one that could be read.
    mutating func describeProgram(
        of checkpoint: Checkpoint, reading: ReadOptions, mapping: MappingOptions
    ) -> Bool {
        let program: ExportedProgram
        do {
            guard let found = try carriedProgram(of: checkpoint, reading: reading, mapping: mapping) else {
                return false
            }
            program = found
        } catch let error as any Fault {
            facts.append(("program", "not read: \(error.description)"))
            return false
        } catch {
            facts.append(("program", "not read: \(error)"))
            return false
        }
        if let version = program.torchVersion { facts.append(("PyTorch", version)) }
        for (argument, input) in zip(program.graph.inputs, program.inputs) {
            guard case .user(let name) = input else { continue }
            facts.append(("input", "\(name): \(program.signature(of: argument))"))
        }
        for (argument, output) in zip(program.graph.outputs, program.outputs) {
            switch output {
            case .user(let name): facts.append(("output", "\(name): \(program.signature(of: argument))"))
            case .mutation(let buffer): facts.append(("writes", buffer))
            }
        }
        for (symbol, range) in program.symbols.sorted(by: { $0.key < $1.key }) {
            let end = range.upperBound == Int64.max ? "" : String(range.upperBound)
            facts.append(("symbol", "\(symbol): \(range.lowerBound)…\(end)"))
        }
        var counts: OrderedDictionary<String, Int> = [:]
        for node in program.graph.nodes { counts[node.target, default: 0] += 1 }
        facts.append(
            (
                "nodes",
                "\(program.graph.nodes.count): " + counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            ))
        if program.constants.count > 0 { facts.append(("constants", program.constants.names.joined(separator: ", "))) }
        if !program.sampleInputs.isEmpty {
            facts.append(
                ("sample", program.expected.count > 0 ? "inputs, and outputs to expect" : "inputs, no outputs"))
        }
        notes += program.notes.filter { !checkpoint.notes.contains($0) && !notes.contains($0) }
        return true
    }
}

extension ExportedProgram {
    /// Element type and sizes of a value: `float32[s77, 3, 224, 224]`.
    fileprivate func signature(of argument: ATenArgument) -> String {
        guard case .tensor(let name) = argument else { return "a whole number" }
        guard let type = graph.types[name] else { return "?" }
        return "\(type.elementType.name)[\(type.shape.map(\.description).joined(separator: ", "))]"
    }
}
