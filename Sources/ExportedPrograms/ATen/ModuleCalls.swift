/// The stretches of a program that are one module's code, and what each of them returns.
struct ModuleCalls {
    private var results: [Int: [(module: String, result: String)]] = [:]

    /// A module returns a value where exactly one that its code makes is used outside of it.
    init(_ program: ExportedProgram) {
        let nodes = program.graph.nodes
        var lastUse: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for (_, value) in node.arguments {
                for name in value.tensorNames { lastUse[name] = index }
            }
        }
        for output in program.graph.outputs {
            for name in output.tensorNames { lastUse[name] = nodes.count }
        }
        var open: [(module: String, start: Int)] = []
        for index in 0...nodes.count {
            let path = index < nodes.count ? Self.prefixes(nodes[index].module) : []
            while let last = open.last, path.count < open.count || path[open.count - 1] != last.module {
                open.removeLast()
                var escaping: [String] = []
                for node in nodes[last.start..<index] where escaping.count < 2 {
                    for name in node.outputs.flatMap(\.tensorNames) where (lastUse[name] ?? 0) >= index {
                        escaping.append(name)
                    }
                }
                if escaping.count == 1 { results[index - 1, default: []].append((last.module, escaping[0])) }
            }
            for prefix in path.dropFirst(open.count) { open.append((prefix, index)) }
        }
    }

    /// The modules whose code ends with this node, innermost first, and the names of what they return.
    func ending(at index: Int) -> [(module: String, result: String)] { results[index] ?? [] }

    /// `a.b.c` as `a`, `a.b`, `a.b.c`; no more than 64 levels.
    private static func prefixes(_ path: String) -> [String] {
        var result: [String] = []
        for part in path.split(separator: ".").prefix(64) {
            result.append(result.last.map { $0 + "." + part } ?? String(part))
        }
        return result
    }
}

extension ATenArgument {
    /// The names of the tensors in it.
    var tensorNames: [String] {
        switch self {
        case .tensor(let name): [name]
        case .tensors(let names): names.compactMap { $0 }
        default: []
        }
    }
}
