import GraphIR

/// Blocks of vision transformers in other orders than pre-norm, one branch after the other.
extension ModelBuilder {
    /// Norms behind the branches: x + norm₁(attention(x)), then x + norm₂(mlp(x)).
    func postNormBlock(
        _ x: Wire, _ style: TransformerStyle, positions: (() throws -> Wire)?
    ) throws -> Wire {
        let x = try add("residual1", x, norm("norm1", attention("attn", x, style, positions: positions), style))
        return try add("residual2", x, norm("norm2", mlp("mlp", x, style), style))
    }

    /// Several attentions side by side, then several perceptrons. "Three things everyone should know about Vision
    /// Transformers", H. Touvron et al., 2022 (arXiv:2203.09795).
    func parallelThings(_ x: Wire, _ style: TransformerStyle, count: Int) throws -> Wire {
        func branches(
            _ name: String, _ x: Wire, _ body: (Wire) throws -> Wire
        ) throws -> Wire {
            var sum: Wire?
            for index in 0..<count {
                let branch = try scope("\(name).\(index)") {
                    let made = try body(norm("norm", x, style))
                    return style.hasLayerScale ? try layerScale("ls", key: "ls.gamma", made) : made
                }
                sum = try sum.map { try add("", $0, branch) } ?? branch
            }
            return try sum.map { try add("", x, $0) } ?? x
        }
        let mixed = try branches("attns", x) { try attention("attn", $0, style) }
        return try branches("ffns", mixed) { try mlp("mlp", $0, style) }
    }

    /// Attention and perceptron side by side, their first matrices in one (rows: perceptron, queries, keys, values).
    /// "Scaling Vision Transformers to 22 Billion Parameters", M. Dehghani et al., 2023 (arXiv:2302.05442).
    func parallelScaling(_ x: Wire, _ style: TransformerStyle, depth: Int) throws -> Wire {
        let (length, width) = try sequence(x, heads: style.heads)
        let normed = try norm("in_norm", x, style)
        let fused = try linear("in_proj", normed, out: style.hidden + 3 * width, bias: style.hasQKVBias)
        var wide = try slice("", fused, axis: 2, from: 0, to: style.hidden)
        if !style.hasQKVBias { wide = try elementwise("Add", "", wide, parameter("mlp_bias", shape: [style.hidden])) }
        let parts = try (0..<3).map { index in
            let start = style.hidden + index * width
            return try reshape(
                "", slice("", fused, axis: 2, from: start, to: start + width),
                [length, style.heads, width / style.heads])
        }
        let mixed = try headed(parts, style, depth: depth)
        let fed = try activation(style.activation, "mlp_act", wide)
        var sum =
            try style.isDifferential
            ? linear("out_proj", concat("", [mixed, fed], axis: 2), out: width, bias: true)
            : add(
                "", linear("attn_out_proj", mixed, out: width, bias: true),
                linear("mlp_out_proj", fed, out: width, bias: true))
        if style.hasLayerScale { sum = try layerScale("ls", key: "ls.gamma", sum) }
        return try add("residual", x, sum)
    }

    /// Attention of queries, keys and values `[N, tokens, heads, d]`, queries and keys normed where they are: plain, or the
    /// difference of two.
    func headed(_ parts: [Wire], _ style: TransformerStyle, depth: Int, summand: Wire? = nil) throws -> Wire {
        func normed(_ name: String, _ x: Wire) throws -> Wire { style.hasQKNorm ? try norm(name, x, style) : x }
        guard style.isDifferential else {
            return try attend(
                normed("q_norm", parts[0]), normed("k_norm", parts[1]), parts[2], summand: summand)
        }
        return try differentialAttention(parts, style, depth: depth, normed)
    }

    /// Halves of queries and keys attend by themselves, and λ times the second is taken from the first. "Differential
    /// Transformer", T. Ye et al., 2024 (arXiv:2410.05258).
    private func differentialAttention(
        _ parts: [Wire], _ style: TransformerStyle, depth: Int, _ normed: (String, Wire) throws -> Wire
    ) throws -> Wire {
        guard parts.count == 3, let length = parts[2].shape[checked: 1]?.knownSize,
            let size = parts[2].shape[checked: 3]?.knownSize, size % 2 == 0
        else { throw GraphError(.shape, "heads of an odd size don't have halves", node: path("")) }
        let half = size / 2
        let both = try (0..<2).map { index in
            let halves = try parts[..<2].map {
                try slice("", $0, axis: 3, from: index * half, to: (index + 1) * half)
            }
            return try attend(normed("q_norm", halves[0]), normed("k_norm", halves[1]), parts[2])
        }
        // λ₀ = 0.8 − 0.6·exp(−0.3·depth), by the graph, so that it is exact in whatever type that is run.
        let decay = try function("Exp", "", number(Float(-0.3 * Double(depth)), at: path("")))
        let initial = try elementwise(
            "Sub", "", number(0.8, at: path("")), elementwise("Mul", "", number(0.6, at: path("")), decay))
        let rates = try (1...2).map { index in
            let product = try elementwise(
                "Mul", "", parameter("lambda_q\(index)", shape: [half]), parameter("lambda_k\(index)", shape: [half]))
            return try function("Exp", "", scale("", mean("", product, axes: [0]), by: Double(half)))
        }
        let factor = try elementwise("Add", "", elementwise("Sub", "", rates[0], rates[1]), initial)
        let difference = try elementwise("Sub", "", both[0], elementwise("Mul", "", both[1], factor))
        let heads = try reshape("", difference, [length, style.heads, size])
        let rest = try elementwise("Sub", "", number(1, at: path("")), initial)
        let scaled = try elementwise("Mul", "", rmsNorm("sub_norm", heads, epsilon: 1e-5), rest)
        return try reshape("", scaled, [length, style.heads * size])
    }

    /// The norm of a style: `nn.LayerNorm`, or that by root mean square.
    func norm(_ name: String, _ x: Wire, _ style: TransformerStyle) throws -> Wire {
        try style.hasRMSNorm
            ? rmsNorm(name, x, epsilon: style.epsilon) : layerNorm(name, x, epsilon: style.epsilon)
    }

    /// x ÷ √(mean of x² over the last axis + ε), times a weight. B. Zhang and R. Sennrich, 2019 (arXiv:1910.07467).
    func rmsNorm(_ name: String, _ x: Wire, epsilon: Float) throws -> Wire {
        let module = path(name)
        guard let size = x.shape.last?.knownSize else { throw GraphError(.shape, "no known width", node: module) }
        let square = try elementwise("Mul", name, x, x)
        let mean = try mean(name, square, axes: [x.shape.count - 1], keepsAxes: true)
        let root = try function("Sqrt", name, elementwise("Add", name, mean, number(epsilon, at: module)))
        return try elementwise(
            "Mul", name, elementwise("Div", name, x, root),
            weight(module + ".weight", shape: [size], role: .scale), isResult: true)
    }

    /// A learned query attends to all tokens; its perceptron has a residual ("Set Transformer", arXiv:1810.00825). Of
    /// `[N, tokens, D]` makes `[N, D]`.
    func attentionPool(_ name: String, _ x: Wire, _ style: TransformerStyle) throws -> Wire {
        try scope(name) {
            let (length, width) = try sequence(x, heads: style.heads)
            let heads = [style.heads, width / style.heads]
            let latent = try expandBatch("", parameter("latent", shape: [1, 1, width]), like: x)
            let q = try reshape("", linear("q", latent, out: width, bias: true), [1] + heads)
            let kv = try split("", linear("kv", x, out: 2 * width, bias: true), axis: 2, into: 2)
                .map { try reshape("", $0, [length] + heads) }
            let mixed = try linear("proj", attend(q, kv[0], kv[1]), out: width, bias: true)
            let fed = try mlp("mlp", layerNorm("norm", mixed, epsilon: style.epsilon), style)
            return try select("", add("residual", mixed, fed), axis: 1, 0)
        }
    }
}
