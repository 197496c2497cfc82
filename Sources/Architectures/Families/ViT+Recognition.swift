import GraphIR

extension ViT {
    static let exampleKeys = ["blocks.0.attn.qkv.weight", "blocks.0.in_proj.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        func has(_ key: String) -> Bool { weights[key] != nil }
        // CaiT, XCiT, BEiT, EVA, PiT and Swin share the blocks' keys; each has keys that ViT lacks.
        let strangers = [
            "blocks.0.attn.proj_l.weight", "blocks.0.attn.temperature", "blocks.0.attn.q_bias",
            "blocks.0.attn.relative_position_bias_table", "rope.freqs", "patch_embed.conv1.weight", "blocks.0.gamma_1",
        ]
        let entrances = ["attn.qkv", "attns.0.attn.qkv", "in_proj"]
        guard !strangers.contains(where: has),
            ["norm1", "attns.0.norm", "in_norm"].contains(where: {
                Self.shape(weights, inBlocks: $0 + ".weight") != nil
            }),
            let qkv = (0..<64).lazy.compactMap({ block in
                entrances.lazy.compactMap { shape("blocks.\(block).\($0).weight") }.first
            }).first, qkv.count == 2, (1...65536).contains(qkv[1]), let positions = shape("pos_embed"),
            positions.count == 3
        else { return nil }
        // Rotary positions leave keys and shapes as they are here.
        if let name = hints.architecture?.name, name.contains("_rope_") { return nil }
        if Eva.claims(weights, hints) { return nil }
        let dim = qkv[1]
        self.init(
            dim: dim, depth: weights.count(of: "blocks"), style: try Self.style(weights, dim: dim, rows: qkv[0], hints))

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
        guard (0...1024).contains(registers), (1...65536).contains(stride),
            let (grid, includesPrefix) = try hints.grid(ofRows: positions[1], prefix: prefix, patch: stride)
        else { return nil }
        self.grid = grid
        positionsIncludePrefix = includesPrefix

        let named = hints.variant(of: ViT.self)?.variant.model
        pooling = try pooling(weights, named, hints)
        try setPooledTokens(hints)
        self.style.heads = try heads(weights, named, hints)
        try setEpsilon(named, hints)
        self.style.activation = try hints.activation(
            ofNamed: hints.architecture.flatMap { Self.activation(ofName: $0.name) } ?? named?.style.activation,
            usual: self.style.hasOwnGate || self.style.isGated ? .silu : .gelu,
            remark: hasNormPre ? "some CLIP towers have quick_gelu" : nil)
        // Few architectures have no norm behind the blocks: elsewhere it is missing.
        if !hasNorm, !hasFCNorm {
            hasNorm =
                hints.keyFormat == Self.radioKeys.name
                ? false
                : hints.architecture.flatMap { Self.hasNorm(ofName: $0.name) } ?? named?.hasNorm
                    ?? variant?.model.hasNorm ?? true
        }
        if !sizesAreSane { return nil }
        noteOrderOfNorms(named, hints)
    }

    private mutating func setEpsilon(_ named: ViT?, _ hints: Hints) throws {
        let kind = style.hasRMSNorm ? "rmsnorm" : "layernorm"
        try hints.choice("norm_layer", among: [kind, kind + "fp32"])
        if let stated = try hints.number("layer_norm_eps", "norm_eps") {
            style.epsilon = Float(stated)
        } else if let named {
            style.epsilon = named.style.epsilon
        } else {
            style.epsilon = usualEpsilon
            hints.assume("norm_eps", "\(usualEpsilon)")
        }
    }

    /// Says that norms may stand behind the branches, where nothing but a name tells.
    private func noteOrderOfNorms(_ named: ViT?, _ hints: Hints) {
        let isPlain = !style.hasLayerScale && !style.hasInnerNorms && !style.hasOwnGate && !style.isDifferential
        guard style.order == .preNorm, isPlain, named == nil, hints.stated("block_fn") == nil else { return }
        var twin = self
        twin.style.order = .postNorm
        let other = Self.variants.first { $0.model.hasSizes(of: twin) }
        hints.assume("block_fn", "Block", other.map { "\($0.name) has ResPostBlock" })
    }

    private func pooling(_ weights: StateDict, _ named: ViT?, _ hints: Hints) throws -> Pooling {
        // Both tokens have their heads.
        if isDistilled { return .token }
        let known = Pooling.allCases.map(\.rawValue).filter { hasClassToken || $0 != Pooling.token.rawValue }
        if let stated = try hints.choice("global_pool", among: known) {
            return Pooling(rawValue: stated) ?? .token
        }
        if let named { return named.pooling }
        if weights["attn_pool.latent"] != nil { return .map }
        let usual: Pooling = hasFCNorm || !hasClassToken ? .avg : .token
        hints.assume("global_pool", usual.rawValue)
        return usual
    }

    /// Whether the tokens before the patches are pooled, too.
    private mutating func setPooledTokens(_ hints: Hints) throws {
        let stated = try hints.choice("pool_include_prefix", among: ["true", "false"])
        if prefix == 0 || pooling == .token { return }
        let name = hints.architecture?.name
        poolsPrefix = stated.map { $0 == "true" } ?? name.map(Self.poolsPrefix) ?? false
        if stated == nil, name == nil, pooling == .map {
            hints.assume("pool_include_prefix", "false", "of timm's models only test_vit3 pools all tokens")
        }
    }

    /// Sizes beyond forty times those that were ever published aren't a model but a mistake.
    private var sizesAreSane: Bool {
        [dim, style.hidden, inputChannels, grid.height, grid.width].allSatisfy { (1...65536).contains($0) }
            && (0...1000).contains(depth) && registers <= 1024
    }
}
