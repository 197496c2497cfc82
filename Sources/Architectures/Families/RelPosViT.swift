import GraphIR

/// Vision transformers whose attention knows how far patches are from each other, and no more of where they stand: timm's
/// `vision_transformer_relpos.py`, after "Swin Transformer V2: Scaling Up Capacity and Resolution", Z. Liu et al., 2021
/// (arXiv:2111.09883).
///
/// Scores have a summand for each offset, from a table or a perceptron, of each block or of all (``RelativePositions``).
struct RelPosViT: ArchitectureFamily {
    static let family = "vit_relpos"

    var patch = 16
    var dim: Int
    var depth: Int
    var style: TransformerStyle
    var positions: RelativePositions
    /// Patches along height and width.
    var grid = ImageSize(14, 14)
    var inputChannels = 3
    var classes: Int? = 1000
    var hasClassToken = false
    /// Whether the norm behind the blocks is one of the pooled vector (`fc_norm`) rather than of all tokens (`norm`).
    var normsPooled = false
    var pooling = ViT.Pooling.avg

    private var prefix: Int { hasClassToken ? 1 : 0 }

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var x = try net.scope("patch_embed") {
            try net.tokens("flatten", net.conv2d("proj", image, out: dim, kernel: patch, stride: patch, bias: true))
        }
        if hasClassToken {
            let token = try net.expandBatch("", net.parameter("cls_token", shape: [1, 1, dim]), like: x)
            x = try net.concat("", [token, x], axis: 1)
        }
        let offsets = net.constant(try positions.offsets(grid, prefix: prefix), at: "")
        let summand = { (name: String) in
            try net.relativePositions(
                name, positions, offsets: offsets, grid: grid, heads: style.heads, prefix: prefix)
        }
        let shared = positions.isShared ? try summand("shared_rel_pos") : nil
        for index in 0..<depth {
            x = try net.transformerBlock("blocks.\(index)", x, style, depth: index) {
                try shared ?? summand("rel_pos")
            }
        }
        net.mark(x, asOutputOf: "blocks")
        if normsPooled { net.mark(x, asOutputOf: "norm") } else { x = try net.norm("norm", x, style) }
        net.features = x

        let patches = grid.height * grid.width
        let tokens = hasClassToken ? try net.slice("pool", x, axis: 1, from: 1, to: patches + 1) : x
        var pooled = try pooling == .token ? net.select("pool", x, axis: 1, 0) : net.mean("pool", tokens, axes: [1])
        if normsPooled {
            pooled = try net.norm("fc_norm", pooled, style)
        } else {
            net.mark(pooled, asOutputOf: "fc_norm")
        }
        guard let classes else { return pooled }
        return try net.linear("head", pooled, out: classes, bias: true)
    }

    var imageSize: ImageSize? { ImageSize(grid.height * patch, grid.width * patch) }

    /// Perceptrons go on to other offsets; tables are resampled.
    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)] {
        let old = grid
        grid = ImageSize(size.height / patch, size.width / patch)
        guard grid.height > 0, grid.width > 0 else {
            throw Candidate.refusal(
                "an image of \(size.height)×\(size.width) has no patch of \(patch)",
                hint: "give a larger image size (--image-size)")
        }
        guard positions.kind == .table, grid != old else { return [] }
        let modules = positions.isShared ? ["shared_rel_pos"] : (0..<depth).map { "blocks.\($0).attn.rel_pos" }
        return try modules.compactMap { module in
            let key = module + ".relative_position_bias_table"
            return try weights[key].map {
                (key, try WindowResampling.adapted($0, behind: 3 * prefix, from: old, to: grid))
            }
        }
    }

    /// timm's name where it has one.
    var name: String {
        if let variant { return variant.name }
        return "vit_\(positions.isShared ? "s" : "")relpos_\(dim)_\(depth)_patch\(patch)_\(imageSize?.height ?? 0)"
    }

    var hyperparameters: [(String, String)] {
        var result = [
            ("embed_dim", "\(dim)"), ("depth", "\(depth)"), ("num_heads", "\(style.heads)"),
            ("mlp_hidden", "\(style.hidden)"), ("patch_size", "\(patch)"), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"), ("act_layer", style.activation.rawValue),
            ("norm_eps", "\(style.epsilon)"), ("global_pool", pooling.rawValue), ("class_token", "\(hasClassToken)"),
            ("fc_norm", "\(normsPooled)"), ("qkv_bias", "\(style.hasQKVBias)"),
            ("layer_scale", "\(style.hasLayerScale)"), ("shared_rel_pos", "\(positions.isShared)"),
        ]
        switch positions.kind {
        case .table: result.append(("rel_pos_type", "bias"))
        case .perceptron(let hidden, let isSwin):
            result += [("rel_pos_type", isSwin ? "mlp-swin" : "mlp"), ("rel_pos_dim", "\(hidden)")]
        }
        if style.order == .postNorm { result.append(("block_fn", "ResPostRelPosBlock")) }
        return result
    }

    /// Activation, epsilon and what the head does with the tokens can't be seen in shapes; neither can the image's size
    /// where a perceptron makes the summands.
    func hasSizes(of other: RelPosViT) -> Bool {
        var (a, b) = (self.style, other.style)
        (a.activation, b.activation) = (.gelu, .gelu)
        (a.epsilon, b.epsilon) = (0, 0)
        return a == b && patch == other.patch && dim == other.dim && depth == other.depth
            && positions == other.positions && hasClassToken == other.hasClassToken
            && normsPooled == other.normsPooled && (positions.kind != .table || grid == other.grid)
    }
}
