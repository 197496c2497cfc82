import GraphIR

/// timm `eva.py`: models with registers and the rotary positions of DINOv3.
extension Eva {
    private static func registered(
        _ name: String, _ dim: Int, _ depth: Int, _ heads: Int? = nil, hidden: Int? = nil, side: Int,
        _ preprocessing: Preprocessing, isBiased: Bool, isGated: Bool
    ) -> Variant<Eva> {
        variant(
            name, dim, depth, heads ?? dim / 64, size: ImageSize(side, side), hidden: hidden, preprocessing
        ) {
            $0.style.epsilon = 1e-5
            $0.style.hasOwnGate = isGated
            $0.projections = isBiased ? .halfBiased : .plain
            $0.style.hasLayerScale = true
            $0.scalesPerceptron = true
            $0.rotary = .dinov3
            ($0.registers, $0.hasPositions, $0.classes) = (4, false, nil)
        }
    }

    static let dinov3: [Variant<Eva>] = [
        ("tiny", 192, 12, nil, [true]), ("small", 384, 12, nil, [false, true]),
        ("small_plus", 384, 12, 1536, [false, true]), ("base", 768, 12, nil, [false, true]),
        ("large", 1024, 24, nil, [false, true]), ("huge_plus", 1280, 32, 5120, [false, true]),
        ("7b", 4096, 40, 8192, [false]),
    ].flatMap { (name: String, dim: Int, depth: Int, gated: Int?, biases: [Bool]) in
        biases.map { isBiased in
            registered(
                "vit_\(name)_patch16_dinov3\(isBiased ? "_qkvb" : "")", dim, depth, dim == 4096 ? 32 : nil,
                hidden: gated, side: 256, .imageNet(size: 256, cropFraction: 1), isBiased: isBiased,
                isGated: gated != nil)
        }
    }

    /// "Vision Pretraining for Dense Spatial Perception", Z. Fu et al., 2026 (arXiv:2607.05247).
    static let lingBot: [Variant<Eva>] = [
        ("small", 384, 12, nil), ("base", 768, 12, nil), ("large", 1024, 24, nil), ("giant", 1536, 40, 4096),
    ].map { (name: String, dim: Int, depth: Int, gated: Int?) in
        var result = registered(
            "vit_\(name)_patch16_lingbot", dim, depth, hidden: gated, side: 512,
            .imageNet(size: 512, cropFraction: 1, interpolation: "bilinear", cropMode: "squash"),
            isBiased: gated == nil, isGated: gated != nil)
        result.model.pooling = .token
        return result
    }

    /// "Sapiens2", R. Khirodkar et al., 2026 (arXiv:2604.21681). But for the first and last eight blocks two heads of
    /// queries share those of keys and values.
    static let sapiens2: [Variant<Eva>] = [
        ("base", 768, 12, 12), ("large", 1024, 24, 16), ("huge", 1280, 32, 16), ("giant", 1536, 40, 24),
        ("5b", 2432, 56, 32),
    ].map { name, dim, depth, heads in
        var preprocessing = Preprocessing.imageNet(cropFraction: 1, interpolation: "bilinear", cropMode: "squash")
        preprocessing.inputSize = [3, 1024, 768]
        return variant(
            "vit_\(name)_patch16_sapiens2", dim, depth, heads, size: ImageSize(1024, 768), hidden: 8 * dim,
            preprocessing
        ) {
            $0.style.hasRMSNorm = true
            $0.style.hasQKNorm = true
            $0.style.isGated = true
            $0.style.hasLayerScale = true
            $0.projections = .apart(bias: true, keyBias: true)
            if depth > 16 {
                $0.keyHeads = (0..<depth).map { (8..<depth - 8).contains($0) ? heads / 2 : heads }
            }
            $0.rotary = .dinov3
            ($0.registers, $0.hasPositions, $0.classes, $0.pooling) = (8, false, nil, .token)
        }
    }
}
