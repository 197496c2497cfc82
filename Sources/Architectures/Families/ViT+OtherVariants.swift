import GraphIR

/// timm's vision transformers whose blocks aren't ViT's: other orders, norms, gates, attention.
extension ViT {
    static let otherVariants: [Variant<ViT>] = aimv2 + beit3 + parallel + small

    private static func other(
        _ name: String, _ patch: Int, _ dim: Int, _ depth: Int, _ heads: Int, hidden: Int, _ size: Int = 224,
        _ preprocessing: Preprocessing? = nil, _ change: (inout ViT) -> Void
    ) -> Variant<ViT> {
        var model = ViT(dim: dim, depth: depth, style: TransformerStyle(heads: heads, hidden: hidden))
        model.stem = .patches(patch)
        model.grid = ImageSize(size / patch, size / patch)
        change(&model)
        return Variant(name, model, preprocessing ?? .half(size: size, cropFraction: 0.9), "timm")
    }

    /// "Multimodal Autoregressive Pre-training of Large Vision Encoders", E. Fini et al., 2024 (arXiv:2411.14402).
    private static let aimv2: [Variant<ViT>] = [
        ("large", 1024, 2816), ("huge", 1536, 4096), ("1b", 2048, 5632), ("3b", 3072, 8192),
    ].flatMap { name, dim, hidden in
        [224, 336, 448].map { size in
            other("aimv2_\(name)_patch14_\(size)", 14, dim, 24, dim / 128, hidden: hidden, size, .clip(size: size)) {
                $0.classes = nil
                $0.hasClassToken = false
                $0.hasPatchNorm = true
                $0.pooling = .avg
                $0.style.activation = .silu
                $0.style.epsilon = 1e-5
                $0.style.hasQKVBias = false
                $0.style.hasBias = false
                $0.style.hasOwnGate = true
                $0.style.hasRMSNorm = true
            }
        }
    }

    /// "Image as a Foreign Language: BEiT Pretraining for All Vision and Vision-Language Tasks", W. Wang et al., 2022
    /// (arXiv:2208.10442).
    private static let beit3: [Variant<ViT>] = [
        ("base_patch16", 16, 768, 12, 12, 3072, 224), ("large_patch16", 16, 1024, 24, 16, 4096, 224),
        ("giant_patch14", 14, 1408, 40, 16, 6144, 224), ("giant_patch14", 14, 1408, 40, 16, 6144, 336),
    ].map { name, patch, dim, depth, heads, hidden, size in
        other(
            "beit3_\(name)_\(size)", patch, dim, depth, heads, hidden: hidden, size,
            .imageNet(size: size, cropFraction: 1)
        ) {
            $0.pooling = .avg
            $0.hasNorm = false
            $0.hasFCNorm = true
            $0.style.epsilon = 1e-5
            $0.style.hasInnerNorms = true
        }
    }

    private static let parallel: [Variant<ViT>] =
        [("base_patch16", 16, 768, 12, 12), ("large_patch14", 14, 1024, 24, 16), ("huge_patch14", 14, 1280, 32, 16)]
        .map { name, patch, dim, depth, heads in
            other("vit_\(name)_xp_224", patch, dim, depth, heads, hidden: 4 * dim) {
                $0.positionsIncludePrefix = false
                $0.hasNormPre = true
                $0.hasPatchBias = false
                $0.style.hasRMSNorm = true
                $0.style.hasQKVBias = false
                $0.style.hasQKNorm = true
                $0.style.order = .parallelScaling
            }
        }
        + [("small", 384), ("base", 768)].map { name, dim in
            other("vit_\(name)_patch16_18x2_224", 16, dim, 18, dim / 64, hidden: 4 * dim) {
                $0.style.hasLayerScale = true
                $0.style.order = .parallelThings(2)
            }
        }

    private static func registered(
        _ name: String, _ dim: Int, _ depth: Int, hidden: Int, _ change: (inout TransformerStyle) -> Void
    ) -> Variant<ViT> {
        other(
            "vit_\(name)_patch16_reg1_gap_256", 16, dim, depth, dim / 64, hidden: hidden, 256,
            .half(size: 256, cropFraction: 0.95)
        ) {
            $0.hasClassToken = false
            $0.registers = 1
            $0.positionsIncludePrefix = false
            $0.pooling = .avg
            $0.hasNorm = false
            $0.hasFCNorm = true
            $0.style.hasLayerScale = true
            change(&$0.style)
        }
    }

    private static let small: [Variant<ViT>] = [
        registered("pwee", 256, 16, hidden: 1280) { $0.order = .parallelScaling },
        registered("dwee", 256, 14, hidden: 1280) { $0.isDifferential = true },
        registered("dpwee", 256, 16, hidden: 1280) {
            $0.order = .parallelScaling
            $0.isDifferential = true
        },
        registered("dlittle", 320, 14, hidden: 1792) { $0.isDifferential = true },
        other("vit_base_patch16_rpn_224", 16, 768, 12, 12, hidden: 3072) {
            $0.hasClassToken = false
            $0.pooling = .avg
            $0.hasNorm = false
            $0.hasFCNorm = true
            $0.style.hasQKVBias = false
            $0.style.order = .postNorm
        },
        other("test_vit4", 16, 96, 9, 3, hidden: 288, 160, .half(size: 160, cropFraction: 0.95)) {
            $0.hasClassToken = false
            $0.registers = 1
            $0.pooling = .avg
            $0.hasNorm = false
            $0.hasFCNorm = true
            $0.style.hasLayerScale = true
            $0.style.hasRMSNorm = true
        },
    ]
}
