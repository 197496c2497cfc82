import GraphIR

/// timm `eva.py`: the Perception Encoder and RoPE-ViT.
extension Eva {
    static let perceptionEncoders: [Variant<Eva>] = [
        ("core_tiny_patch16_384", 192, 12, 512), ("core_small_patch16_384", 384, 12, 512),
        ("core_base_patch16_224", 768, 12, 1024), ("core_large_patch14_336", 1024, 24, 1024),
        ("core_gigantic_patch14_448", 1536, 50, 1280), ("lang_large_patch14_448", 1024, 23, nil),
        ("lang_gigantic_patch14_448", 1536, 47, nil), ("spatial_tiny_patch16_512", 192, 12, nil),
        ("spatial_small_patch16_512", 384, 12, nil), ("spatial_base_patch16_512", 768, 12, nil),
        ("spatial_large_patch14_448", 1024, 24, nil), ("spatial_gigantic_patch14_448", 1536, 50, nil),
    ].map { (name: String, dim: Int, depth: Int, classes: Int?) in
        let (side, patch) = (Int(name.suffix(3)) ?? 0, name.contains("patch14") ? 14 : 16)
        let isGigantic = dim == 1536
        return variant(
            "vit_pe_\(name)", dim, depth, isGigantic ? 16 : dim / 64, patch: patch, size: square(side),
            hidden: isGigantic ? 8960 : nil, .half(size: side, cropFraction: 1)
        ) {
            $0.style.epsilon = 1e-5
            $0.projections = .biased
            $0.hasNormPre = true
            $0.hasClassToken = !isGigantic
            $0.rotary = RotaryPositions(
                offset: isGigantic ? 0 : 1, columnsFirst: true, reference: square(side / patch))
            $0.classes = classes
            $0.hasNorm = name.hasPrefix("core")
            if $0.hasNorm { ($0.pooling, $0.poolHidden) = (.map, 4 * dim) }
            $0.style.hasLayerScale = name.hasPrefix("lang") || name.hasPrefix("spatial_gigantic")
            $0.scalesPerceptron = $0.style.hasLayerScale
        }
    }

    static let ropeViT: [Variant<Eva>] = ["", "_mixed", "_ape", "_mixed_ape"].flatMap { kind in
        [("small", 384, 12), ("base", 768, 12), ("large", 1024, 24)].map { name, dim, depth in
            variant(
                "vit_\(name)_patch16_rope\(kind)_224", dim, depth, dim / 64, size: square(224),
                .imageNet(cropFraction: 0.9)
            ) {
                $0.projections = .biased
                $0.style.hasLayerScale = true
                $0.scalesPerceptron = true
                $0.rotary = RotaryPositions(
                    kind: kind.hasPrefix("_mixed") ? .mixed : .axial, temperature: 100, columnsFirst: true)
                $0.hasPositions = kind.hasSuffix("_ape")
                $0.positionsIncludePrefix = !$0.hasPositions
                $0.pooling = .token
            }
        }
    }
}
