import GraphIR

/// What keys and shapes don't show: it is stated, or as in the architecture that is named, or as in the published one of
/// the same shapes, or as is usual for such keys.
extension Eva {
    mutating func setUnseen(_ weights: StateDict, _ hints: Hints) throws {
        let named = hints.variant(of: Eva.self)?.variant.model
        let usual = usual(weights)
        rotary = usual.rotary
        // Norms of queries show how large a head is, and so how many there are of keys.
        if let size = ViT.shape(weights, inBlocks: "attn.q_norm.weight")?.first, size > 0, dim % size == 0 {
            style.heads = dim / size
            keyHeads = keyHeads(weights)
        }
        let published = named ?? variant?.model
        style.heads = try heads(weights, published, isNamed: named != nil, hints)
        keyHeads = keyHeads(weights)
        try setRotary(weights, named, published, usual, hints)
        try setEpsilon(named, usual, hints)
        try setOrder(named, published, hints)
        try setPooling(named, published, hints)
        if let stated = try hints.statedActivation() { style.activation = stated }
    }

    /// The angles and the epsilon of models with these keys, and whose models they are.
    private func usual(_ weights: StateDict) -> (rotary: RotaryPositions?, epsilon: Float, owner: String) {
        let isGated = style.isGated || style.hasOwnGate
        if weights["rope.freqs"] != nil {
            return (RotaryPositions(kind: .mixed, columnsFirst: true), 1e-6, "RoPE-ViT")
        }
        if hasNormPre {
            let offset: Float = hasClassToken ? 1 : 0
            return (RotaryPositions(offset: offset, columnsFirst: true, reference: grid), 1e-5, "Perception Encoder")
        }
        if !hasPositions, registers > 0 {
            if hasClassToken {
                return (.dinov3, style.hasRMSNorm ? 1e-6 : 1e-5, style.hasRMSNorm ? "Sapiens2" : "DINOv3")
            }
            return (RotaryPositions(reference: ImageSize(16, 16)), 1e-6, "timm's ViT with registers and RoPE")
        }
        if !hasPositions || projections == .biased {
            return (RotaryPositions(temperature: 100, columnsFirst: true), 1e-6, "RoPE-ViT")
        }
        return isGated ? (RotaryPositions(reference: ImageSize(16, 16)), 1e-6, "EVA-02") : (nil, 1e-6, "EVA")
    }

    private mutating func setEpsilon(
        _ named: Eva?, _ usual: (rotary: RotaryPositions?, epsilon: Float, owner: String), _ hints: Hints
    ) throws {
        try hints.choice("norm_layer", among: [style.hasRMSNorm ? "rmsnorm" : "layernorm"])
        if let stated = try hints.number("layer_norm_eps", "norm_eps") {
            style.epsilon = Float(stated)
        } else if let named {
            style.epsilon = named.style.epsilon
        } else {
            style.epsilon = usual.epsilon
            hints.assume("norm_eps", "\(usual.epsilon)")
        }
    }

    /// Whether norms stand before the branches or behind them.
    private mutating func setOrder(_ named: Eva?, _ published: Eva?, _ hints: Hints) throws {
        let isPossible = !style.hasQKNorm && !style.hasLayerScale && keyHeads.isEmpty
        let stated = try hints.choice("use_post_norm", among: isPossible ? ["true", "false"] : ["false"])
        if let stated {
            style.order = stated == "true" ? .postNorm : .preNorm
        } else if isPossible {
            style.order = published?.style.order ?? .preNorm
            if named == nil, projections == .halfBiased, !style.isGated {
                hints.assume("use_post_norm", "\(style.order == .postNorm)")
            }
        }
    }

    private mutating func setPooling(_ named: Eva?, _ published: Eva?, _ hints: Hints) throws {
        let known = pooling == .map ? [.map] : [ViT.Pooling.avg, .max, .avgmax] + (hasClassToken ? [.token] : [])
        let stated = try hints.choice("global_pool", among: known.map(\.rawValue))
        if pooling == .map {
            let hasArguments = named == nil && Self.statesArguments(hints)
            poolHeads = hasArguments ? style.heads : published?.poolHeads ?? 8
            if let heads = try hints.count(
                "attn_pool_num_heads", wants: "a divisor of the width \(dim)", isPossible: { dim % $0 == 0 })
            {
                poolHeads = heads
            } else if named == nil {
                hints.assume(
                    "attn_pool_num_heads", "\(poolHeads)",
                    hasArguments ? "as attention has, timm's default" : "as in the Perception Encoder")
            }
            return
        }
        if let stated {
            pooling = ViT.Pooling(rawValue: stated) ?? .avg
        } else if let named, known.contains(named.pooling) {
            pooling = named.pooling
        } else if hasClassToken {
            let isSapiens = style.hasRMSNorm && registers > 0
            pooling = hasFCNorm || !hasNorm || registers > 0 && !isSapiens ? .avg : .token
            hints.assume("global_pool", pooling.rawValue)
        }
    }
}
