import GraphIR

extension CvT {
    static let exampleKeys = ["stage0.blocks.0.attn.conv_proj_q.conv.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        var stages: [Stage] = []
        while let kernel = shape("stage\(stages.count).patch_embed.proj.weight"), kernel.count == 4, stages.count < 16 {
            let stage = "stage\(stages.count)"
            let dim = kernel[0]
            stages.append(
                Stage(
                    dim: dim, depth: weights.count(of: "\(stage).blocks"), heads: 1, kernel: kernel[2],
                    hidden: shape("\(stage).blocks.0.mlp.fc1.weight")?[checked: 0] ?? dim.multiplied(checked: 4) ?? 0,
                    hasClassToken: shape("\(stage).cls_token") != nil))
        }
        guard !stages.isEmpty, shape("stage0.blocks.0.attn.conv_proj_q.conv.weight") != nil,
            stages.allSatisfy({
                (1...65536).contains($0.dim) && (1...1_000_000).contains($0.hidden) && [3, 7].contains($0.kernel)
                    && $0.depth <= 1000
            })
        else { return nil }
        self.init(stages: stages)
        inputChannels = shape("stage0.patch_embed.proj.weight")?[checked: 1] ?? 3
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        try setHeads(hints)
        let isHuggingFace = hints.keyFormat == "Hugging Face"
        activation = try hints.activation(
            ofNamed: nil, usual: isHuggingFace ? .gelu : .quickGELU,
            remark: isHuggingFace ? "that of Hugging Face's code" : "that of the authors' code")
    }

    private mutating func setHeads(_ hints: Hints) throws {
        let named = hints.variant(of: CvT.self)?.variant.model
        let widths = stages.map(\.dim)
        let stated = try hints.counts(
            "num_heads", wants: "divisors of the stages' widths \(widths.map(String.init).joined(separator: ","))"
        ) { $0.count == widths.count && zip(widths, $0).allSatisfy { $0 % $1 == 0 } }
        for (index, stage) in stages.enumerated() {
            if let heads = stated?[checked: index] {
                stages[index].heads = heads
            } else if let heads = named?.stages[checked: index]?.heads, stage.dim % heads == 0 {
                stages[index].heads = heads
            } else {
                stages[index].heads = stage.dim % 64 == 0 ? stage.dim / 64 : 1
            }
        }
        if named == nil, stated == nil {
            hints.assume("num_heads", stages.map { "\($0.heads)" }.joined(separator: ","), "64 channels each")
        }
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
            "cvt_13_384", [64, 192, 384], [1, 2, 10], [1, 3, 6],
            .imageNet(size: 384, cropFraction: 1, cropMode: "squash")),
        cvt(
            "cvt_21_384", [64, 192, 384], [1, 4, 16], [1, 3, 6],
            .imageNet(size: 384, cropFraction: 1, cropMode: "squash")),
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
