import GraphIR

/// The stem of "Early Convolutions Help Transformers See Better", T. Xiao et al., 2021 (arXiv:2106.14881), table 1:
/// 3×3 convolutions with norm and ReLU that halve the image whenever they widen, then one of 1×1. ViT_C has one block
/// fewer than its twin of patches, ViT_P.
extension ViT {
    func convolutionStem(
        _ net: ModelBuilder, _ image: ModelBuilder.Wire, _ widths: [Int]
    ) throws -> ModelBuilder.Wire {
        try net.scope("proj") {
            var x = image
            for (index, width) in widths.enumerated() {
                // A convolution that widens has stride 2, as has the first.
                let stride = index == 0 || width > widths[index - 1] ? 2 : 1
                x = try net.conv2d(
                    "\(3 * index)", x, out: width, kernel: 3, stride: stride, padding: .symmetric(1), bias: false)
                x = try net.relu("\(3 * index + 2)", net.batchNorm("\(3 * index + 1)", x))
            }
            return try net.conv2d("\(3 * widths.count)", x, out: dim, kernel: 1, bias: true)
        }
    }

    /// The widths of a convolutional stem; empty where the stem is one of patches.
    func stemWidths(_ weights: StateDict) -> [Int] {
        var widths: [Int] = []
        while let shape = weights["patch_embed.proj.\(3 * widths.count).weight"]?.shape, shape.count == 4,
            shape[2] == 3, widths.count < 64
        {
            widths.append(shape[0])
        }
        return widths
    }

    private static func convolutional(
        _ name: String, _ widths: [Int], _ dim: Int, _ depth: Int, heads: Int, hidden: Int
    ) -> Variant<ViT> {
        var model = ViT(dim: dim, depth: depth, style: TransformerStyle(heads: heads, hidden: hidden))
        model.stem = .convolutions(widths)
        return Variant(
            name, model, .imageNet(cropFraction: 0.875), "pycls: channels in the order blue, green, red",
            keyFormat: "pycls")
    }

    private static func patches(_ name: String, _ dim: Int, _ depth: Int, heads: Int, hidden: Int) -> Variant<ViT> {
        Variant(
            name, ViT(dim: dim, depth: depth, style: TransformerStyle(heads: heads, hidden: hidden)),
            .imageNet(cropFraction: 0.875), "pycls: channels in the order blue, green, red", keyFormat: "pycls")
    }

    /// The paper's sizes, table 1.
    static let pyclsVariants: [Variant<ViT>] = [
        convolutional("vit_c_1gf", [24, 48, 96, 192], 192, 11, heads: 3, hidden: 576),
        convolutional("vit_c_4gf", [48, 96, 192, 384], 384, 11, heads: 6, hidden: 1152),
        convolutional("vit_c_18gf", [64, 128, 128, 256, 256, 512], 768, 11, heads: 12, hidden: 3072),
        convolutional("vit_c_36gf", [64, 128, 128, 256, 256, 512], 1024, 13, heads: 16, hidden: 4096),
        convolutional("vit_c_72gf", [64, 128, 128, 256, 256, 256, 512, 512], 1152, 21, heads: 18, hidden: 4608),
        patches("vit_p_1gf", 192, 12, heads: 3, hidden: 576), patches("vit_p_4gf", 384, 12, heads: 6, hidden: 1152),
        patches("vit_p_18gf", 768, 12, heads: 12, hidden: 3072),
        patches("vit_p_36gf", 1024, 14, heads: 16, hidden: 4096),
        patches("vit_p_72gf", 1152, 22, heads: 18, hidden: 4608),
        convolutional("vit_conv_small", [48, 96, 192, 384], 384, 11, heads: 12, hidden: 1536),
        convolutional("vit_conv_base", [96, 192, 384, 768], 768, 11, heads: 12, hidden: 3072),
    ]
}
