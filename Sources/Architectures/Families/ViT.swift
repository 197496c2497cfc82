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
    enum Pooling: String, Sendable, CaseIterable {
        /// The class token.
        case token
        /// The mean of the patches, their greatest numbers, or half the sum of both.
        case avg, max, avgmax
        /// A query of its own attends to the patches (SigLIP).
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
    /// Whether what is pooled are all tokens and not the patches alone.
    var poolsPrefix = false

    /// Tokens before the patches.
    var prefix: Int { (hasClassToken ? 1 : 0) + (isDistilled ? 1 : 0) + registers }

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
        case .avg, .max, .avgmax, .map:
            let patches = grid.height * grid.width
            let tokens =
                prefix == 0 || poolsPrefix
                ? x : try net.slice("pool", x, axis: 1, from: prefix, to: prefix + patches)
            pooled =
                pooling == .map
                ? try net.attentionPool("attn_pool", tokens, style) : try net.pooledTokens("pool", tokens, pooling)
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
            ? try net.elementwise("Add", "pos_drop", withPrefix(x), positions, isResult: true)
            : try withPrefix(net.elementwise("Add", "pos_drop", x, positions))
        net.mark(x, asOutputOf: "patch_drop")
        return hasNormPre ? try net.norm("norm_pre", x, style) : x
    }
}
