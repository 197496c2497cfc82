import GraphIR

/// Vision Transformer: "An Image is Worth 16x16 Words", A. Dosovitskiy et al., 2021 (arXiv:2010.11929).
///
/// Patches are embedded by one convolution, or by a stem of several ("Early Convolutions Help Transformers See Better",
/// T. Xiao et al., 2021, arXiv:2106.14881: ``ViTC``). A class token stands before them, learned positions are added, and
/// pre-norm transformer blocks follow. DeiT (arXiv:2012.12877) adds a distillation token with a head of its own; DeiT III
/// (arXiv:2204.07118) scales the branches and gives the class token no position.
struct ViT: ArchitectureFamily {
    static let family = "vit"

    /// How tokens become one vector.
    enum Pooling: String, Sendable {
        /// The class token.
        case token
        /// The mean of the patches.
        case avg
        /// A query of its own attends to all tokens (SigLIP).
        case map
    }

    /// How an image becomes tokens.
    enum Stem: Sendable, Hashable {
        case patches(Int)
        /// Widths of 3×3 convolutions with norm and ReLU, before one of 1×1.
        case convolutions([Int])
    }

    var stem = Stem.patches(16)
    var dim: Int
    var depth: Int
    var style: TransformerStyle
    /// Patches along height and width.
    var grid = ImageSize(14, 14)
    var inputChannels = 3
    var classes: Int? = 1000
    var hasClassToken = true
    var isDistilled = false
    var registers = 0
    /// Whether the tokens before the patches have positions.
    var positionsIncludePrefix = true
    var hasPatchBias = true
    /// AIMv2 norms the patches before they get positions.
    var hasPatchNorm = false
    /// CLIP norms the tokens before the first block.
    var hasNormPre = false
    /// The norm of all tokens behind the last block, and that of the pooled vector.
    var hasNorm = true
    var hasFCNorm = false
    var pooling = Pooling.token

    private var prefix: Int { (hasClassToken ? 1 : 0) + (isDistilled ? 1 : 0) + registers }

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var x = try embed(net, image)
        for index in 0..<depth { x = try net.transformerBlock("blocks.\(index)", x, style, depth: index) }
        net.mark(x, asOutputOf: "blocks")
        if hasNorm { x = try net.norm("norm", x, style) } else { net.mark(x, asOutputOf: "norm") }
        net.features = x

        if isDistilled {
            let tokens = try [net.select("head", x, axis: 1, 0), net.select("head_dist", x, axis: 1, 1)]
            let answers = try zip(["head", "head_dist"], tokens).map { name, token in
                try classes.map { try net.linear(name, token, out: $0, bias: true) } ?? token
            }
            return try net.scale("", net.add("sum", answers[0], answers[1]), by: 0.5)
        }
        var pooled: ModelBuilder.Wire
        switch pooling {
        case .token: pooled = try net.select("pool", x, axis: 1, 0)
        case .avg:
            let patches = grid.height * grid.width
            let tokens = prefix == 0 ? x : try net.slice("pool", x, axis: 1, from: prefix, to: prefix + patches)
            pooled = try net.mean("pool", tokens, axes: [1])
        case .map: pooled = try attentionPool(net, x)
        }
        if hasFCNorm {
            pooled = try net.norm("fc_norm", pooled, style)
        } else {
            net.mark(pooled, asOutputOf: "fc_norm")
        }
        guard let classes else { return pooled }
        return try net.linear("head", pooled, out: classes, bias: true)
    }

    /// The image as tokens with positions.
    private func embed(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var x = try net.scope("patch_embed") {
            switch stem {
            case .patches(let size):
                let map = try net.conv2d("proj", image, out: dim, kernel: size, stride: size, bias: hasPatchBias)
                let patches = try net.tokens("flatten", map)
                return hasPatchNorm ? try net.norm("norm", patches, style) : patches
            case .convolutions(let widths): return try net.tokens("flatten", convolutionStem(net, image, widths))
            }
        }
        let patches = grid.height * grid.width
        var rows: [ModelBuilder.Wire] = []
        if hasClassToken { rows.append(try net.parameter("cls_token", shape: [1, 1, dim])) }
        if isDistilled { rows.append(try net.parameter("dist_token", shape: [1, 1, dim])) }
        if registers > 0 { rows.append(try net.parameter("reg_token", shape: [1, registers, dim])) }
        func withPrefix(_ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
            if rows.isEmpty { return x }
            return try net.concat("", rows.map { try net.expandBatch("", $0, like: x) } + [x], axis: 1)
        }
        let positions = try net.parameter(
            "pos_embed", shape: [1, patches + (positionsIncludePrefix ? prefix : 0), dim])
        x =
            positionsIncludePrefix
            ? try net.add("pos_drop", withPrefix(x), positions)
            : try withPrefix(net.elementwise("Add", "pos_drop", x, positions))
        net.mark(x, asOutputOf: "patch_drop")
        return hasNormPre ? try net.norm("norm_pre", x, style) : x
    }

    /// A learned query attends to all tokens; its perceptron has a residual ("Set Transformer", arXiv:1810.00825).
    private func attentionPool(_ net: ModelBuilder, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        let pooled = try net.scope("attn_pool") {
            let (length, width) = try net.sequence(x, heads: style.heads)
            let heads = [style.heads, width / style.heads]
            let latent = try net.expandBatch("", net.parameter("latent", shape: [1, 1, width]), like: x)
            let q = try net.reshape("", net.linear("q", latent, out: width, bias: true), [1] + heads)
            let kv = try net.split("", net.linear("kv", x, out: 2 * width, bias: true), axis: 2, into: 2)
                .map { try net.reshape("", $0, [length] + heads) }
            let mixed = try net.linear("proj", net.attend(q, kv[0], kv[1]), out: width, bias: true)
            let fed = try net.mlp("mlp", net.layerNorm("norm", mixed, epsilon: style.epsilon), style)
            return try net.add("residual", mixed, fed)
        }
        return try net.select("attn_pool", pooled, axis: 1, 0)
    }
}

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
        guard new != grid else { return [] }
        guard new.height > 0, new.width > 0, let table = weights["pos_embed"] else {
            throw Candidate.refusal(
                "an image of \(size.height)×\(size.width) has no patch of \(stride)", hint: "give a larger size")
        }
        let old = grid
        grid = new
        let rows = positionsIncludePrefix ? prefix : 0
        return [("pos_embed", try PositionResampling.adapted(table, prefix: rows, from: old, to: new))]
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
