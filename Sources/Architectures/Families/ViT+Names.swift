import GraphIR

/// What timm's names of architectures tell and shapes can't.
extension ViT {
    /// The activation that a name stands for: OpenAI's CLIP towers say `quickgelu`; SigLIP 2's are listed, for SigLIP's
    /// own of the same form have the exact one. (timm 1.0.31, `vision_transformer.py`.)
    static func activation(ofName name: String) -> Activation? {
        if name.contains("_quickgelu_") { return .quickGELU }
        let bare = String(name.prefix { $0 != "." }).replacing("_gap_", with: "_", maxReplacements: 1)
        return siglip2.contains(bare) ? .geluTanh : nil
    }

    /// Heads of names, where they are others than is usual for their width.
    static func heads(ofName name: String) -> Int? {
        ["vit_base_patch16_gap_224": 16, "vit_giant_patch16_radio_v3": 24][String(name.prefix { $0 != "." })]
    }

    /// Whether there is a norm behind the blocks: RADIO's and InternViT's features come without.
    static func hasNorm(ofName name: String) -> Bool? {
        name.contains("_radio_") || name.contains("_intern300m_") ? false : nil
    }

    /// Whether the tokens before the patches are pooled with them.
    static func poolsPrefix(ofName name: String) -> Bool { name.prefix { $0 != "." } == "test_vit3" }

    private static let siglip2: Set = [
        "vit_base_patch32_siglip_256", "vit_large_patch16_siglip_512", "vit_so400m_patch16_siglip_256",
        "vit_so400m_patch16_siglip_384", "vit_so400m_patch16_siglip_512", "vit_giantopt_patch16_siglip_256",
        "vit_giantopt_patch16_siglip_384",
    ]
}
