import GraphIR

extension ViT {
    /// Pixels between patches.
    var stride: Int {
        switch stem {
        case .patches(let size): size
        case .convolutions: 16
        }
    }

    var imageSize: ImageSize? { ImageSize(grid.height * stride, grid.width * stride) }

    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)] {
        // A convolution at stride 2 with a margin rounds up, patches leave out what is over.
        let margin = if case .convolutions = stem { stride - 1 } else { 0 }
        let new = ImageSize((size.height + margin) / stride, (size.width + margin) / stride)
        defer { grid = new }
        return try PositionResampling.resized(
            weights, prefix: positionsIncludePrefix ? prefix : 0, from: grid, to: new, for: size, patch: stride)
    }

    /// timm's name where it has one.
    var name: String {
        if let variant { return variant.name }
        let patch =
            switch stem {
            case .patches(let size): "_patch\(size)"
            case .convolutions: "_conv"
            }
        return "vit_\(dim)_\(depth)\(patch)_\(imageSize?.height ?? 0)"
    }

    var hyperparameters: [(String, String)] {
        var result = [
            ("embed_dim", "\(dim)"), ("depth", "\(depth)"), ("num_heads", "\(style.heads)"),
            ("mlp_hidden", "\(style.hidden)"), ("in_chans", "\(inputChannels)"), ("num_classes", "\(classes ?? 0)"),
            ("act_layer", style.activation.rawValue), ("norm_eps", "\(style.epsilon)"),
            ("global_pool", pooling.rawValue), ("class_token", "\(hasClassToken)"), ("reg_tokens", "\(registers)"),
            ("distilled", "\(isDistilled)"), ("qkv_bias", "\(style.hasQKVBias)"),
            ("layer_scale", "\(style.hasLayerScale)"), ("no_embed_class", "\(!positionsIncludePrefix)"),
        ]
        if poolsPrefix { result.append(("pool_include_prefix", "true")) }
        if style.hasRMSNorm { result.append(("norm_layer", "rmsnorm")) }
        switch style.order {
        case .preNorm: break
        case .postNorm: result.append(("block_fn", "ResPostBlock"))
        case .parallelScaling: result.append(("block_fn", "ParallelScalingBlock"))
        case .parallelThings(let count): result.append(("block_fn", "ParallelThingsBlock of \(count)"))
        }
        switch stem {
        case .patches(let size): result.append(("patch_size", "\(size)"))
        case .convolutions(let widths): result.append(("stem_widths", widths.map(String.init).joined(separator: ",")))
        }
        return result
    }

    /// Heads, activation, epsilon and what the head does with the tokens can't be seen in shapes.
    func hasSizes(of other: ViT) -> Bool {
        var (a, b) = (self, other)
        (a.style.heads, b.style.heads) = (0, 0)
        (a.style.activation, b.style.activation) = (.gelu, .gelu)
        (a.style.epsilon, b.style.epsilon) = (0, 0)
        (a.classes, b.classes) = (nil, nil)
        return a.stem == b.stem && a.dim == b.dim && a.depth == b.depth && a.style == b.style && a.grid == b.grid
            && a.hasClassToken == b.hasClassToken && a.isDistilled == b.isDistilled && a.registers == b.registers
            && a.positionsIncludePrefix == b.positionsIncludePrefix && a.hasNormPre == b.hasNormPre
            && a.hasNorm == b.hasNorm && a.hasFCNorm == b.hasFCNorm && a.pooling == b.pooling
    }
}
