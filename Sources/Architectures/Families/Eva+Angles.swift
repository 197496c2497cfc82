import GraphIR

/// The rotary positions of ``Eva``, of which weights show no more than learned frequencies.
extension Eva {
    /// Whether positions are rotary, and how: stated, as in timm's constructor where `model_args` state a part, or as in
    /// models with such keys.
    mutating func setRotary(
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
    static func statesArguments(_ hints: Hints) -> Bool {
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
}
