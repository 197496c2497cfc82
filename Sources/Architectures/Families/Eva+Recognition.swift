import GraphIR

extension Eva {
    static let exampleKeys = [
        "blocks.0.attn.q_bias", "blocks.0.attn.q_proj.weight", "rope.freqs", "blocks.0.gamma_1",
    ]

    static let claim: String? = "--set rope_type=cat"

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        func block(_ key: String) -> [Int]? { ViT.shape(weights, inBlocks: key) }
        func norms(_ name: String) -> Bool { weights[name + ".weight"] != nil || weights[name + ".bias"] != nil }
        guard Self.hasKeys(weights, hints), let norm = block("norm1.weight"), norm.count == 1,
            let kernel = shape("patch_embed.proj.weight"), kernel.count == 4
        else { return nil }
        let first = block("mlp.fc1.weight") ?? block("mlp.fc1_g.weight")
        self.init(
            dim: norm[0], depth: weights.count(of: "blocks"),
            style: TransformerStyle(heads: 1, hidden: first?[checked: 0] ?? 4 * norm[0]))
        (patch, inputChannels) = (kernel[2], kernel[1])
        style.isGated = block("mlp.fc2.weight")?[checked: 1]?.multiplied(checked: 2) == style.hidden
        style.hasOwnGate = block("mlp.fc1_g.weight") != nil
        style.activation = style.isGated || style.hasOwnGate ? .silu : .gelu
        style.hasInnerNorms = block("mlp.norm.weight") != nil
        style.hasLayerScale = block("gamma_1") != nil
        scalesPerceptron = block("gamma_2") != nil
        style.hasQKNorm = block("attn.q_norm.weight") != nil
        style.hasRMSNorm = !weights.names.contains { $0.hasSuffix(".norm1.bias") }
        hasAttentionNorm = block("attn.norm.weight") != nil
        if block("attn.q_proj.weight") != nil {
            projections = .apart(
                bias: block("attn.q_proj.bias") != nil, keyBias: block("attn.k_proj.bias") != nil)
        } else {
            projections =
                block("attn.q_bias") != nil ? .halfBiased : block("attn.qkv.bias") != nil ? .biased : .plain
        }
        hasClassToken = weights["cls_token"] != nil
        registers = shape("reg_token")?[checked: 1] ?? 0
        hasPositions = weights["pos_embed"] != nil
        hasNormPre = norms("norm_pre")
        hasFCNorm = norms("fc_norm")
        // The Perception Encoder alone may have no norm behind the blocks: elsewhere it is missing.
        hasNorm = norms("norm") || !hasFCNorm && !hasNormPre
        if weights["attn_pool.latent"] != nil {
            (pooling, poolHidden) = (.map, shape("attn_pool.mlp.fc1.weight")?[checked: 0] ?? 4 * dim)
        }
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        guard [dim, style.hidden, inputChannels, patch, max(poolHidden, 1)].allSatisfy({ (1...65536).contains($0) }),
            (0...1000).contains(depth), (0...1024).contains(registers)
        else { return nil }
        if let rows = shape("pos_embed")?[checked: 1] {
            guard let table = try hints.grid(ofRows: rows, prefix: prefix, patch: patch) else { return nil }
            (grid, positionsIncludePrefix) = table
        }
        try setUnseen(weights, hints)
        if !hasPositions {
            let published = hints.variant(of: Eva.self)?.variant.model ?? variant?.model
            guard let grid = try hints.grid(patch: patch, published: published?.grid) else { return nil }
            self.grid = grid
        }
    }

    /// Whether the keys are of this family and can't be ViT's, or it is said that they are.
    private static func hasKeys(_ weights: StateDict, _ hints: Hints) -> Bool {
        func block(_ key: String) -> Bool { ViT.shape(weights, inBlocks: key) != nil }
        let strangers = [
            "ls1.gamma", "attn.relative_position_bias_table", "attn.rel_pos.mlp.fc1.weight", "attn.proj_l.weight",
            "attn.temperature", "attn.k_bias",
        ]
        guard block("attn.qkv.weight") || block("attn.q_proj.weight"), !strangers.contains(where: block),
            weights["dist_token"] == nil, weights["shared_rel_pos.mlp.fc1.weight"] == nil
        else { return false }
        if isNamed(hints) || block("attn.q_bias") || block("attn.q_proj.weight") || block("gamma_1") { return true }
        return weights["rope.freqs"] != nil || weights["pos_embed"] == nil && weights["reg_token"] != nil
            || isPerceptionEncoder(weights)
    }

    /// Whether something says that positions are rotary.
    private static func isNamed(_ hints: Hints) -> Bool {
        hints.variant(of: Eva.self) != nil || hints.stated("rope_type") != nil
            || hints.stated("use_rot_pos_emb")?.text == "true"
    }

    /// Whether keys and shapes, which may be those of a ``ViT``, are to be taken for this family's.
    static func claims(_ weights: StateDict, _ hints: Hints) -> Bool {
        if hints.variant(of: ViT.self) != nil { return false }
        return isNamed(hints) && hints.variant(of: Eva.self)?.variant.model.hasPositions != false
            || isPerceptionEncoder(weights)
    }

    /// A norm before the blocks, and attention pooling or no norm behind them.
    private static func isPerceptionEncoder(_ weights: StateDict) -> Bool {
        weights["norm_pre.weight"] != nil && weights["patch_embed.proj.bias"] == nil
            && weights["blocks.0.norm1.bias"] != nil
            && (weights["attn_pool.latent"] != nil
                || !["norm.weight", "norm.bias", "fc_norm.weight", "fc_norm.bias"].contains { weights[$0] != nil })
    }
}
