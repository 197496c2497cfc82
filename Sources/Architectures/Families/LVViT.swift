import GraphIR

/// LV-ViT: "All Tokens Matter: Token Labeling for Training Better Vision Transformers", Z. Jiang et al., 2021
/// (arXiv:2104.10858).
///
/// A stem of three convolutions before the patches, blocks whose branches are divided by a constant, and a second head
/// over the patches: its greatest answer counts half.
struct LVViT: ArchitectureFamily {
    static let family = "lvvit"

    var stemWidth = 64
    /// Side of the last convolution of the stem, half of a patch.
    var patch = 8
    var dim: Int
    var depth: Int
    var style: TransformerStyle
    /// What each branch is divided by.
    var skipLambda: Float = 2
    var grid = ImageSize(14, 14)
    var inputChannels = 3
    var classes: Int? = 1000
    var hasAuxiliaryHead = true

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var x = try net.scope("patch_embed") {
            var x = image
            for (number, (kernel, stride)) in [(7, 2), (3, 1), (3, 1)].enumerated() {
                x = try net.conv2d(
                    "conv\(number + 1)", x, out: stemWidth, kernel: kernel, stride: stride,
                    padding: .symmetric(kernel / 2), bias: false)
                x = try net.relu("relu", net.batchNorm("bn\(number + 1)", x))
            }
            return try net.conv2d("proj", x, out: dim, kernel: patch, stride: patch, bias: true)
        }
        x = try net.tokens("", x)
        let row = try net.parameter("cls_token", shape: [1, 1, dim])
        x = try net.concat("", [net.expandBatch("", row, like: x), x], axis: 1)
        let count = grid.height * grid.width
        let positions = try net.parameter("pos_embed", shape: [1, count + 1, dim])
        x = try net.elementwise("Add", "pos_drop", x, positions, isResult: true)
        for index in 0..<depth { x = try net.scope("blocks.\(index)") { try block(net, x) } }
        x = try net.layerNorm("norm", x, epsilon: style.epsilon)
        net.features = x
        let first = try net.select("pool", x, axis: 1, 0)
        guard let classes else { return first }
        let logits = try net.linear("head", first, out: classes, bias: true)
        guard hasAuxiliaryHead else { return logits }
        let patches = try net.slice("", x, axis: 1, from: 1, to: count + 1)
        let auxiliary = try net.linear("aux_head", patches, out: classes, bias: true)
        return try net.add("sum", logits, net.scale("", net.max("", auxiliary, axis: 1), by: 0.5))
    }

    private func block(_ net: ModelBuilder, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        func divided(_ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
            skipLambda == 1 ? x : try net.elementwise("Div", "", x, net.number(skipLambda, at: net.path("")))
        }
        let mixed = try net.attention("attn", net.layerNorm("norm1", x, epsilon: style.epsilon), style)
        let x = try net.add("residual1", x, divided(mixed))
        let fed = try net.mlp("mlp", net.layerNorm("norm2", x, epsilon: style.epsilon), style)
        return try net.add("residual2", x, divided(fed))
    }
}
