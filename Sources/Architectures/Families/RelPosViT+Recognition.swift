import GraphIR

extension RelPosViT {
    static let exampleKeys = [
        "blocks.0.attn.rel_pos.mlp.fc1.weight", "shared_rel_pos.mlp.fc1.weight",
        "blocks.0.attn.rel_pos.relative_position_bias_table",
    ]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        func has(_ key: String) -> Bool { weights[key] != nil }
        guard let positions = Self.positions(weights), (1...1024).contains(positions.heads),
            let kernel = shape("patch_embed.proj.weight"), kernel.count == 4,
            let norm = ViT.shape(weights, inBlocks: "norm1.weight"), norm.count == 1
        else { return nil }
        let dim = norm[0]
        var style = TransformerStyle(
            heads: dim % positions.heads == 0 ? positions.heads : 1,
            hidden: ViT.shape(weights, inBlocks: "mlp.fc1.weight")?[checked: 0] ?? 4 * dim)
        style.hasQKVBias = ViT.shape(weights, inBlocks: "attn.qkv.bias") != nil
        style.hasQKNorm = ViT.shape(weights, inBlocks: "attn.q_norm.weight") != nil
        style.hasLayerScale = ViT.shape(weights, inBlocks: "ls1.gamma") != nil
        self.init(dim: dim, depth: weights.count(of: "blocks"), style: style, positions: positions.value)
        (patch, inputChannels) = (kernel[2], kernel[1])
        hasClassToken = has("cls_token")
        normsPooled = has("fc_norm.weight") || has("fc_norm.bias")
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        guard [dim, style.hidden, inputChannels, patch].allSatisfy({ (1...65536).contains($0) }),
            (0...1000).contains(depth)
        else { return nil }

        let heads = self.style.heads
        _ = try hints.count("num_heads", "num_attention_heads", wants: "\(heads), as the weights have") { $0 == heads }
        let named = hints.variant(of: RelPosViT.self)?.variant.model
        try setOrder(named, hints)
        try setNorms(named, hints)
        pooling = try pooling(named, hints)
        self.style.activation = try hints.activation(
            ofNamed: named?.style.activation, usual: .gelu)
        guard let grid = try grid(rows: positions.rows, named, hints) else { return nil }
        self.grid = grid
    }

    /// What makes the summands, for how many heads, and of a table its rows.
    private static func positions(
        _ weights: StateDict
    ) -> (value: RelativePositions, heads: Int, rows: Int?)? {
        for (isShared, find) in [
            (true, { (key: String) in weights["shared_rel_pos." + key]?.shape }),
            (false, { (key: String) in ViT.shape(weights, inBlocks: "attn.rel_pos." + key) }),
        ] {
            if let table = find("relative_position_bias_table"), table.count == 2 {
                return (RelativePositions(kind: .table, isShared: isShared), table[1], table[0])
            }
            guard let first = find("mlp.fc1.weight") ?? find("mlp.fc1.bias"), let hidden = first.first,
                let heads = (find("mlp.fc2.weight") ?? find("mlp.fc2.bias"))?.first, (1...65536).contains(hidden)
            else { continue }
            let kind = RelativePositions.Kind.perceptron(hidden: hidden, isSwin: find("mlp.fc2.bias") == nil)
            return (RelativePositions(kind: kind, isShared: isShared), heads, nil)
        }
        return nil
    }

    /// The grid, which a table of all offsets shows where it is square.
    private func grid(rows: Int?, _ named: RelPosViT?, _ hints: Hints) throws -> ImageSize? {
        guard let rows else {
            return try hints.grid(patch: patch, published: named?.grid ?? variant?.model.grid)
        }
        let count = rows - (hasClassToken ? 3 : 0)
        let side = Int(Double(max(count, 0)).squareRoot())
        func isTable(of grid: ImageSize) -> Bool { (2 * grid.height - 1) * (2 * grid.width - 1) == count }
        let square = ImageSize((side + 1) / 2, (side + 1) / 2)
        if hints.stated("img_size") != nil {
            let stated = try hints.grid(patch: patch, published: nil)
            if let stated, isTable(of: stated) { return stated }
            if isTable(of: square) { try hints.refuseImageSize(for: square, patch: patch) }
        }
        if isTable(of: square) { return square }
        // A table that isn't square belongs to an image that has to be told.
        if let (height, width) = hints.options.imageSize, (patch...65536).contains(height),
            (patch...65536).contains(width)
        {
            let asked = ImageSize(height / patch, width / patch)
            if isTable(of: asked) { return asked }
        }
        throw Candidate.refusal(
            "a table of \(count) relative positions isn't that of a square image",
            hint: "--set img_size=HEIGHT,WIDTH says which image's it is")
    }

    /// Whether norms stand before the branches or behind them.
    private mutating func setOrder(_ named: RelPosViT?, _ hints: Hints) throws {
        let stated = try hints.choice("block_fn", among: ["RelPosBlock", "ResPostRelPosBlock"])
        if let stated {
            style.order = stated == "respostrelposblock" ? .postNorm : .preNorm
        } else if let named {
            style.order = named.style.order
        } else if !style.hasLayerScale {
            style.order = .postNorm
            hints.assume("block_fn", "ResPostRelPosBlock", "norms behind the branches, where nothing scales them")
        }
    }

    private mutating func setNorms(_ named: RelPosViT?, _ hints: Hints) throws {
        try hints.choice("norm_layer", among: ["layernorm"])
        if let stated = try hints.number("layer_norm_eps", "norm_eps") {
            style.epsilon = Float(stated)
        } else if named == nil {
            hints.assume("norm_eps", "1e-06")
        }
    }

    private func pooling(_ named: RelPosViT?, _ hints: Hints) throws -> ViT.Pooling {
        let known: [ViT.Pooling] = hasClassToken ? [.avg, .token] : [.avg]
        if let stated = try hints.choice("global_pool", among: known.map(\.rawValue)) {
            return ViT.Pooling(rawValue: stated) ?? .avg
        }
        if let named, known.contains(named.pooling) { return named.pooling }
        guard hasClassToken else { return .avg }
        let usual = normsPooled ? ViT.Pooling.avg : .token
        hints.assume("global_pool", usual.rawValue)
        return usual
    }
}
