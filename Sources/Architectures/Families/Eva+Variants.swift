import GraphIR

/// timm `eva.py`; preprocessing of the tag that timm takes by default.
extension Eva {
    static let variants: [Variant<Eva>] =
        eva + eva02 + withRegisters + perceptionEncoders + ropeViT + dinov3 + lingBot + sapiens2

    static func variant(
        _ name: String, _ dim: Int, _ depth: Int, _ heads: Int, patch: Int = 16, size: ImageSize,
        hidden: Int? = nil, _ preprocessing: Preprocessing, _ change: (inout Eva) -> Void
    ) -> Variant<Eva> {
        var model = Eva(dim: dim, depth: depth, style: TransformerStyle(heads: heads, hidden: hidden ?? 4 * dim))
        model.patch = patch
        model.grid = ImageSize(size.height / patch, size.width / patch)
        change(&model)
        if model.style.isGated || model.style.hasOwnGate { model.style.activation = .silu }
        var variant = Variant(name, model, preprocessing, "timm")
        variant.tags = tags(of: name, preprocessing)
        return variant
    }

    /// Published weights that want other preprocessing than those that timm takes by default.
    private static func tags(of name: String, _ usual: Preprocessing) -> [String: Preprocessing] {
        var other = usual
        if name.hasPrefix("vit_large_patch16_dinov3") || name == "vit_7b_patch16_dinov3" {
            (other.mean, other.std) = ([0.43, 0.411, 0.296], [0.213, 0.156, 0.143])
            return ["sat493m": other]
        }
        if name.hasPrefix("eva02_"), name.hasSuffix("_448") {
            other.cropMode = "center"
            return ["mim_in22k_ft_in1k": other, "mim_m38m_ft_in1k": other]
        }
        if name == "eva_giant_patch14_336" {
            return ["m30m_ft_in22k_in1k": .imageNet(size: 336, cropFraction: 1, cropMode: "squash")]
        }
        return [:]
    }

    static func square(_ side: Int) -> ImageSize { ImageSize(side, side) }

    private static func clip(_ size: Int, crop: Double = 1, mode: String = "center") -> Preprocessing {
        var result = Preprocessing.clip(size: size)
        (result.cropFraction, result.cropMode) = (crop, mode)
        return result
    }

    private static func pooled(_ model: inout Eva) { (model.hasNorm, model.hasFCNorm) = (false, true) }

    private static let eva: [Variant<Eva>] = [
        variant(
            "eva_giant_patch14_224", 1408, 40, 16, patch: 14, size: square(224), hidden: 6144, clip(224, crop: 0.9),
            pooled),
        variant(
            "eva_giant_patch14_336", 1408, 40, 16, patch: 14, size: square(336), hidden: 6144,
            clip(336, mode: "squash"), pooled),
        variant(
            "eva_giant_patch14_560", 1408, 40, 16, patch: 14, size: square(560), hidden: 6144,
            .imageNet(size: 560, cropFraction: 1, cropMode: "squash"), pooled),
        variant(
            "eva_giant_patch14_clip_224", 1408, 40, 16, patch: 14, size: square(224), hidden: 6144,
            clip(224, crop: 0.9)
        ) {
            $0.classes = 1024
            $0.pooling = .token
        },
        variant(
            "eva02_enormous_patch14_clip_224", 1792, 64, 16, patch: 14, size: square(224), hidden: 15360,
            clip(224, crop: 0.9)
        ) {
            $0.classes = 1024
            $0.pooling = .token
            $0.style.order = .postNorm
        },
    ]

    /// Tiny and small have one matrix for queries, keys and values and one for both halves of the perceptron.
    private static func eva02(
        _ name: String, _ dim: Int, _ depth: Int, _ heads: Int, patch: Int = 14, _ size: Int,
        _ preprocessing: Preprocessing, classes: Int?
    ) -> Variant<Eva> {
        let isSmall = dim < 768
        // Four times the width, and two thirds of that for each half.
        let hidden = dim * 8 / 3 * (isSmall ? 2 : 1)
        return variant(
            name, dim, depth, heads, patch: patch, size: square(size), hidden: hidden, preprocessing
        ) {
            $0.rotary = RotaryPositions(reference: square(16))
            $0.classes = classes
            $0.style.isGated = isSmall
            if !isSmall {
                $0.projections = .apart(bias: true, keyBias: false)
                $0.style.hasOwnGate = true
                $0.style.hasInnerNorms = true
            }
            let isCLIP = name.contains("clip")
            $0.hasAttentionNorm = isCLIP
            $0.pooling = isCLIP ? .token : .avg
            if !isCLIP { pooled(&$0) }
        }
    }

    private static let eva02: [Variant<Eva>] = [
        eva02("eva02_tiny_patch14_224", 192, 12, 3, 224, clip(224, crop: 0.9), classes: nil),
        eva02("eva02_small_patch14_224", 384, 12, 6, 224, clip(224, crop: 0.9), classes: nil),
        eva02("eva02_base_patch14_224", 768, 12, 12, 224, clip(224, crop: 0.9), classes: nil),
        eva02("eva02_large_patch14_224", 1024, 24, 16, 224, clip(224, crop: 0.9), classes: nil),
        eva02("eva02_tiny_patch14_336", 192, 12, 3, 336, clip(336), classes: 1000),
        eva02("eva02_small_patch14_336", 384, 12, 6, 336, clip(336), classes: 1000),
        eva02("eva02_base_patch14_448", 768, 12, 12, 448, clip(448, mode: "squash"), classes: 1000),
        eva02("eva02_large_patch14_448", 1024, 24, 16, 448, clip(448, mode: "squash"), classes: 1000),
        eva02("eva02_base_patch16_clip_224", 768, 12, 12, patch: 16, 224, clip(224, crop: 0.9), classes: 512),
        eva02("eva02_large_patch14_clip_224", 1024, 24, 16, 224, clip(224, crop: 0.9), classes: 768),
        eva02("eva02_large_patch14_clip_336", 1024, 24, 16, 336, clip(336), classes: 768),
    ]

    private static let withRegisters: [Variant<Eva>] = [
        ("medium", 512, 12, 1), ("mediumd", 512, 20, 1), ("betwixt", 640, 12, 4), ("base", 768, 12, 1),
    ].map { name, dim, depth, registers in
        let preprocessing =
            name == "betwixt" ? clip(256, crop: 0.95) : Preprocessing.half(size: 256, cropFraction: 0.95)
        return variant(
            "vit_\(name)_patch16_rope_reg\(registers)_gap_256", dim, depth, dim / 64, size: square(256), preprocessing
        ) {
            $0.projections = name == "mediumd" ? .plain : .halfBiased
            $0.style.hasLayerScale = true
            $0.scalesPerceptron = true
            $0.rotary = RotaryPositions(reference: square(16))
            ($0.hasClassToken, $0.registers, $0.hasPositions) = (false, registers, false)
            pooled(&$0)
        }
    }
}
