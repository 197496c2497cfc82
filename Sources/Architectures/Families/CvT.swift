import GraphIR

/// CvT: "CvT: Introducing Convolutions to Vision Transformers", H. Wu et al., 2021 (arXiv:2103.15808).
///
/// Three stages, each with a convolution that makes tokens. Queries, keys and values are projected by a depthwise
/// convolution with a norm, keys and values at stride 2, and then by a matrix. The class token joins in the last stage.
/// Scores are divided by the root of the stage's width, not of a head's.
struct CvT: ArchitectureFamily {
    static let family = "cvt"

    struct Stage: Sendable, Hashable {
        var dim: Int
        var depth: Int
        var heads: Int
        /// Side of the kernel that makes tokens; stride and padding follow from it.
        var kernel: Int
        var hidden: Int
        var hasClassToken = false
    }

    var stages: [Stage]
    var inputChannels = 3
    var classes: Int? = 1000
    /// The authors' code has quick_gelu, Hugging Face's the exact one.
    var activation = Activation.quickGELU
    private static let epsilon: Float = 1e-5

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var map = image
        var tokens = image
        var hasClassToken = false
        for (index, stage) in stages.enumerated() {
            tokens = try net.scope("stage\(index)") {
                let embedded = try net.scope("patch_embed") {
                    // A kernel of 7 has stride 4, one of 3 has stride 2.
                    let stride = (stage.kernel + 1) / 2
                    let conv = try net.conv2d(
                        "proj", map, out: stage.dim, kernel: stage.kernel, stride: stride,
                        padding: .symmetric(stage.kernel == 7 ? 2 : stage.kernel / 2), bias: true)
                    map = conv
                    return try net.layerNorm("norm", net.tokens("flatten", conv), epsilon: Self.epsilon)
                }
                var x = embedded
                if stage.hasClassToken {
                    let row = try net.parameter("cls_token", shape: [1, 1, stage.dim])
                    x = try net.concat("", [net.expandBatch("", row, like: x), x], axis: 1)
                }
                for block in 0..<stage.depth {
                    x = try net.scope("blocks.\(block)") { try self.block(net, x, stage, size: map) }
                }
                return x
            }
            hasClassToken = stage.hasClassToken
            if index < stages.count - 1 {
                let patches = hasClassToken ? try withoutFirst(net, tokens) : tokens
                map = try asMap(net, patches, size: map)
            }
        }
        net.features = tokens
        let pooled =
            try hasClassToken
            ? net.layerNorm("norm", net.select("pool", tokens, axis: 1, 0), epsilon: Self.epsilon)
            : net.mean("pool", net.layerNorm("norm", tokens, epsilon: Self.epsilon), axes: [1])
        guard let classes else { return pooled }
        return try net.linear("head", pooled, out: classes, bias: true)
    }

    private func block(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ stage: Stage, size: ModelBuilder.Wire
    ) throws -> ModelBuilder.Wire {
        let normed = try net.layerNorm("norm1", x, epsilon: Self.epsilon)
        let mixed = try net.scope("attn") {
            let row = stage.hasClassToken ? try net.slice("", normed, axis: 1, from: 0, to: 1) : nil
            let map = try asMap(net, stage.hasClassToken ? withoutFirst(net, normed) : normed, size: size)
            let parts = try ["q", "k", "v"].map { name in
                let tokens = try net.scope("conv_proj_\(name)") {
                    let conv = try net.conv2d(
                        "conv", map, out: stage.dim, kernel: 3, stride: name == "q" ? 1 : 2, padding: .symmetric(1),
                        groups: stage.dim, bias: false)
                    return try net.tokens("rearrange", net.batchNorm("bn", conv))
                }
                let all = try row.map { try net.concat("", [$0, tokens], axis: 1) } ?? tokens
                let projected = try net.linear("proj_\(name)", all, out: stage.dim, bias: true)
                return try net.reshape(
                    "", projected, [all.shape[1].knownSize ?? 0, stage.heads, stage.dim / max(stage.heads, 1)])
            }
            let joined = try net.attend(parts[0], parts[1], parts[2], square: stage.dim)
            return try net.linear("proj", joined, out: stage.dim, bias: true)
        }
        let x = try net.add("residual1", x, mixed)
        var style = TransformerStyle(heads: stage.heads, hidden: stage.hidden)
        style.activation = activation
        let fed = try net.mlp("mlp", net.layerNorm("norm2", x, epsilon: Self.epsilon), style)
        return try net.add("residual2", x, fed)
    }

    private func withoutFirst(_ net: ModelBuilder, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        try net.slice("", x, axis: 1, from: 1, to: x.shape[1].knownSize ?? 0)
    }

    /// Tokens as a feature map of the size of another.
    private func asMap(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, size: ModelBuilder.Wire
    ) throws -> ModelBuilder.Wire {
        let sizes = [x.shape[2], size.shape[2], size.shape[3]].compactMap(\.knownSize)
        return try net.reshape("", net.transpose("", x, [0, 2, 1]), sizes)
    }
}
