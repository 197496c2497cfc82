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

extension CvT {
    static let exampleKeys = ["stage0.blocks.0.attn.conv_proj_q.conv.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        var stages: [Stage] = []
        let named = hints.variant(of: CvT.self)?.variant.model
        while let kernel = shape("stage\(stages.count).patch_embed.proj.weight"), kernel.count == 4, stages.count < 16 {
            let stage = "stage\(stages.count)"
            let dim = kernel[0]
            let heads =
                hints.numbers("num_heads")?[checked: stages.count]
                ?? named?.stages[checked: stages.count]?.heads ?? max(dim / 64, 1)
            stages.append(
                Stage(
                    dim: dim, depth: weights.count(of: "\(stage).blocks"), heads: heads, kernel: kernel[2],
                    hidden: shape("\(stage).blocks.0.mlp.fc1.weight")?[checked: 0] ?? 4 * dim,
                    hasClassToken: shape("\(stage).cls_token") != nil))
        }
        guard !stages.isEmpty, shape("stage0.blocks.0.attn.conv_proj_q.conv.weight") != nil,
            stages.allSatisfy({
                (1...65536).contains($0.dim) && (1...1_000_000).contains($0.hidden) && [3, 7].contains($0.kernel)
                    && $0.depth <= 1000 && $0.heads > 0 && $0.dim % $0.heads == 0
            })
        else { return nil }
        self.init(stages: stages)
        inputChannels = shape("stage0.patch_embed.proj.weight")?[checked: 1] ?? 3
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        if named == nil, hints.numbers("num_heads") == nil {
            hints.note("num_heads \(stages.map(\.heads)): 64 channels a head; shapes can't tell (--set num_heads=…)")
        }
        let isHuggingFace = hints.keyFormat == "Hugging Face"
        activation = try hints.activation(
            ofNamed: nil, usual: isHuggingFace ? .gelu : .quickGELU,
            reason: isHuggingFace ? "that of Hugging Face's code" : "that of the authors' code")
    }

    var name: String {
        variant?.name ?? "cvt_\(stages.map { "\($0.dim)" }.joined(separator: "_"))"
    }
    var hyperparameters: [(String, String)] {
        func list(_ value: (Stage) -> Int) -> String { stages.map { "\(value($0))" }.joined(separator: ",") }
        return [
            ("embed_dim", list(\.dim)), ("depth", list(\.depth)), ("num_heads", list(\.heads)),
            ("patch_size", list(\.kernel)), ("mlp_hidden", list(\.hidden)), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"), ("act_layer", activation.rawValue),
        ]
    }
    func hasSizes(of other: CvT) -> Bool {
        stages.map { [$0.dim, $0.depth, $0.kernel, $0.hidden] }
            == other.stages.map {
                [$0.dim, $0.depth, $0.kernel, $0.hidden]
            }
    }

    private static func cvt(
        _ name: String, _ dims: [Int], _ depths: [Int], _ heads: [Int], _ preprocessing: Preprocessing
    ) -> Variant<CvT> {
        let stages = dims.indices.map {
            Stage(
                dim: dims[$0], depth: depths[$0], heads: heads[$0], kernel: $0 == 0 ? 7 : 3, hidden: 4 * dims[$0],
                hasClassToken: $0 == dims.count - 1)
        }
        return Variant(name, CvT(stages: stages), preprocessing, "authors, Hugging Face")
    }

    static let variants: [Variant<CvT>] = [
        cvt("cvt_13", [64, 192, 384], [1, 2, 10], [1, 3, 6], .imageNet(cropFraction: 0.875)),
        cvt("cvt_21", [64, 192, 384], [1, 4, 16], [1, 3, 6], .imageNet(cropFraction: 0.875)),
        cvt(
            "cvt_w24", [192, 768, 1024], [2, 2, 20], [3, 12, 16],
            .imageNet(size: 384, cropFraction: 1, cropMode: "squash")),
    ]

    /// Hugging Face's files.
    static let translations = [
        KeyTranslation(
            name: "Hugging Face",
            anchors: ["cvt.encoder.stages.0.embedding.convolution_embeddings.projection.weight"]
        ) { _ in
            let stage = "cvt.encoder.stages.#"
            let layer = stage + ".layers.#"
            let attention = layer + ".attention.attention"
            let projections = [("query", "q"), ("key", "k"), ("value", "v")].flatMap {
                long, short -> [KeyTranslation.Rule] in
                let convolution = "\(attention).convolution_projection_\(long).convolution_projection"
                return [
                    .rename("\(convolution).convolution", "stage#.blocks.#.attn.conv_proj_\(short).conv"),
                    .rename("\(convolution).normalization", "stage#.blocks.#.attn.conv_proj_\(short).bn"),
                    .rename("\(attention).projection_\(long)", "stage#.blocks.#.attn.proj_\(short)"),
                ]
            }
            return projections + [
                .rename("\(stage).embedding.convolution_embeddings.projection", "stage#.patch_embed.proj"),
                .rename("\(stage).embedding.convolution_embeddings.normalization", "stage#.patch_embed.norm"),
                .rename("\(stage).cls_token", "stage#.cls_token"),
                .rename("\(layer).layernorm_before", "stage#.blocks.#.norm1"),
                .rename("\(layer).layernorm_after", "stage#.blocks.#.norm2"),
                .rename("\(layer).attention.output.dense", "stage#.blocks.#.attn.proj"),
                .rename("\(layer).intermediate.dense", "stage#.blocks.#.mlp.fc1"),
                .rename("\(layer).output.dense", "stage#.blocks.#.mlp.fc2"),
                .rename("layernorm", "norm"), .rename("classifier", "head"),
            ]
        }
    ]
}
