import GraphIR

/// Key formats of other authors, as timm's `checkpoint_filter_fn` (`eva.py`) reads them, and Hugging Face's of DINOv3.
extension Eva {
    static let translations: [KeyTranslation] =
        [original("EVA", ""), original("EVA in OpenCLIP", "visual.trunk"), original("EVA-CLIP", "visual")]
        + ["visual.", ""].map(perceptionEncoder) + [dinov3Keys, sapiens2Keys] + ["", "model."].map(huggingFace)

    /// The authors' own, in which xFormers' and their perceptrons have other names. What masked training needs is left out,
    /// and its norm becomes that of the pooled vector.
    private static func original(_ name: String, _ prefix: String) -> KeyTranslation {
        let root = prefix.isEmpty ? "" : prefix + "."
        let block = root + "blocks.#"
        var translation = KeyTranslation(
            name: name, anchors: [root + "patch_embed.proj.weight", root + "blocks.0.norm1.weight"]
        ) { weights in
            let isApart = weights[root + "blocks.0.attn.q_proj.weight"] != nil
            let isMasked = weights[root + "mask_token"] != nil
            var rules: [KeyTranslation.Rule] = [
                .rename(block + ".mlp.ffn_ln", "blocks.#.mlp.norm"),
                .rename(block + ".attn.inner_attn_ln", "blocks.#.attn.norm"),
                .rename(block + ".mlp.w12", "blocks.#.mlp.fc1"), .rename(block + ".mlp.w1", "blocks.#.mlp.fc1_g"),
                .rename(block + ".mlp.w2", "blocks.#.mlp.fc1_x"), .rename(block + ".mlp.w3", "blocks.#.mlp.fc2"),
                .rename(root + "rope.freqs", "rope.freqs"), .drop(root + "rope"), .drop(block + ".attn.rope"),
            ]
            if isApart {
                rules += [
                    .rename(block + ".attn.q_bias", "blocks.#.attn.q_proj.bias"),
                    .rename(block + ".attn.v_bias", "blocks.#.attn.v_proj.bias"),
                ]
            }
            if isMasked {
                rules += [.drop(root + "mask_token"), .drop(root + "lm_head"), .rename(root + "norm", "fc_norm")]
            }
            return rules + (prefix.isEmpty ? [] : [.rename(prefix, ""), .drop("")])
        }
        translation.applies = { weights in
            let marks = [".mlp.w1.", ".mlp.w12.", ".ffn_ln.", ".inner_attn_ln.", ".attn.rope."]
            let isTimms = prefix.isEmpty && weights["mask_token"] == nil
            return weights[root + "storage_tokens"] == nil
                && (!isTimms
                    || weights.names.contains { name in
                        name.hasPrefix("rope.") && name != "rope.freqs" || marks.contains(where: name.contains)
                    })
        }
        return translation
    }

    /// Meta's Perception Encoder, alone or beside its text tower.
    private static func perceptionEncoder(_ root: String) -> KeyTranslation {
        let layer = root + "transformer.resblocks.#"
        var translation = KeyTranslation(
            name: "Perception Encoder",
            anchors: [
                root + "conv1.weight", root + "positional_embedding", root + "transformer.resblocks.0.ln_1.weight",
            ]
        ) { _ in
            ViT.block(layer, attention: "attn") + ViT.perceptron(layer + ".mlp", "c_fc", "c_proj")
                + [
                    .rename(layer + ".ls_1.gamma", "blocks.#.gamma_1"),
                    .rename(layer + ".ls_2.gamma", "blocks.#.gamma_2"),
                    .change(root + "class_embedding", "cls_token") { try $0.reshaped([1, 1, $0.count]) },
                    .change(root + "positional_embedding", "pos_embed") { try $0.reshaped([1] + $0.shape) },
                    .rename(root + "conv1", "patch_embed.proj"), .rename(root + "ln_pre", "norm_pre"),
                    .rename(root + "ln_post", "norm"), .rename(root + "attn_pool.probe", "attn_pool.latent"),
                    .rename(root + "attn_pool.attn.out_proj", "attn_pool.proj"),
                    .rename(root + "attn_pool.attn", "attn_pool"),
                    .rename(root + "attn_pool.layernorm", "attn_pool.norm"),
                    .rename(root + "attn_pool.mlp.c_fc", "attn_pool.mlp.fc1"),
                    .rename(root + "attn_pool.mlp.c_proj", "attn_pool.mlp.fc2"),
                    .change(root + "proj", "head.weight") { try $0.permuted([1, 0]) }, .drop(""),
                ]
        }
        translation.prepare = { weights in
            try weights.cutting { key, tensor in
                guard key.hasPrefix(root + "attn_pool.attn.in_proj_") else { return nil }
                let kind = String(key.dropFirst((root + "attn_pool.attn.in_proj_").count))
                guard let third = tensor.shape.first.map({ $0 / 3 }), third > 0 else { return nil }
                let name = root + "attn_pool.attn."
                return try [
                    (name + "q.\(kind)", tensor.rows(0..<third)),
                    (name + "kv.\(kind)", tensor.rows(third..<3 * third)),
                ]
            }
        }
        translation.finish = ViT.addZeroBias
        return translation
    }
}
