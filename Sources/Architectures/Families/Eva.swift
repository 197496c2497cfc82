import GraphIR

/// Vision transformers with rotary positions, and their forebear without: timm's `eva.py`.
///
/// "EVA: Exploring the Limits of Masked Visual Representation Learning at Scale", Y. Fang et al., 2022 (arXiv:2211.07636)
/// is a ViT without a bias for keys. EVA-02 (arXiv:2303.11331) turns queries and keys (``RotaryPositions``) and gates its
/// perceptrons; the Perception Encoder (arXiv:2504.13181), RoPE-ViT (arXiv:2403.13298), DINOv3 (arXiv:2508.10104) and
/// Sapiens2 (arXiv:2604.21681) have the same blocks with other parts switched on.
struct Eva: ArchitectureFamily, Hashable {
    static let family = "eva"

    /// How queries, keys and values are made.
    enum Projections: Sendable, Hashable {
        /// One matrix without a bias.
        case plain
        /// One matrix, one bias.
        case biased
        /// One matrix and two biases (`q_bias`, `v_bias`): keys have none.
        case halfBiased
        /// Three matrices (`q_proj`, `k_proj`, `v_proj`).
        case apart(bias: Bool, keyBias: Bool)
    }

    var patch = 16
    var dim: Int
    var depth: Int
    var style: TransformerStyle
    var projections = Projections.halfBiased
    /// Heads of keys and values in each block, where they are fewer than those of queries.
    var keyHeads: [Int] = []
    /// A norm before attention's last matrix.
    var hasAttentionNorm = false
    /// Whether the perceptron's branch is scaled, too.
    var scalesPerceptron = false
    /// `nil` where nothing is turned.
    var rotary: RotaryPositions?
    /// Patches along height and width.
    var grid = ImageSize(14, 14)
    var inputChannels = 3
    var classes: Int? = 1000
    var hasClassToken = true
    var registers = 0
    /// Whether there is a table of positions, and whether it has rows for the tokens before the patches.
    var hasPositions = true
    var positionsIncludePrefix = true
    /// The Perception Encoder norms tokens before the first block, and its patches have no bias.
    var hasNormPre = false
    /// The norm of all tokens behind the last block, and that of the pooled vector.
    var hasNorm = true
    var hasFCNorm = false
    var pooling = ViT.Pooling.avg
    /// Heads of attention pooling, and rows of its perceptron's first matrix.
    var poolHeads = 8
    var poolHidden = 0

    /// Tokens before the patches.
    var prefix: Int { (hasClassToken ? 1 : 0) + registers }

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var x = try embed(net, image)
        let rotations = try rotary.map {
            try net.rotations(
                "rope", $0, grid: grid, heads: style.heads, size: dim / style.heads, depth: depth)
        }
        for index in 0..<depth {
            x = try net.scope("blocks.\(index)") { try block(net, x, index, rotations?[checked: index]) }
        }
        net.mark(x, asOutputOf: "blocks")
        if hasNorm { x = try net.norm("norm", x, style) } else { net.mark(x, asOutputOf: "norm") }
        net.features = x

        var pooled: ModelBuilder.Wire
        switch pooling {
        case .token: pooled = try net.select("pool", x, axis: 1, 0)
        case .avg, .max, .avgmax:
            let end = prefix + grid.height * grid.width
            let tokens = prefix == 0 ? x : try net.slice("pool", x, axis: 1, from: prefix, to: end)
            pooled = try net.pooledTokens("pool", tokens, pooling)
        case .map:
            var pool = style
            (pool.heads, pool.hidden) = (poolHeads, poolHidden)
            (pool.isGated, pool.hasOwnGate, pool.hasInnerNorms, pool.activation) = (false, false, false, .gelu)
            pooled = try net.attentionPool("attn_pool", x, pool)
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
            try net.tokens(
                "flatten", net.conv2d("proj", image, out: dim, kernel: patch, stride: patch, bias: !hasNormPre))
        }
        var rows: [ModelBuilder.Wire] = []
        if hasClassToken { rows.append(try net.parameter("cls_token", shape: [1, 1, dim])) }
        if registers > 0 { rows.append(try net.parameter("reg_token", shape: [1, registers, dim])) }
        let count = grid.height * grid.width + (positionsIncludePrefix ? prefix : 0)
        let positions = hasPositions ? try net.parameter("pos_embed", shape: [1, count, dim]) : nil
        if let positions, !positionsIncludePrefix { x = try net.elementwise("Add", "pos_drop", x, positions) }
        if !rows.isEmpty {
            x = try net.concat("", rows.map { try net.expandBatch("", $0, like: x) } + [x], axis: 1)
        }
        if let positions, positionsIncludePrefix {
            x = try net.elementwise("Add", "pos_drop", x, positions, isResult: true)
        }
        return hasNormPre ? try net.norm("norm_pre", x, style) : x
    }
}
