import GraphIR

extension MLPMixer {
    static let exampleKeys = ["blocks.0.mlp_tokens.fc1.weight", "blocks.0.linear_tokens.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        guard let channels = shape("blocks.0.mlp_channels.fc1.weight"), channels.count == 2 else { return nil }
        let tokens = shape("blocks.0.mlp_tokens.fc1.weight")
        let square = shape("blocks.0.linear_tokens.weight") ?? shape("blocks.0.mlp_channels.gate.proj.weight")
        self.init(
            dim: channels[1], depth: weights.count(of: "blocks"), tokenHidden: tokens?[checked: 0] ?? 0,
            channelHidden: channels[0])
        guard let count = tokens?[checked: 1] ?? square?[checked: 1], count > 0, (1...65536).contains(dim),
            (1...1_000_000).contains(count), (1...1_000_000).contains(channelHidden), depth <= 1000
        else { return nil }
        let side = Int(Double(count).squareRoot().rounded())
        guard side * side == count else { return nil }
        grid = ImageSize(side, side)
        if tokens == nil { kind = shape("blocks.0.linear_tokens.weight") != nil ? .resmlp : .gmlp }
        if tokens != nil, let narrow = shape("blocks.0.mlp_channels.fc2.weight")?[checked: 1],
            narrow.multiplied(checked: 2) == channelHidden
        {
            kind = .gmixer
        }
        try hints.choice("global_pool", among: ["avg"])
        patch = shape("stem.proj.weight")?[checked: 2] ?? 16
        inputChannels = shape("stem.proj.weight")?[checked: 1] ?? 3
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        if kind != .gmixer {
            let named = hints.variant(of: MLPMixer.self)?.variant.model.activation
            activation = try hints.activation(
                ofNamed: named, usual: .gelu, remark: "timm's; the authors' JAX code has gelu_tanh")
        }
        guard (1...1024).contains(patch), inputChannels > 0 else { return nil }
    }

    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)] {
        guard size.height / patch == grid.height, size.width / patch == grid.width else {
            throw Candidate.refusal(
                "matrices across \(grid.height)×\(grid.width) positions take no image of \(size.height)×\(size.width)",
                hint: "\(kind.rawValue) has one image size: \(grid.height * patch)×\(grid.width * patch)")
        }
        return []
    }

    var imageSize: ImageSize? { ImageSize(grid.height * patch, grid.width * patch) }
    var name: String { variant?.name ?? "\(kind.rawValue)_\(dim)_\(depth)_patch\(patch)_\(grid.height * patch)" }

    var hyperparameters: [(String, String)] {
        [
            ("kind", kind.rawValue), ("patch_size", "\(patch)"), ("embed_dim", "\(dim)"), ("num_blocks", "\(depth)"),
            ("tokens_hidden", "\(tokenHidden)"), ("channels_hidden", "\(channelHidden)"),
            ("in_chans", "\(inputChannels)"), ("num_classes", "\(classes ?? 0)"),
            ("act_layer", kind == .gmixer ? "silu" : activation.rawValue),
        ]
    }

    func hasSizes(of other: MLPMixer) -> Bool {
        kind == other.kind && patch == other.patch && dim == other.dim && depth == other.depth
            && tokenHidden == other.tokenHidden && channelHidden == other.channelHidden && grid == other.grid
    }

    private static func mixer(
        _ name: String, kind: Kind = .mixer, patch: Int = 16, _ dim: Int, _ depth: Int, tokens: Int, channels: Int,
        _ preprocessing: Preprocessing = .imageNet(cropFraction: 0.875)
    ) -> Variant<MLPMixer> {
        var model = MLPMixer(dim: dim, depth: depth, tokenHidden: tokens, channelHidden: channels)
        model.kind = kind
        model.patch = patch
        model.grid = ImageSize(224 / patch, 224 / patch)
        return Variant(name, model, preprocessing, "timm")
    }

    /// timm `mlp_mixer.py`.
    static let variants: [Variant<MLPMixer>] = [
        mixer("mixer_s32_224", patch: 32, 512, 8, tokens: 256, channels: 2048, .half(cropFraction: 0.875)),
        mixer("mixer_s16_224", 512, 8, tokens: 256, channels: 2048, .half(cropFraction: 0.875)),
        mixer("mixer_b32_224", patch: 32, 768, 12, tokens: 384, channels: 3072, .half(cropFraction: 0.875)),
        mixer("mixer_b16_224", 768, 12, tokens: 384, channels: 3072, .half(cropFraction: 0.875)),
        mixer("mixer_l32_224", patch: 32, 1024, 24, tokens: 512, channels: 4096, .half(cropFraction: 0.875)),
        mixer("mixer_l16_224", 1024, 24, tokens: 512, channels: 4096, .half(cropFraction: 0.875)),
        mixer("gmixer_12_224", kind: .gmixer, 384, 12, tokens: 384, channels: 1536),
        mixer("gmixer_24_224", kind: .gmixer, 384, 24, tokens: 384, channels: 1536),
        mixer("resmlp_12_224", kind: .resmlp, 384, 12, tokens: 0, channels: 1536),
        mixer("resmlp_24_224", kind: .resmlp, 384, 24, tokens: 0, channels: 1536),
        mixer("resmlp_36_224", kind: .resmlp, 384, 36, tokens: 0, channels: 1536),
        mixer("resmlp_big_24_224", kind: .resmlp, patch: 8, 768, 24, tokens: 0, channels: 3072),
        mixer("gmlp_ti16_224", kind: .gmlp, 128, 30, tokens: 0, channels: 768, .half(cropFraction: 0.875)),
        mixer("gmlp_s16_224", kind: .gmlp, 256, 30, tokens: 0, channels: 1536, .half(cropFraction: 0.875)),
        mixer("gmlp_b16_224", kind: .gmlp, 512, 30, tokens: 0, channels: 3072, .half(cropFraction: 0.875)),
    ]

    static var translations: [KeyTranslation] { authors + google }

    /// The authors' ResMLP files.
    private static let authors = [
        KeyTranslation(name: "ResMLP", anchors: ["blocks.0.norm1.alpha", "blocks.0.attn.weight"]) { _ in
            let deepen: @Sendable (Tensor) throws -> Tensor = { tensor in
                tensor.shape.count == 1 ? try tensor.reshaped([1, 1, tensor.count]) : tensor
            }
            let affine = ["norm1", "norm2"].flatMap { norm in
                ["alpha", "beta"].map {
                    KeyTranslation.Rule.change("blocks.#.\(norm).\($0)", "blocks.#.\(norm).\($0)", deepen)
                }
            }
            return affine + [
                .change("norm.alpha", "norm.alpha", deepen), .change("norm.beta", "norm.beta", deepen),
                .rename("patch_embed.proj", "stem.proj"), .rename("blocks.#.attn", "blocks.#.linear_tokens"),
                .rename("blocks.#.gamma_1", "blocks.#.ls1"), .rename("blocks.#.gamma_2", "blocks.#.ls2"),
                .rename("blocks.#.mlp", "blocks.#.mlp_channels"),
            ]
        }
    ]
}
