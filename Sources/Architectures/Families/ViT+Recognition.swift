import GraphIR

extension ViT {
    static let exampleKeys = ["blocks.0.attn.qkv.weight", "blocks.0.in_proj.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        func has(_ key: String) -> Bool { weights[key] != nil }
        // CaiT, XCiT, BEiT, EVA, PiT and Swin share the blocks' keys; each has keys that ViT lacks.
        let strangers = [
            "blocks.0.attn.proj_l.weight", "blocks.0.attn.temperature", "blocks.0.attn.q_bias",
            "blocks.0.attn.relative_position_bias_table", "rope.freqs", "patch_embed.conv1.weight",
        ]
        let entrances = ["attn.qkv", "attns.0.attn.qkv", "in_proj"]
        guard !strangers.contains(where: has),
            ["norm1", "attns.0.norm", "in_norm"].contains(where: { has("blocks.0.\($0).weight") }),
            let qkv = (0..<64).lazy.compactMap({ block in
                entrances.lazy.compactMap { shape("blocks.\(block).\($0).weight") }.first
            }).first, qkv.count == 2, (1...65536).contains(qkv[1]), let positions = shape("pos_embed"),
            positions.count == 3
        else { return nil }
        // Rotary positions leave keys and shapes as they are here.
        if let name = hints.architecture?.name, name.contains("_rope_") { return nil }
        let dim = qkv[1]
        self.init(
            dim: dim, depth: weights.count(of: "blocks"), style: Self.style(weights, dim: dim, rows: qkv[0], hints))

        let widths = stemWidths(weights)
        stem = widths.isEmpty ? .patches(shape("patch_embed.proj.weight")?[checked: 2] ?? 16) : .convolutions(widths)
        inputChannels =
            shape("patch_embed.proj.weight")?[checked: 1] ?? shape("patch_embed.proj.0.weight")?[checked: 1] ?? 3
        hasPatchNorm = has("patch_embed.norm.weight")
        hasPatchBias = has("patch_embed.proj.bias") || !widths.isEmpty
        hasClassToken = has("cls_token")
        isDistilled = has("dist_token")
        registers = shape("reg_token")?[checked: 1] ?? 0
        func norms(_ name: String) -> Bool { has("\(name).weight") || has("\(name).bias") }
        hasNormPre = norms("norm_pre")
        hasNorm = norms("norm")
        hasFCNorm = norms("fc_norm")
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        let prefix = (hasClassToken ? 1 : 0) + (isDistilled ? 1 : 0) + registers
        guard let (grid, includesPrefix) = self.grid(positions[1], prefix: prefix, hints) else { return nil }
        self.grid = grid
        positionsIncludePrefix = includesPrefix

        let named = hints.variant(of: ViT.self)?.variant.model
        pooling = try pooling(weights, named, hints)
        self.style.heads = try heads(weights, named, hints)
        self.style.epsilon = Float(
            hints.number("layer_norm_eps", "norm_eps") ?? Double(named?.style.epsilon ?? usualEpsilon))
        self.style.activation = try hints.activation(
            ofNamed: hints.architecture.flatMap { Self.activation(ofName: $0.name) } ?? named?.style.activation,
            usual: self.style.hasOwnGate || self.style.isGated ? .silu : .gelu,
            reason: self.style.hasOwnGate || self.style.isGated
                ? "that of SwiGLU" : "usual for ViT; some CLIP towers have quick_gelu")
        // Few architectures have no norm behind the blocks: elsewhere it is missing.
        if !hasNorm, !hasFCNorm {
            hasNorm =
                hints.architecture.flatMap { Self.hasNorm(ofName: $0.name) } ?? named?.hasNorm
                ?? variant?.model.hasNorm ?? true
        }
        if !sizesAreSane { return nil }
        var twin = self
        twin.style.order = .postNorm
        if self.style.order == .preNorm, let other = Self.variants.first(where: { $0.model.hasSizes(of: twin) }) {
            hints.note("norms before the branches: shapes can't tell it from \(other.name) (--architecture settles it)")
        }
    }

    /// What the keys of the first block show.
    private static func style(_ weights: StateDict, dim: Int, rows: Int, _ hints: Hints) -> TransformerStyle {
        func has(_ key: String) -> Bool { weights["blocks.0." + key] != nil }
        func shape(_ key: String) -> [Int]? { weights["blocks.0." + key]?.shape }
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
        } else if hints.text("block_fn") == "ResPostBlock" || hints.architecture?.name.contains("_rpn_") == true {
            // Norms behind the branches: only a name tells.
            style.order = .postNorm
            hints.note("block_fn ResPostBlock: the name says so")
        }
        return style
    }

    /// The epsilon of norms where nothing says it.
    private var usualEpsilon: Float {
        style.hasInnerNorms || style.hasOwnGate || (hasNormPre && !style.hasRMSNorm) ? 1e-5 : 1e-6
    }

    /// Height and width in patches of a position table, and whether it has rows for the `prefix` tokens.
    private func grid(_ rows: Int, prefix: Int, _ hints: Hints) -> (ImageSize, Bool)? {
        let tables = [(rows - prefix, true), (rows, false)].filter { $0.0 > 0 }
        // What the model was trained with, where that accounts for every position.
        let config = hints.config?.member("pretrained_cfg") ?? hints.config
        let stated = [
            hints.numbers("img_size"), hints.number("img_size").flatMap { Int(exactly: $0) }.map { [$0] },
            config?.reals("input_size")?.suffix(2).compactMap { Int(exactly: $0) },
        ].compactMap { $0 }
        for (count, includes) in tables {
            for size in stated {
                guard let first = size.first, let last = size.last, stride > 0 else { continue }
                let grid = ImageSize(first / stride, last / stride)
                if grid.height > 0, grid.height.multiplied(checked: grid.width) == count { return (grid, includes) }
            }
        }
        for (count, includes) in tables {
            let side = Int(Double(count).squareRoot().rounded())
            if side.multiplied(checked: side) == count { return (ImageSize(side, side), includes) }
            if let asked = hints.options.imageSize, asked.0 > 0, asked.1 > 0, prefix == 0 || includes {
                // A table that isn't square belongs to an image that has to be told.
                let ratio = (Double(count) * Double(asked.0) / Double(asked.1)).squareRoot().rounded()
                if let height = Int(exactly: ratio), height > 0, count % height == 0,
                    height.multiplied(checked: asked.1) == (count / height).multiplied(checked: asked.0)
                {
                    return (ImageSize(height, count / height), includes)
                }
            }
        }
        return nil
    }

    private func pooling(_ weights: StateDict, _ named: ViT?, _ hints: Hints) throws -> Pooling {
        if let text = hints.text("global_pool"), let stated = Pooling(rawValue: text) { return stated }
        if let named { return named.pooling }
        if weights["attn_pool.latent"] != nil { return .map }
        if hasFCNorm || !hasClassToken { return .avg }
        return .token
    }

    /// The number of heads, which shapes only show where queries are normed.
    private func heads(_ weights: StateDict, _ named: ViT?, _ hints: Hints) throws -> Int {
        if let stated = hints.number("num_heads", "num_attention_heads") {
            guard let heads = Int(exactly: stated), heads > 0, dim % heads == 0 else {
                throw MappingError(
                    .option, "\(stated) heads don't divide the width \(dim)", report: "num_heads: \(stated)",
                    hint: "give a divisor of \(dim)")
            }
            return heads
        }
        for (key, parts) in [("q_norm.weight", 1), ("lambda_q1", 2)] {
            let weight = weights["blocks.0.attn." + key] ?? weights["blocks.0." + key]
            // Halves of heads have queries of their own where attention is differential.
            guard let size = weight?.shape.first?.multiplied(checked: style.isDifferential ? 2 : parts) else {
                continue
            }
            if size > 0, dim % size == 0 { return dim / size }
        }
        if let named { return named.style.heads }
        if let heads = hints.architecture.flatMap({ Self.heads(ofName: $0.name) }), dim % heads == 0 { return heads }
        let isAIM = style.hasOwnGate && style.hasRMSNorm && dim % 128 == 0
        let heads = isAIM ? dim / 128 : Self.usualHeads(dim: dim, isGated: style.isGated)
        hints.note("num_heads \(heads): usual for width \(dim); shapes can't tell (--set num_heads=…)")
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

    /// Sizes beyond forty times those that were ever published aren't a model but a mistake.
    private var sizesAreSane: Bool {
        [dim, style.hidden, inputChannels, grid.height, grid.width].allSatisfy { (1...65536).contains($0) }
            && (0...1000).contains(depth) && registers <= 1024
    }
}

extension StateDict {
    /// How many modules are numbered from 0 on under a container.
    func count(of container: String) -> Int {
        var numbers: Set<Int> = []
        for name in names where name.hasPrefix(container + ".") {
            let part = name.dropFirst(container.count + 1).prefix { $0 != "." }
            if let number = Int(part), number >= 0 { numbers.insert(number) }
        }
        var count = 0
        while numbers.contains(count) { count += 1 }
        return count
    }
}
