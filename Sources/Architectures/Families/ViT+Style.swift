import GraphIR

/// How a vision transformer's blocks are made, as far as keys, names and widths tell.
extension ViT {
    /// The shape of a block's weight, which the first blocks that have it show.
    static func shape(_ weights: StateDict, inBlocks key: String) -> [Int]? {
        (0..<4).lazy.compactMap { weights["blocks.\($0).\(key)"]?.shape }.first
    }

    /// What the keys of the first blocks show.
    static func style(_ weights: StateDict, dim: Int, rows: Int, _ hints: Hints) throws -> TransformerStyle {
        func shape(_ key: String) -> [Int]? { Self.shape(weights, inBlocks: key) }
        func has(_ key: String) -> Bool { shape(key) != nil }
        func lacks(_ suffixes: String...) -> Bool {
            !weights.names.contains { name in suffixes.contains(where: name.hasSuffix) }
        }
        let isParallel = has("in_proj.weight") || has("in_norm.weight")
        var attentions = 0
        while has("attns.\(attentions).norm.weight") { attentions += 1 }
        let mlp = attentions > 0 ? "ffns.0.mlp." : "mlp."
        var hidden = (shape(mlp + "fc1.weight") ?? shape(mlp + "fc1_g.weight"))?[checked: 0] ?? 4 * dim
        if isParallel { hidden = rows.subtracting(checked: 3 * dim) ?? 0 }
        var style = TransformerStyle(heads: 1, hidden: hidden)
        let attention = isParallel ? "" : attentions > 0 ? "attns.0.attn." : "attn."
        style.hasQKVBias = has(attention + (isParallel ? "in_proj.bias" : "qkv.bias"))
        style.hasQKNorm = has(attention + "q_norm.weight")
        style.hasLayerScale = ["ls1.gamma", "ls.gamma", "attns.0.ls.gamma"].contains(where: has)
        style.isGated = shape(mlp + "fc2.weight")?[checked: 1]?.multiplied(checked: 2) == hidden
        style.hasOwnGate = has("mlp.fc1_g.weight")
        style.hasBias = !style.hasOwnGate || has("attn.proj.bias")
        style.hasInnerNorms = has("attn.norm.weight") || has("mlp.norm.weight")
        style.hasRMSNorm = lacks(".norm1.bias", ".in_norm.bias", "attns.0.norm.bias")
        style.isDifferential = has(attention + "lambda_q1")
        if isParallel {
            style.order = .parallelScaling
        } else if attentions > 0 {
            style.order = .parallelThings(attentions)
        }
        try style.setOrderOfNorms(hints)
        return style
    }

    /// The epsilon of norms where nothing says it.
    var usualEpsilon: Float {
        style.hasInnerNorms || style.hasOwnGate || (hasNormPre && !style.hasRMSNorm) ? 1e-5 : 1e-6
    }

    /// The number of heads, which shapes only show where queries are normed.
    func heads(_ weights: StateDict, _ named: ViT?, _ hints: Hints) throws -> Int {
        let stated = try hints.count(
            "num_heads", "num_attention_heads", wants: "a divisor of the width \(dim)"
        ) { dim % $0 == 0 }
        if let stated { return stated }
        for (key, parts) in [("q_norm.weight", 1), ("lambda_q1", 2)] {
            let shape = Self.shape(weights, inBlocks: "attn." + key) ?? Self.shape(weights, inBlocks: key)
            // Halves of heads have queries of their own where attention is differential.
            guard let size = shape?.first?.multiplied(checked: style.isDifferential ? 2 : parts) else {
                continue
            }
            if size > 0, dim % size == 0 { return dim / size }
        }
        if let named, dim % named.style.heads == 0 { return named.style.heads }
        if let heads = hints.architecture.flatMap({ Self.heads(ofName: $0.name) }), dim % heads == 0 { return heads }
        let isAIM = style.hasOwnGate && style.hasRMSNorm && dim % 128 == 0
        let heads = isAIM ? dim / 128 : Self.usualHeads(dim: dim, isGated: style.isGated)
        hints.assume("num_heads", "\(heads)", "\(dim / heads) channels each")
        return heads
    }

    /// Heads of 64, but for the published models that differ.
    static func usualHeads(dim: Int, isGated: Bool) -> Int {
        switch dim {
        case 64, 96: dim / 32
        case 240: 4
        case 1152, 1280, 1408, 1664: 16
        case 1536: isGated ? 24 : 16
        case 2048, 3072: dim / 128
        default: dim % 64 == 0 ? dim / 64 : 1
        }
    }
}

extension TransformerStyle {
    /// Whether norms stand before the branches or behind them, which only a name tells.
    fileprivate mutating func setOrderOfNorms(_ hints: Hints) throws {
        let classes =
            switch order {
            case .parallelScaling: [isDifferential ? "DiffParallelScalingBlock" : "ParallelScalingBlock"]
            case .parallelThings: ["ParallelThingsBlock"]
            case .preNorm, .postNorm: ["Block", "ResPostBlock"]
            }
        let stated = try hints.choice("block_fn", among: classes)
        guard order == .preNorm, stated != "block" else { return }
        if stated != nil || hints.architecture?.name.contains("_rpn_") == true {
            order = .postNorm
            hints.note("block_fn ResPostBlock: " + (stated == nil ? "the name says so" : "as it is stated"))
        }
    }
}
