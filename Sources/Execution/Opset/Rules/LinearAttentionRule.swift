import GraphIR

extension OpsetRule {
    /// LinearAttention (27): a Scan over the positions, whose state is the memory of keys and values. All is computed
    /// in float32.
    static let linearAttention: Rewrite = { rewriter, node in
        guard let queryHeads = node.integer("q_num_heads"), let heads = node.integer("kv_num_heads"), heads > 0,
            queryHeads >= heads, queryHeads < 1 << 16, queryHeads % heads == 0
        else { throw GraphError(.argument, "needs q_num_heads, a multiple of kv_num_heads", node: node.label) }
        let type = try rewriter.elementType(node.input(0))
        func widened(_ x: ValueID?) throws -> ValueID? {
            guard let x else { return nil }
            return try rewriter.elementType(x) == .float32 ? x : rewriter.cast(x, to: .float32)
        }
        /// Position, sample, head, element.
        func split(_ input: Int, _ shape: [Int64]) throws -> ValueID? {
            guard let x = try node.input(input).map({ try widened($0) }) else { return nil }
            return try rewriter.transpose(try rewriter.reshape(x, shape), [1, 0, 2, 3])
        }
        let query = try split(0, [0, 0, queryHeads, -1])
        let key = try split(1, [0, 0, heads, -1])
        let value = try split(2, [0, 0, heads, -1])
        let decay = try split(4, [0, 0, heads, -1])
        let beta = try split(5, [0, 0, -1, 1])
        let width = try rewriter.size(key, axis: 3)
        var state = try widened(node.input(3))
        if state == nil {
            let shape = try rewriter.concat([
                try rewriter.size(node.input(0), axis: 0), try rewriter.ints([heads]), width,
                try rewriter.size(value, axis: 3),
            ])
            state = try rewriter("Expand", try rewriter.scalar(0, .float32), shape)
        }
        var scale: ValueID
        if let given = node.real("scale"), given != 0 {
            scale = try rewriter.scalar(Double(given), .float32)
        } else {
            let size = try rewriter.cast(try rewriter.squeeze(width, [0]), to: .float32)
            scale = try rewriter("Reciprocal", try rewriter("Sqrt", size))
        }

        let step = LinearAttentionStep(
            group: queryHeads / heads, decays: decay != nil, corrects: beta != nil, scale: rewriter.graph[scale].name)
        let body = try step.body(of: node, within: rewriter)
        let last = rewriter.newValue(node.label + "/state", type: .tensor(.float32, nil))
        let read = rewriter.newValue(node.label + "/read", type: .tensor(.float32, nil))
        let scanned = [query, key, value, decay, beta].compactMap { $0 }
        try rewriter.step(
            "Scan", [state] + scanned,
            [.int("num_scan_inputs", Int64(scanned.count)), Attribute("body", .graph(body))], outputs: [last, read])
        let joined = try rewriter.reshape(try rewriter.transpose(read, [1, 0, 2, 3]), [0, 0, -1])
        try rewriter.finish("Cast", joined, with: .int("to", Int64(type.rawValue)))
        let kept = try node.input(3).map { try rewriter.elementType($0) } ?? type
        try rewriter.finish("Cast", last, with: .int("to", Int64(kept.rawValue)), output: 1)
    }
}

/// What LinearAttention does at one position.
private struct LinearAttentionStep {
    /// Heads of queries for each head of keys.
    let group: Int64
    let decays: Bool
    let corrects: Bool
    /// The name of the scale in the enclosing graph.
    let scale: String

    func body(of node: Node, within outer: OpsetRewriter) throws -> Graph {
        var graph = Graph(name: node.label + "/position")
        func input(_ name: String, rank: Int) -> ValueID {
            graph.addValue(
                outer.conversion.unusedName("\(node.label)/\(name)"),
                type: .tensor(.float32, [Dimension](repeating: .unknown, count: rank)))
        }
        let state = input("before", rank: 4)
        let (query, key, value) = (input("query", rank: 3), input("key", rank: 3), input("value", rank: 3))
        let decay = decays ? input("decay", rank: 3) : nil
        let beta = corrects ? input("beta", rank: 3) : nil
        graph.inputs = [state, query, key, value] + [decay, beta].compactMap { $0 }
        let factor = graph.value(named: scale)
        graph[factor].type = .tensor(.float32, [])

        let body = outer.within(graph)
        var memory = state
        if let decay {
            memory = try body("Mul", memory, try body.unsqueeze(try body("Exp", decay), [3]))
        }
        var written = value
        if let beta {
            let known = try body.squeeze(try body("MatMul", try body.unsqueeze(key, [2]), memory), [2])
            written = try body("Mul", beta, try body("Sub", value, known))
        }
        let product = try body("Mul", try body.unsqueeze(key, [3]), try body.unsqueeze(written, [2]))
        memory = try body("Add", memory, product)
        var readable = memory
        if group > 1 {
            // Each head of keys serves a group of queries.
            let repeated = try body("Expand", try body.unsqueeze(memory, [2]), try body.ints([1, 1, group, 1, 1]))
            let shape = try body("Shape", repeated)
            let merged = try body.concat(
                [try body.slice(shape, 0, 1), try body.ints([-1]), try body.slice(shape, 3, 5)])
            readable = try body("Reshape", repeated, merged)
        }
        let found = try body.squeeze(try body("MatMul", try body.unsqueeze(query, [2]), readable), [2])
        let scaled = try body("Mul", found, factor)
        return body.finished(outputs: [memory, scaled])
    }
}
