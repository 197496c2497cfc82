import GraphIR

/// Attention and what belongs to it, by their definitions.
extension OpsetRule {
    static let attention: Table = [
        rule("Attention", version: 23, downgrade: scaledDotProduct),
        rule(
            "Attention", version: 24,
            downgrade: { rewriter, node in
                // A mask may be shorter than the keys since then.
                var isPlain = node.input(6) == nil
                if let mask = node.input(3) {
                    let own = rewriter.shape(mask)?.last
                    isPlain =
                        isPlain && node.input(4) == nil && own != nil
                        && own
                            == rewriter.shape(node.input(1))?
                            .dropLast().last
                    if case .size? = own {} else { isPlain = false }
                }
                try isPlain ? rewriter.carry(node) : scaledDotProduct(rewriter, node)
            }),
        rule(
            "Attention", version: 25,
            downgrade: { rewriter, node in
                let bounds = ["left_window_size", "right_window_size"].map { node.integer($0) ?? -1 }
                try bounds == [-1, -1]
                    ? rewriter.carry(node, without: "left_window_size", "right_window_size")
                    : scaledDotProduct(rewriter, node)
            }),
        rule("RotaryEmbedding", version: 23, downgrade: rotaryEmbedding),
        rule("LinearAttention", version: 27, downgrade: linearAttention),
        rule("CausalConvWithState", version: 27, downgrade: causalConvolution),
    ]

    /// `softmax(q kᵀ · scale + bias) v`.
    private static let scaledDotProduct: Rewrite = { rewriter, node in
        let type = try rewriter.elementType(node.input(0))
        let isFlat = try rewriter.rank(node.input(0)) == 3
        let queryHeads = try heads(rewriter, node, input: 0, "q_num_heads", isFlat: isFlat)
        let keyHeads = try heads(rewriter, node, input: 1, "kv_num_heads", isFlat: isFlat)
        guard queryHeads > 0, keyHeads > 0, queryHeads < 1 << 16, queryHeads % keyHeads == 0 else {
            throw GraphError(.argument, "\(queryHeads) heads of queries, \(keyHeads) of keys", node: node.label)
        }
        func split(_ x: ValueID?, _ heads: Int64) throws -> ValueID? {
            isFlat ? try rewriter.transpose(try rewriter.reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]) : x
        }
        let query = try split(node.input(0), queryHeads)
        var key = try split(node.input(1), keyHeads)
        var value = try split(node.input(2), keyHeads)
        let past = node.input(4)
        if let past { key = try rewriter.concat([past, key], axis: 2) }
        if let past = node.input(5) { value = try rewriter.concat([past, value], axis: 2) }
        if rewriter.wants(1) { try rewriter.finish("Identity", key, output: 1) }
        if rewriter.wants(2) { try rewriter.finish("Identity", value, output: 2) }

        let lengths = try (
            query: length(rewriter, query, axis: 2), key: length(rewriter, key, axis: 2)
        )
        let biases = try AttentionBias(
            rewriter: rewriter, node: node, type: type, queries: lengths.query, keys: lengths.key, key: key,
            past: past.map { try length(rewriter, $0, axis: 2) }
        ).terms()

        if queryHeads != keyHeads {
            let order = try rewriter.ints((0..<queryHeads).map { $0 / (queryHeads / keyHeads) })
            key = try rewriter("Gather", key, order, with: .int("axis", 1))
            value = try rewriter("Gather", value, order, with: .int("axis", 1))
        }
        let scale = try rootOfScale(rewriter, node, type, isFlat: isFlat, heads: queryHeads)
        let turned = try rewriter.transpose(key, [0, 1, 3, 2])
        var scores = try rewriter(
            "MatMul", try rewriter("Mul", query, scale), try rewriter("Mul", turned, scale))
        let mode = node.integer("qk_matmul_output_mode") ?? 0
        if mode == 0 { try rewriter.finish("Identity", scores, output: 3) }
        if let cap = node.real("softcap"), cap > 0 {
            let limit = try rewriter.scalar(Double(cap), type)
            scores = try rewriter("Mul", try rewriter("Tanh", try rewriter("Div", scores, limit)), limit)
        }
        if mode == 1 { try rewriter.finish("Identity", scores, output: 3) }
        var bias: ValueID?
        for term in biases.terms { bias = try bias.map { try rewriter("Add", $0, term) } ?? term }
        if let bias { scores = try rewriter("Add", scores, bias) }
        if mode == 2 { try rewriter.finish("Identity", scores, output: 3) }
        var weights = try softmax(rewriter, node, scores, type)
        if let bias, biases.mayHideAll {
            // A query that sees no key gets nothing.
            let most = try rewriter.reduce("ReduceMax", bias, axes: [-1])
            let isHidden = try rewriter("Equal", most, try rewriter.infinity(negative: true, type))
            weights = try rewriter("Where", isHidden, try rewriter.scalar(0, type), weights)
        }
        if mode == 3 { try rewriter.finish("Identity", weights, output: 3) }
        if try rewriter.elementType(value) != type { value = try rewriter.cast(value, to: type) }
        if isFlat {
            let joined = try rewriter.transpose(try rewriter("MatMul", weights, value), [0, 2, 1, 3])
            try rewriter.finish("Reshape", joined, try rewriter.ints([0, 0, -1]))
        } else {
            try rewriter.finish("MatMul", weights, value)
        }
    }

    private static func heads(
        _ rewriter: OpsetRewriter, _ node: Node, input: Int, _ attribute: String, isFlat: Bool
    ) throws -> Int64 {
        if let given = node.integer(attribute) { return given }
        guard !isFlat, case .size(let size)? = rewriter.shape(node.input(input))?[checked: 1] else {
            throw rewriter.refusal("the number of heads isn't known, the conversion needs it", attribute)
        }
        return size
    }

    /// The square root of the scale, by which both queries and keys are multiplied.
    private static func rootOfScale(
        _ rewriter: OpsetRewriter, _ node: Node, _ type: ElementType, isFlat: Bool, heads: Int64
    ) throws -> ValueID {
        if let scale = node.real("scale") { return try rewriter.scalar(Double(scale).squareRoot(), type) }
        if case .size(let width)? = rewriter.shape(node.input(0))?.last, width > 0 {
            let size = isFlat ? Double(width / heads) : Double(width)
            return try rewriter.scalar((1 / size.squareRoot()).squareRoot(), type)
        }
        let width = try rewriter.cast(
            try length(rewriter, node.input(0), axis: isFlat ? 2 : 3), to: .float32)
        let size = isFlat ? try rewriter("Div", width, try rewriter.scalar(Double(heads), .float32)) : width
        let root = try rewriter("Sqrt", try rewriter("Reciprocal", try rewriter("Sqrt", size)))
        return type == .float32 ? root : try rewriter.cast(root, to: type)
    }

    private static func softmax(
        _ rewriter: OpsetRewriter, _ node: Node, _ scores: ValueID, _ type: ElementType
    ) throws -> ValueID {
        let number = node.integer("softmax_precision")
        let precision = number.flatMap { ElementType(rawValue: Int32(clamping: $0)) } ?? type
        let given = precision == type ? scores : try rewriter.cast(scores, to: precision)
        let weights: ValueID
        if precision == .float16 {
            // Each step is rounded, as in the operator's function body; of bfloat16 Softmax does that itself.
            let most = try rewriter.reduce("ReduceMax", given, axes: [-1])
            let powers = try rewriter("Exp", try rewriter("Sub", given, most))
            weights = try rewriter("Div", powers, try rewriter.reduce("ReduceSum", powers, axes: [-1]))
        } else {
            weights = try rewriter("Softmax", given, with: .int("axis", -1))
        }
        return precision == type ? weights : try rewriter.cast(weights, to: type)
    }

    /// RotaryEmbedding (23): the halves of each head, or its pairs, turned by the position's angles.
    private static let rotaryEmbedding: Rewrite = { rewriter, node in
        let isFlat = try rewriter.rank(node.input(0)) == 3
        var x = node.input(0)
        if isFlat {
            guard let heads = node.integer("num_heads"), heads > 0 else {
                throw GraphError(.argument, "the attribute is required", node: node.label, argument: "num_heads")
            }
            x = try rewriter.reshape(x, [0, 0, heads, -1])
        } else {
            x = try rewriter.transpose(x, [0, 2, 1, 3])
        }
        let width = node.integer("rotary_embedding_dim") ?? 0
        let turning = width > 0 ? try rewriter.slice(x, 0, width, axis: 3) : x
        func angles(_ input: Int) throws -> ValueID {
            let cache = node.input(input)
            let chosen = try node.input(3).map { try rewriter("Gather", cache, $0) } ?? cache
            return try rewriter.unsqueeze(chosen, [2])
        }
        let (cosine, sine) = (try angles(1), try angles(2))
        let isInterleaved = node.integer("interleaved") ?? 0 != 0
        let halves: (ValueID, ValueID)
        if isInterleaved {
            func every(_ start: Int64) throws -> ValueID {
                try rewriter(
                    "Slice", turning, try rewriter.ints([start]), try rewriter.ints([Int64.max]),
                    try rewriter.ints([3]), try rewriter.ints([2]))
            }
            halves = (try every(0), try every(1))
        } else {
            let type = rewriter.type(turning)?.elementType.map { ValueType.tensor($0, nil) }
            halves = (
                rewriter.newValue(node.label + "/first", type: type),
                rewriter.newValue(node.label + "/second", type: type)
            )
            try rewriter.step(
                "Split", [turning], [.int("axis", 3), .int("num_outputs", 2)], outputs: [halves.0, halves.1])
        }
        let (a, b) = halves
        let real = try rewriter("Sub", try rewriter("Mul", cosine, a), try rewriter("Mul", sine, b))
        let imaginary = try rewriter("Add", try rewriter("Mul", sine, a), try rewriter("Mul", cosine, b))
        var turned: ValueID
        if isInterleaved {
            let pairs = try rewriter.concat(
                [try rewriter.unsqueeze(real, [4]), try rewriter.unsqueeze(imaginary, [4])], axis: 4)
            turned = try rewriter("Reshape", pairs, try rewriter("Shape", turning))
        } else {
            turned = try rewriter.concat([real, imaginary], axis: 3)
        }
        if width > 0 {
            turned = try rewriter.concat([turned, try rewriter.slice(x, width, Int64.max, axis: 3)], axis: 3)
        }
        if isFlat {
            try rewriter.finish("Reshape", turned, try rewriter.shapeOf(node.input(0)))
        } else {
            try rewriter.finish("Transpose", turned, with: .ints("perm", [0, 2, 1, 3]))
        }
    }

    /// CausalConvWithState (27): a convolution of each channel over what came before.
    private static let causalConvolution: Rewrite = { rewriter, node in
        let x = node.input(0)
        guard let sizes = rewriter.shape(node.input(1)), sizes.count == 3, case .size(let width) = sizes[2],
            case .size(let channels) = sizes[0], width > 0
        else { throw rewriter.refusal("the sizes of the weight aren't known, the conversion needs them", "weight") }
        let padded: ValueID
        if let past = node.input(3) {
            padded = try rewriter.concat([past, x], axis: 2)
        } else {
            padded = try rewriter("Pad", x, try rewriter.ints([0, 0, width - 1, 0, 0, 0]))
        }
        if rewriter.wants(1) {
            let start = width == 1 ? Int64.max : 1 - width
            try rewriter.finish(
                "Slice", padded, try rewriter.ints([start]), try rewriter.ints([Int64.max]), try rewriter.ints([2]),
                output: 1)
        }
        let inputs = [padded, node.input(1), node.input(2)]
        let group = Attribute.int("group", channels)
        guard let activation = node.text("activation"), activation != "none" else {
            return try rewriter.finish("Conv", inputs, [group])
        }
        let sum = try rewriter.wide(try rewriter.step("Conv", inputs, [group]))
        try rewriter.finishWide("Mul", sum, try rewriter("Sigmoid", sum), like: x)
    }
}
