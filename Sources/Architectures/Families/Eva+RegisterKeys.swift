import GraphIR

/// Keys of models with registers: Meta's, and Hugging Face's of DINOv3.
extension Eva {
    private static let ownPooling =
        "the authors' own code pools by the class token: --set global_pool=token gives its results"

    /// Meta's DINOv3, and what is trained with its code.
    static let dinov3Keys: KeyTranslation = {
        var translation = KeyTranslation(
            name: "DINOv3", anchors: ["storage_tokens", "blocks.0.norm1.weight", "blocks.0.attn.qkv.weight"]
        ) { _ in
            [
                .rename("storage_tokens", "reg_token"), .rename("blocks.#.ls1.gamma", "blocks.#.gamma_1"),
                .rename("blocks.#.ls2.gamma", "blocks.#.gamma_2"), .drop("blocks.#.attn.qkv.bias_mask"),
                .drop("mask_token"), .drop("rope_embed"), .drop("local_cls_norm"), .drop("projectors"),
                .rename("blocks.#.mlp.w12", "blocks.#.mlp.fc1"), .rename("blocks.#.mlp.w1", "blocks.#.mlp.fc1_g"),
                .rename("blocks.#.mlp.w2", "blocks.#.mlp.fc1_x"), .rename("blocks.#.mlp.w3", "blocks.#.mlp.fc2"),
            ]
        }
        // The third of the bias that is the keys' is masked in training.
        translation.prepare = { weights in
            try weights.cutting { key, tensor in
                guard key.hasSuffix(".attn.qkv.bias"), let third = tensor.shape.first.map({ $0 / 3 }), third > 0 else {
                    return nil
                }
                let name = key.dropLast("qkv.bias".count)
                return try [
                    (name + "q_bias", tensor.rows(0..<third)), (name + "v_bias", tensor.rows(2 * third..<3 * third)),
                ]
            }
        }
        translation.remark = ownPooling
        return translation
    }()

    /// Meta's Sapiens2.
    static let sapiens2Keys = KeyTranslation(
        name: "Sapiens2", anchors: ["storage_tokens", "blocks.0.attn.wq.weight", "blocks.0.ffn.w12.weight"]
    ) { _ in
        let block = "blocks.#"
        return ["q", "k", "v"].map { .rename("\(block).attn.w\($0)", "\(block).attn.\($0)_proj") }
            + [
                .rename("storage_tokens", "reg_token"), .rename("patch_embed.projection", "patch_embed.proj"),
                .rename("\(block).attn.gamma.weight", "\(block).gamma_1"),
                .rename("\(block).ffn.w12", "\(block).mlp.fc1"), .rename("\(block).ffn.w3", "\(block).mlp.fc2"),
                .rename("\(block).ln1", "\(block).norm1"), .rename("\(block).ln2", "\(block).norm2"),
                .rename("ln1", "norm"), .drop("mask_token"), .drop("rope_embed"),
            ]
    }

    /// Hugging Face's DINOv3.
    static func huggingFace(_ prefix: String) -> KeyTranslation {
        let layer = prefix + "layer.#"
        var translation = KeyTranslation(
            name: "Hugging Face", anchors: ["embeddings.register_tokens", prefix + "layer.0.attention.q_proj.weight"]
        ) { weights in
            let isGated = weights[prefix + "layer.0.mlp.gate_proj.weight"] != nil
            return [
                .rename("embeddings.cls_token", "cls_token"), .rename("embeddings.register_tokens", "reg_token"),
                .rename("embeddings.patch_embeddings", "patch_embed.proj"), .drop("embeddings.mask_token"),
                .drop("rope_embeddings"),
                .stack(["q", "k", "v"].map { "\(layer).attention.\($0)_proj.weight" }, "blocks.#.attn.qkv.weight"),
                .rename("\(layer).attention.q_proj.bias", "blocks.#.attn.q_bias"),
                .rename("\(layer).attention.v_proj.bias", "blocks.#.attn.v_bias"),
                .rename("\(layer).attention.o_proj", "blocks.#.attn.proj"),
                .rename("\(layer).layer_scale1.lambda1", "blocks.#.gamma_1"),
                .rename("\(layer).layer_scale2.lambda1", "blocks.#.gamma_2"),
                .rename("\(layer).norm1", "blocks.#.norm1"), .rename("\(layer).norm2", "blocks.#.norm2"),
                .rename("\(layer).mlp.gate_proj", "blocks.#.mlp.fc1_g"),
                .rename("\(layer).mlp.up_proj", isGated ? "blocks.#.mlp.fc1_x" : "blocks.#.mlp.fc1"),
                .rename("\(layer).mlp.down_proj", "blocks.#.mlp.fc2"),
            ]
        }
        translation.remark = ownPooling
        return translation
    }
}
