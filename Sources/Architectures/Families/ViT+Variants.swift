import GraphIR

extension ViT {
    static let variants: [Variant<ViT>] = visionTransformers + deits + pyclsVariants + otherVariants

    private static func vit(
        _ name: String, _ patch: Int, _ dim: Int, _ depth: Int, _ heads: Int, _ size: Int = 224,
        _ preprocessing: Preprocessing? = nil, classes: Int? = 1000, _ change: (inout ViT) -> Void = { _ in }
    ) -> Variant<ViT> {
        var model = ViT(dim: dim, depth: depth, style: TransformerStyle(heads: heads, hidden: 4 * dim))
        model.stem = .patches(patch)
        model.grid = ImageSize(size / patch, size / patch)
        model.classes = classes
        change(&model)
        return Variant(
            name, model, preprocessing ?? .half(size: size, cropFraction: size == 224 ? 0.9 : 1), "timm")
    }

    /// timm `vision_transformer.py`; preprocessing of the tag that timm takes by default.
    private static let visionTransformers: [Variant<ViT>] = [
        vit("vit_tiny_patch16_224", 16, 192, 12, 3), vit("vit_tiny_patch16_384", 16, 192, 12, 3, 384),
        vit("vit_small_patch32_224", 32, 384, 12, 6), vit("vit_small_patch32_384", 32, 384, 12, 6, 384),
        vit("vit_small_patch16_224", 16, 384, 12, 6), vit("vit_small_patch16_384", 16, 384, 12, 6, 384),
        vit("vit_small_patch8_224", 8, 384, 12, 6, 224, .imageNet(cropFraction: 0.9), classes: nil),
        vit("vit_base_patch32_224", 32, 768, 12, 12), vit("vit_base_patch32_384", 32, 768, 12, 12, 384),
        vit("vit_base_patch16_224", 16, 768, 12, 12), vit("vit_base_patch16_384", 16, 768, 12, 12, 384),
        vit("vit_base_patch8_224", 8, 768, 12, 12), vit("vit_large_patch32_224", 32, 1024, 24, 16, classes: nil),
        vit("vit_large_patch32_384", 32, 1024, 24, 16, 384), vit("vit_large_patch16_224", 16, 1024, 24, 16),
        vit("vit_large_patch16_384", 16, 1024, 24, 16, 384),
        vit("vit_huge_patch14_224", 14, 1280, 32, 16, 224, classes: nil),
    ]

    private static func deit(
        _ name: String, _ dim: Int, _ heads: Int, _ size: Int = 224, distilled: Bool = false
    ) -> Variant<ViT> {
        vit(name, 16, dim, 12, heads, size, .imageNet(size: size, cropFraction: size == 224 ? 0.9 : 1)) {
            $0.isDistilled = distilled
        }
    }

    private static func deit3(
        _ name: String, _ patch: Int, _ dim: Int, _ depth: Int, _ heads: Int, _ size: Int = 224
    ) -> Variant<ViT> {
        vit(name, patch, dim, depth, heads, size, .imageNet(size: size, cropFraction: size == 224 ? 0.9 : 1)) {
            $0.style.hasLayerScale = true
            $0.positionsIncludePrefix = false
        }
    }

    /// timm `deit.py`: "Training data-efficient image transformers & distillation through attention" and "DeiT III".
    private static let deits: [Variant<ViT>] = [
        deit("deit_tiny_patch16_224", 192, 3), deit("deit_small_patch16_224", 384, 6),
        deit("deit_base_patch16_224", 768, 12), deit("deit_base_patch16_384", 768, 12, 384),
        deit("deit_tiny_distilled_patch16_224", 192, 3, distilled: true),
        deit("deit_small_distilled_patch16_224", 384, 6, distilled: true),
        deit("deit_base_distilled_patch16_224", 768, 12, distilled: true),
        deit("deit_base_distilled_patch16_384", 768, 12, 384, distilled: true),
        deit3("deit3_small_patch16_224", 16, 384, 12, 6), deit3("deit3_small_patch16_384", 16, 384, 12, 6, 384),
        deit3("deit3_medium_patch16_224", 16, 512, 12, 8), deit3("deit3_base_patch16_224", 16, 768, 12, 12),
        deit3("deit3_base_patch16_384", 16, 768, 12, 12, 384), deit3("deit3_large_patch16_224", 16, 1024, 24, 16),
        deit3("deit3_large_patch16_384", 16, 1024, 24, 16, 384), deit3("deit3_huge_patch14_224", 14, 1280, 32, 16),
    ]
}
