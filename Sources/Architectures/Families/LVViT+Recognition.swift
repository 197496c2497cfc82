import GraphIR

extension LVViT {
    static let exampleKeys = ["patch_embed.conv1.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        guard let stem = shape("patch_embed.conv1.weight"), stem.count == 4,
            let qkv = shape("blocks.0.attn.qkv.weight"), qkv.count == 2,
            let positions = shape("pos_embed"), positions.count == 3, positions[1] > 1, (1...65536).contains(qkv[1])
        else { return nil }
        let dim = qkv[1]
        var style = TransformerStyle(
            heads: 1, hidden: shape("blocks.0.mlp.fc1.weight")?[checked: 0] ?? 3 * dim, epsilon: 1e-5)
        style.hasQKVBias = shape("blocks.0.attn.qkv.bias") != nil
        self.init(dim: dim, depth: weights.count(of: "blocks"), style: style)
        stemWidth = stem[0]
        inputChannels = stem[1]
        patch = shape("patch_embed.proj.weight")?[checked: 2] ?? 8
        let side = Int(Double(positions[1] - 1).squareRoot().rounded())
        guard side.multiplied(checked: side) == positions[1] - 1, side <= 65536, (1...1024).contains(patch),
            depth <= 1000,
            (1...65536).contains(stemWidth), inputChannels > 0, (1...1_000_000).contains(style.hidden)
        else { return nil }
        grid = ImageSize(side, side)
        classes = shape("head.weight")?[checked: 0] ?? shape("head.bias")?[checked: 0]
        hasAuxiliaryHead = shape("aux_head.weight") != nil
        try setWhatShapesCantTell(hints)
        self.style.activation = try hints.activation(ofNamed: nil, usual: .gelu)
    }

    private mutating func setWhatShapesCantTell(_ hints: Hints) throws {
        let dim = dim
        let named = hints.variant(of: LVViT.self)?.variant
        let known = named ?? variant ?? Self.variants.first { $0.model.hasBlocks(of: self) }
        let heads = try hints.count("num_heads", wants: "a divisor of the width \(dim)") { dim % $0 == 0 }
        let usual = known?.model.style.heads ?? Swift.max(dim / 64, 1)
        style.heads = heads ?? (dim % usual == 0 ? usual : 1)
        let divisor = try hints.number("skip_lam")
        skipLambda = divisor.map { Float($0) } ?? known?.model.skipLambda ?? 2
        guard named == nil else { return }
        let reason = known.map { "as \($0.name), which has these blocks" }
        if heads == nil {
            hints.assume("num_heads", "\(style.heads)", reason ?? "64 channels each")
        }
        if divisor == nil {
            hints.assume("skip_lam", skipLambdaText, heads == nil ? nil : reason)
        }
    }

    private var skipLambdaText: String { Int(exactly: skipLambda).map(String.init) ?? "\(skipLambda)" }

    static let resizedAs = "its authors do"

    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)] {
        // The first convolution has stride 2 and a margin, and rounds up; patches leave out what is over.
        let new = ImageSize(((size.height - 1) / 2 + 1) / patch, ((size.width - 1) / 2 + 1) / patch)
        defer { grid = new }
        return try PositionResampling.resized(
            weights, prefix: 1, from: grid, to: new, for: size, patch: 2 * patch, isAntialiased: false)
    }

    var imageSize: ImageSize? { ImageSize(grid.height * patch * 2, grid.width * patch * 2) }
    var name: String { variant?.name ?? "lvvit_\(dim)_\(depth)_\(imageSize?.height ?? 0)" }
    var hyperparameters: [(String, String)] {
        [
            ("embed_dim", "\(dim)"), ("depth", "\(depth)"), ("num_heads", "\(style.heads)"),
            ("mlp_hidden", "\(style.hidden)"), ("stem_width", "\(stemWidth)"), ("patch_size", "\(2 * patch)"),
            ("skip_lam", skipLambdaText), ("aux_head", "\(hasAuxiliaryHead)"), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"), ("act_layer", style.activation.rawValue),
        ]
    }
    func hasSizes(of other: LVViT) -> Bool { hasBlocks(of: other) && grid == other.grid }

    private func hasBlocks(of other: LVViT) -> Bool {
        dim == other.dim && depth == other.depth && stemWidth == other.stemWidth && style.hidden == other.style.hidden
    }

    private static func lvvit(
        _ name: String, _ dim: Int, _ depth: Int, heads: Int, stem: Int = 64, skip: Float, size: Int = 224, crop: Double
    ) -> Variant<LVViT> {
        var style = TransformerStyle(heads: heads, hidden: 3 * dim, epsilon: 1e-5)
        style.hasQKVBias = false
        var model = LVViT(dim: dim, depth: depth, style: style)
        model.stemWidth = stem
        model.skipLambda = skip
        model.grid = ImageSize(size / 16, size / 16)
        return Variant(name, model, .imageNet(size: size, cropFraction: crop), "authors")
    }

    static let variants: [Variant<LVViT>] = [
        lvvit("lvvit_t", 240, 12, heads: 4, skip: 1, crop: 0.9),
        lvvit("lvvit_s", 384, 16, heads: 6, skip: 2, crop: 0.9),
        lvvit("lvvit_s_384", 384, 16, heads: 6, skip: 2, size: 384, crop: 0.9),
        lvvit("lvvit_m", 512, 20, heads: 8, skip: 2, crop: 1),
        lvvit("lvvit_m_384", 512, 20, heads: 8, skip: 2, size: 384, crop: 1),
        lvvit("lvvit_m_448", 512, 20, heads: 8, skip: 2, size: 448, crop: 1),
        lvvit("lvvit_l_448", 768, 24, heads: 12, stem: 128, skip: 3, size: 448, crop: 1),
        lvvit("lvvit_l_512", 768, 24, heads: 12, stem: 128, skip: 3, size: 512, crop: 1),
    ]
}
