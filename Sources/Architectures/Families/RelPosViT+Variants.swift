import GraphIR

/// timm `vision_transformer_relpos.py`.
extension RelPosViT {
    private static func variant(
        _ name: String, _ dim: Int, _ heads: Int, patch: Int = 16, size: Int = 224, depth: Int = 12, ratio: Int = 4,
        hidden: Int = 128, crop: Double = 0.9, _ change: (inout RelPosViT) -> Void = { _ in }
    ) -> Variant<RelPosViT> {
        var model = RelPosViT(
            patch: patch, dim: dim, depth: depth, style: TransformerStyle(heads: heads, hidden: ratio * dim),
            positions: RelativePositions(kind: .perceptron(hidden: hidden, isSwin: false)),
            grid: ImageSize(size / patch, size / patch))
        model.style.hasLayerScale = true
        model.style.hasQKVBias = false
        change(&model)
        return Variant(name, model, .half(size: size, cropFraction: crop), "timm")
    }

    private static func normsPooled(_ model: inout RelPosViT) { model.normsPooled = true }
    private static func isShared(_ model: inout RelPosViT) { model.positions.isShared = true }
    private static func hasClassToken(_ model: inout RelPosViT) {
        model.hasClassToken = true
        model.pooling = .token
    }
    private static func normsBehind(_ model: inout RelPosViT) {
        model.style.hasLayerScale = false
        model.style.order = .postNorm
    }

    static let variants: [Variant<RelPosViT>] = [
        variant("vit_relpos_base_patch32_plus_rpn_256", 896, 14, patch: 32, size: 256) {
            normsBehind(&$0)
            $0.style.hasQKVBias = true
        },
        variant("vit_relpos_base_patch16_plus_240", 896, 14, size: 240) { $0.style.hasQKVBias = true },
        variant("vit_relpos_small_patch16_224", 384, 6, normsPooled),
        variant("vit_relpos_medium_patch16_224", 512, 8, normsPooled),
        variant("vit_relpos_base_patch16_224", 768, 12, normsPooled),
        variant("vit_srelpos_small_patch16_224", 384, 6, hidden: 384, isShared),
        variant("vit_srelpos_medium_patch16_224", 512, 8, hidden: 512, isShared),
        variant("vit_relpos_medium_patch16_cls_224", 512, 8, hidden: 256, hasClassToken),
        variant("vit_relpos_base_patch16_cls_224", 768, 12, hasClassToken),
        variant("vit_relpos_base_patch16_clsgap_224", 768, 12) {
            $0.hasClassToken = true
            $0.normsPooled = true
        },
        variant("vit_relpos_small_patch16_rpn_224", 384, 6, normsBehind),
        variant("vit_relpos_medium_patch16_rpn_224", 512, 8, normsBehind),
        variant("vit_relpos_base_patch16_rpn_224", 768, 12, normsBehind),
        variant(
            "test_vit_relpos", 96, 3, size: 160, depth: 9, ratio: 2, crop: 0.95, normsPooled),
    ]
}
