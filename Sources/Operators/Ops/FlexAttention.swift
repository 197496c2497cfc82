import GraphIR

extension Operator {
    /// prob_mod(softmax(score_mod(scale · Q · Kᵀ))) · V for many heads, query heads sharing key heads in groups; the two
    /// functions are graphs.
    /// https://onnx.ai/onnx/operators/onnx_aionnxpreview_FlexAttention.html, version 1.
    ///
    /// Scores and probabilities are of the type `softmax_precision`, by default float32, float64 for float64 inputs.
    static let flexAttention = Operator(
        "FlexAttention", domain: "ai.onnx.preview", accuracy: .accumulating, infer: flexInference
    ) { binding in
        let given = try binding.float("scale")
        let scale = try binding.real("scale", default: given ?? 1)
        let precision = try softmaxPrecision(&binding)
        let scoreMod = try binding.body("score_mod")
        let probMod = try binding.body("prob_mod")
        return { call in
            let (q, k, v) = (try call.input(0), try call.input(1), try call.input(2))
            try requireType(q.elementType, k, v)
            guard q.isHalf || [.float32, .float64].contains(q.elementType) else { throw unsupportedType(q.elementType) }
            let query = try HeadLayout(q, heads: nil, name: "Q")
            let key = try HeadLayout(k, heads: nil, name: "K")
            let value = try HeadLayout(v, heads: nil, name: "V")
            guard query.batch == key.batch, key.batch == value.batch, key.heads == value.heads,
                key.length == value.length, query.size == key.size, key.heads > 0, query.heads % key.heads == 0
            else {
                throw GraphError(.argument, "shapes \(q.shape), \(k.shape) and \(v.shape) of Q, K and V don't fit")
            }
            guard query.size > 0, value.size > 0 else {
                throw GraphError(.argument, "heads of size 0", argument: query.size > 0 ? "V" : "Q")
            }
            let type = precision ?? (q.elementType == .float64 ? .float64 : .float32)
            let wide: ElementType = type == .float64 || q.elementType == .float64 ? .float64 : .float32
            let output = HeadLayout(
                batch: query.batch, heads: query.heads, length: query.length, size: value.size, isPacked: false)
            var problem = ScaledDotProduct(
                query: query, key: key, value: value, output: output,
                scale: given == nil ? 1 / Double(query.size).squareRoot() : scale)
            problem.rounding = type.bitWidth < wide.bitWidth ? type : nil
            let widened = try [q, k].map { try call.converted($0, to: wide) }
            // The values take part in the type of the probabilities.
            let values = try call.converted(call.converted(v, to: type), to: wide)
            if scoreMod == nil && probMod == nil {
                let (y, _) = try withReal(wide) {
                    try problem.run(call, widened[0], widened[1], values, Float.self)
                } double: {
                    try problem.run(call, widened[0], widened[1], values, Double.self)
                }
                return [try call.converted(y, to: q.elementType)]
            }
            var scores = try withReal(wide) {
                try problem.products(call, widened[0], widened[1], Float.self)
            } double: {
                try problem.products(call, widened[0], widened[1], Double.self)
            }
            scores = try call.converted(scores, to: type)
            if let scoreMod { scores = try modified(scores, by: scoreMod, "score_mod", call) }
            let rest = try call.taking(scores.heldBytes, for: "the scores")
            var probabilities = try rest.converted(rest.rowSoftmax(rest.converted(scores, to: wide)), to: type)
            if let probMod { probabilities = try modified(probabilities, by: probMod, "prob_mod", rest) }
            // Query heads that share a key head lie behind each other: one matrix for each key head.
            let group = query.heads / key.heads
            let stack = [key.batch * key.heads]
            let a = try rest.converted(probabilities, to: wide).reshaped(stack + [group * query.length, key.length])
            let b = try values.reshaped(stack + [value.length, value.size])
            let y = try MatrixProduct(a: a, b: b).run(rest).reshaped(output.shape)
            return [try rest.converted(y, to: q.elementType)]
        }
    }

    private static let flexInference = InferenceRule { node in
        node.binding.ignore("scale", "softmax_precision", "score_mod", "prob_mod")
        var letters = DimensionLetters()
        try letters.match(node, 0, "B Hq L D", "Q")
        try letters.match(node, 1, "B H S D", "K")
        try letters.match(node, 2, "B H S E", "V")
        if let count = letters["Hq"].known, let keys = letters["H"].known, count != keys,
            keys <= 0 || count % keys != 0
        {
            throw GraphError(.argument, "\(count) query heads, expected a multiple of the \(keys) key heads")
        }
        node.set(0, shape: [letters["B"], letters["Hq"], letters["L"], letters["E"]])
    }
}

/// What a graph makes of scores or probabilities.
private func modified(_ x: Tensor, by body: Body, _ name: String, _ call: Call) throws -> Tensor {
    let results = try body.run([.tensor(x)], in: call.taking(x.heldBytes, for: "the scores"))
    guard results.count == 1, let result = results.first?.tensor, result.shape == x.shape,
        result.elementType == x.elementType
    else {
        throw GraphError(
            .argument, "the graph must give one tensor of \(x.elementType.onnxName) of shape \(x.shape)", argument: name
        )
    }
    return result
}

extension Call {
    /// Softmax along the last axis, of float32 or float64. A row of −∞ only gives NaN.
    fileprivate func rowSoftmax(_ x: Tensor) throws -> Tensor {
        try withReal(x.elementType) {
            try rowSoftmax(x, Float.self)
        } double: {
            try rowSoftmax(x, Double.self)
        }
    }

    private func rowSoftmax<T: RowFunctions>(_ x: Tensor, _: T.Type) throws -> Tensor {
        let length = x.shape.last ?? 1
        return try make(x.shape, of: T.self) { out in
            try x.withElements(T.self) { values in
                guard let from = values.baseAddress, let to = out.baseAddress, length > 0 else { return }
                let (source, target) = (Shared(from), Shared(to))
                try inParallel(values.count / length, grain: Swift.max(1, AttentionLimits.softmaxGrain / length)) {
                    piece in
                    for row in piece {
                        try checkTime()
                        T.softmax(source.pointer + row * length, target.pointer + row * length, length, empty: .nan)
                    }
                }
            }
        }
    }
}
