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

    private mutating func setRotary(
        _ weights: StateDict, _ named: Eva?, _ published: Eva?,
        _ usual: (rotary: RotaryPositions?, epsilon: Float, owner: String), _ hints: Hints
    ) throws {
        let isMixed = weights["rope.freqs"] != nil
        if !isMixed, let published { rotary = published.rotary }
        let kind = try hints.choice("rope_type", among: isMixed ? ["mixed"] : ["cat", "dinov3"])
            .flatMap(RotaryPositions.Kind.init)
        let isUsed = try hints.choice("use_rot_pos_emb", among: isMixed ? ["true"] : ["true", "false"])
        let hasArguments = named == nil && Self.statesArguments(hints)
        if hasArguments {
            rotary = isMixed ? RotaryPositions(kind: .mixed) : nil
            if kind != nil || isUsed == "true" { rotary = RotaryPositions(kind: kind ?? rotary?.kind ?? .axial) }
        }
        if let kind, kind != rotary?.kind { rotary = RotaryPositions(kind: kind) }
        if isUsed == "true", rotary == nil { rotary = RotaryPositions() }
        if isUsed == "false" { rotary = nil }
        if named == nil, kind == nil, isUsed != "false", !isMixed {
            let remark =
                hasArguments
                ? "timm's own where model_args leave it out" : "as in \(usual.owner), whose keys these are"
            if let rotary {
                hints.assume("rope_type", rotary.kind.rawValue, remark)
            } else {
                hints.assume("use_rot_pos_emb", "false", remark)
            }
        }
        try setAngles(isMixed: isMixed, hints)
        if named == nil { assumeAngles(hints) }
    }

    /// Whether `model_args` state how positions are told: what they leave out is as in timm's constructor then.
    private static func statesArguments(_ hints: Hints) -> Bool {
        hints.hasArgument("use_rot_pos_emb", "rope_type", "attn_type")
    }

    /// Follows what is stated of angles.
    private mutating func setAngles(isMixed: Bool, _ hints: Hints) throws {
        guard var stated = rotary else { return }
        if let temperature = try hints.number("rope_temperature", "rope_theta") {
            stated.temperature = Float(temperature)
        }
        if let indexing = try hints.choice("rope_grid_indexing", among: ["ij", "xy"]) {
            stated.columnsFirst = indexing == "xy"
        }
        if let half = try hints.choice("rope_rotate_half", among: isMixed ? ["false"] : ["true", "false"]) {
            stated.isHalf = half == "true"
        }
        if let offset = hints.stated("rope_grid_offset") {
            guard let number = offset.number, number.magnitude < 65536 else { throw offset.refusal(wants: "a number") }
            stated.offset = Float(number)
        }
        if hints.isNone("ref_feat_shape") {
            stated.reference = nil
        } else {
            let shape = try hints.counts("ref_feat_shape", wants: "none, or one or two numbers up to 65536") {
                (1...2).contains($0.count) && $0.allSatisfy { $0 <= 65536 }
            }
            if let first = shape?.first, let last = shape?.last { stated.reference = ImageSize(first, last) }
        }
        rotary = stated
    }

    /// Says what is taken of angles and isn't stated.
    private func assumeAngles(_ hints: Hints) {
        guard let rotary else { return }
        func assume(_ name: String, _ value: String) {
            if hints.stated(name) == nil, !hints.isNone(name) { hints.assume(name, value) }
        }
        assume("rope_grid_indexing", rotary.columnsFirst ? "xy" : "ij")
        if rotary.kind == .mixed { return }
        if hints.stated("rope_theta") == nil { assume("rope_temperature", "\(rotary.temperature)") }
        assume("rope_grid_offset", "\(rotary.offset)")
        assume("rope_rotate_half", "\(rotary.isHalf)")
        if rotary.kind == .axial {
            assume("ref_feat_shape", rotary.reference.map { "\($0.height),\($0.width)" } ?? "none")
        }
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
