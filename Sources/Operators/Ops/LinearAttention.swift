import GraphIR

extension Operator {
    /// Attention with a state in place of a cache, one step for each token: S ← e^g S + k ⊗ v', o = scale · Sᵀ q, where v'
    /// is v, or for the delta rules β (v − Sᵀ k) of the decayed S.
    /// https://onnx.ai/onnx/operators/onnx__LinearAttention.html, version 27.
    ///
    /// The state is kept in float32 between the steps, and results are rounded once.
    static let linearAttention = Operator("LinearAttention", accuracy: .accumulating, infer: linearInference) {
        binding in
        let attributes = try LinearAttributes(&binding)
        return { call in try attributes.run(call) }
    }

    private static let linearInference = InferenceRule { node in
        let attributes = try LinearAttributes(&node.binding)
        for (input, name, isNeeded) in [(4, "decay", attributes.decays), (5, "beta", attributes.corrects)]
        where node.isGiven(input) != isNeeded {
            throw GraphError(
                .argument, "the update rule \(isNeeded ? "needs" : "has no use for") the input", argument: name)
        }
        let heads = Dimension.size(Int64(attributes.keyHeads))
        var letters = DimensionLetters()
        try letters.merge("H", heads, "kv_num_heads")
        try letters.match(node, 0, "B T Q", "query")
        try letters.match(node, 1, "B T K", "key")
        try letters.match(node, 2, "B T V", "value")
        for (packed, count, size, name) in [
            ("Q", attributes.queryHeads, "D", "query"), ("K", attributes.keyHeads, "D", "key"),
            ("V", attributes.keyHeads, "E", "value"),
        ] {
            let one = letters[packed].cut(into: count)
            guard one != .unknown || letters[packed].known == nil else {
                throw GraphError(
                    .argument, "\(letters[packed].text) elements don't cut into \(count) heads", argument: name)
            }
            try letters.merge(size, one, name)
        }
        try letters.match(node, 3, "B H D E", "past_state")
        try letters.match(node, 4, "B T decay", "decay")
        try letters.match(node, 5, "B T beta", "beta")
        let perElement = heads.times(letters["D"])
        if let last = letters["decay"].known, !heads.isSize(last), (perElement.known ?? last) != last {
            throw GraphError(
                .argument, "\(last) numbers for a step, expected \(heads.text) or \(perElement.text)", argument: "decay"
            )
        }
        if let last = letters["beta"].known, last != 1, !heads.isSize(last) {
            throw GraphError(.argument, "\(last) numbers for a step, expected 1 or \(heads.text)", argument: "beta")
        }
        node.set(
            0,
            shape: [
                letters["B"], letters["T"], Dimension.size(Int64(attributes.queryHeads)).times(letters["E"]),
            ])
        node.set(
            1, shape: [letters["B"], heads, letters["D"], letters["E"]],
            type: node.elementType(3) ?? node.elementType(0))
    }
}

private struct LinearAttributes: Sendable {
    let queryHeads: Int
    let keyHeads: Int
    let scale: Double
    let decays: Bool
    let corrects: Bool

    init(_ binding: inout Binding) throws {
        // A hint for the order of the work, without effect on the results.
        binding.ignore("chunk_size")
        let heads = [try binding.int("q_num_heads", default: 0), try binding.int("kv_num_heads", default: 0)]
        guard heads[0] > 0, heads[1] > 0, heads[0] % heads[1] == 0, heads[0] <= Int32.max else {
            throw GraphError(
                .argument, "\(heads[0]) query heads, expected a multiple of the \(heads[1]) key heads",
                argument: "q_num_heads")
        }
        queryHeads = Int(heads[0])
        keyHeads = Int(heads[1])
        scale = try binding.real("scale", default: 0)
        let rule = try binding.string("update_rule") ?? "gated_delta"
        guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else {
            throw GraphError(
                .argument, "\"\(rule)\" is none of linear, gated, delta, gated_delta", argument: "update_rule")
        }
        decays = rule.hasPrefix("gated")
        corrects = rule.hasSuffix("delta")
    }

    func run(_ call: Call) throws -> [Tensor?] {
        let (q, k, v) = (try call.input(0), try call.input(1), try call.input(2))
        try requireType(q.elementType, k, v, call[4], call[5])
        let query = try layout(q, queryHeads, "query")
        let key = try layout(k, keyHeads, "key")
        let value = try layout(v, keyHeads, "value")
        guard query.batch == key.batch, key.batch == value.batch, query.length == key.length,
            key.length == value.length, query.size == key.size, query.size > 0
        else {
            throw GraphError(
                .argument, "shapes \(q.shape), \(k.shape) and \(v.shape) of query, key and value don't fit")
        }
        guard (call[4] != nil) == decays else {
            throw GraphError(.argument, "needed by the gated rules and by no other", argument: "decay")
        }
        guard (call[5] != nil) == corrects else {
            throw GraphError(.argument, "needed by the delta rules and by no other", argument: "beta")
        }
        let steps = [query.batch, query.length]
        if let decay = call[4], decay.shape != steps + [keyHeads], decay.shape != steps + [keyHeads * key.size] {
            throw GraphError(
                .argument, "shape \(decay.shape), expected a number for each step and head, or also key element",
                argument: "decay")
        }
        if let beta = call[5], beta.shape != steps + [keyHeads], beta.shape != steps + [1] {
            throw GraphError(
                .argument, "shape \(beta.shape), expected a number for each step, or also head", argument: "beta")
        }
        let stateShape = [query.batch, keyHeads, key.size, value.size]
        if let past = call[3], past.shape != stateShape {
            throw GraphError(.argument, "shape \(past.shape), expected \(stateShape)", argument: "past_state")
        }
        let wide: ElementType = [q, call[3]].contains { $0?.elementType == .float64 } ? .float64 : .float32
        let inputs = try (0..<6).map { try call[$0].map { try call.converted($0, to: wide) } }
        let problem = LinearProblem(attributes: self, query: query, value: value, stateShape: stateShape)
        let results = try withReal(wide) {
            try problem.run(call.with(inputs: inputs), Float.self)
        } double: {
            try problem.run(call.with(inputs: inputs), Double.self)
        }
        return [
            try call.converted(results.output, to: q.elementType),
            try call.converted(results.state, to: call[3]?.elementType ?? q.elementType),
        ]
    }

    private func layout(_ tensor: Tensor, _ heads: Int, _ name: String) throws -> HeadLayout {
        guard tensor.shape.count == 3 else {
            throw GraphError(.argument, "shape \(tensor.shape), expected batch, steps and heads", argument: name)
        }
        return try HeadLayout(tensor, heads: heads, name: name)
    }
}

private struct LinearProblem: Sendable {
    let attributes: LinearAttributes
    let query: HeadLayout
    let value: HeadLayout
    let stateShape: [Int]

    func run<T: RowFunctions>(_ call: Call, _: T.Type) throws -> (output: Tensor, state: Tensor) {
        let group = query.heads / value.heads
        let (size, width) = (query.size, value.size)
        let scale = T(attributes.scale == 0 ? 1 / Double(size).squareRoot() : attributes.scale)
        let (q, k, v) = (try call.input(0), try call.input(1), try call.input(2))
        let (past, decay, beta) = (call[3], call[4], call[5])
        let decayWidth = decay?.shape.last == value.heads ? 1 : size
        let betaWidth = beta?.shape.last ?? 1
        var output: Tensor?
        let state = try call.make(stateShape, of: T.self) { states in
            states.update(repeating: 0)
            if let past { try past.withElements(T.self) { _ = states.update(from: $0) } }
            let rest = try call.taking(states.count * MemoryLayout<T>.size, for: "the state")
            output = try rest.make([query.batch, query.length, query.heads * width], of: T.self) { out in
                try withPointers(of: T.self, q, k, v, decay, beta) { pointers in
                    guard let to = out.baseAddress, let base = states.baseAddress, !states.isEmpty else { return }
                    let (q, k, v, decay, beta) = (pointers[0], pointers[1], pointers[2], pointers[3], pointers[4])
                    guard let q, let k, let v else { return }
                    let shared = Shared((q, k, v, decay, beta, to, base))
                    let grain = Swift.max(1, (1 << 15) / Swift.max(1, query.length * size * width))
                    try inParallel(query.batch * value.heads, grain: grain) { piece in
                        let (q, k, v, decay, beta, to, base) = shared.pointer
                        try rest.withScratch(width, of: T.self) { update in
                            for item in piece {
                                let (batch, head) = (item / value.heads, item % value.heads)
                                let state = base + item * size * width
                                for step in 0..<query.length {
                                    try rest.checkTime()
                                    let row = batch * query.length + step
                                    let key = k + (row * value.heads + head) * size
                                    let values = v + (row * value.heads + head) * width
                                    if let decay {
                                        let gates = decay + (row * value.heads + head) * decayWidth
                                        for i in 0..<size {
                                            let factor = T.exponential(gates[decayWidth == 1 ? 0 : i])
                                            for j in 0..<width { state[i * width + j] *= factor }
                                        }
                                    }
                                    update.update(from: values, count: width)
                                    if let beta {
                                        let rate = beta[row * betaWidth + (betaWidth == 1 ? 0 : head)]
                                        for i in 0..<size {
                                            let factor = key[i]
                                            for j in 0..<width { update[j] -= state[i * width + j] * factor }
                                        }
                                        for j in 0..<width { update[j] *= rate }
                                    }
                                    for i in 0..<size {
                                        let factor = key[i]
                                        for j in 0..<width { state[i * width + j] += factor * update[j] }
                                    }
                                    for member in 0..<group {
                                        let queryHead = head * group + member
                                        let asked = q + (row * query.heads + queryHead) * size
                                        let answer = to + (row * query.heads + queryHead) * width
                                        answer.update(repeating: 0, count: width)
                                        for i in 0..<size {
                                            let factor = scale * asked[i]
                                            for j in 0..<width { answer[j] += factor * state[i * width + j] }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        guard let output else { throw GraphError(.invalid, "linear attention gave no result") }
        return (output, state)
    }
}

/// Calls `body` with the elements of several tensors; `nil` for those that are left out or empty.
func withPointers<T: BitwiseCopyable, R>(
    of: T.Type, _ tensors: Tensor?..., body: ([UnsafePointer<T>?]) throws -> R
) throws -> R {
    func next(_ rest: ArraySlice<Tensor?>, _ found: [UnsafePointer<T>?]) throws -> R {
        guard let first = rest.first else { return try body(found) }
        guard let tensor = first else { return try next(rest.dropFirst(), found + [nil]) }
        return try tensor.withElements(T.self) { try next(rest.dropFirst(), found + [$0.baseAddress]) }
    }
    return try next(tensors[...], [])
}
