import GraphIR

extension Eva {
    var imageSize: ImageSize? { ImageSize(grid.height * patch, grid.width * patch) }

    /// Angles are made for the new grid; a table of positions is resampled.
    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)] {
        let new = ImageSize(size.height / patch, size.width / patch)
        guard new.height > 0, new.width > 0 else {
            throw Candidate.refusal(
                "an image of \(size.height)×\(size.width) has no patch of \(patch)",
                hint: "give a larger image size (--image-size)")
        }
        defer { grid = new }
        guard hasPositions else { return [] }
        return try PositionResampling.resized(
            weights, prefix: positionsIncludePrefix ? prefix : 0, from: grid, to: new, for: size, patch: patch)
    }

    /// timm's name where it has one.
    var name: String {
        if let variant { return variant.name }
        return "eva_\(dim)_\(depth)_patch\(patch)_\(imageSize?.height ?? 0)"
    }

    var hyperparameters: [(String, String)] {
        var result = [
            ("embed_dim", "\(dim)"), ("depth", "\(depth)"), ("num_heads", "\(style.heads)"),
            ("mlp_hidden", "\(style.hidden)"), ("patch_size", "\(patch)"), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"), ("act_layer", style.activation.rawValue),
            ("norm_eps", "\(style.epsilon)"), ("global_pool", pooling.rawValue), ("class_token", "\(hasClassToken)"),
            ("num_reg_tokens", "\(registers)"), ("use_abs_pos_emb", "\(hasPositions)"),
            ("use_post_norm", "\(style.order == .postNorm)"), ("use_rot_pos_emb", "\(rotary != nil)"),
        ]
        if style.hasRMSNorm { result.append(("norm_layer", "rmsnorm")) }
        if !keyHeads.isEmpty {
            result.append(("num_kv_heads", keyHeads.map(String.init).joined(separator: ",")))
        }
        if pooling == .map { result.append(("attn_pool_num_heads", "\(poolHeads)")) }
        guard let rotary else { return result }
        result += [
            ("rope_type", rotary.kind.rawValue), ("rope_grid_indexing", rotary.columnsFirst ? "xy" : "ij"),
            ("rope_rotate_half", "\(rotary.isHalf)"),
        ]
        if rotary.kind != .mixed { result.append(("rope_temperature", "\(rotary.temperature)")) }
        if rotary.offset != 0 { result.append(("rope_grid_offset", "\(rotary.offset)")) }
        if let reference = rotary.reference {
            result.append(("ref_feat_shape", "\(reference.height),\(reference.width)"))
        }
        return result
    }

    /// Heads, epsilon, angles, the order of norms and what the head does with the tokens can't be seen in shapes; nor can
    /// the image's size without a table of positions.
    func hasSizes(of other: Eva) -> Bool {
        func visible(_ model: Eva) -> Eva {
            var model = model
            (model.style.heads, model.style.epsilon, model.style.order) = (0, 0, .preNorm)
            (model.inputChannels, model.classes, model.poolHeads) = (0, nil, 0)
            model.rotary = model.rotary?.kind == .mixed ? RotaryPositions(kind: .mixed) : nil
            if model.pooling != .map { model.pooling = .avg }
            if !model.hasPositions { model.grid = ImageSize(0, 0) }
            return model
        }
        return visible(self) == visible(other)
    }
}
