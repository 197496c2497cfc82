import GraphIR

extension ViT {
    /// vit_jax' files, and big_vision's with or without their blocks in one array.
    static let google = ["", "opt/target/", "params/", "params/img/"].map(google)

    private static func google(_ prefix: String) -> KeyTranslation {
        let blocks = prefix + "Transformer/encoderblock"
        var translation = KeyTranslation(
            name: "Google", anchors: [prefix + "embedding/kernel", prefix + "Transformer/encoder_norm/scale"]
        ) { weights in
            let root = prefix.replacing("/", with: ".")
            // big_vision counts each kind of module by itself, vit_jax all together.
            let isBigVision =
                weights[prefix + "pos_embedding"] != nil || weights[blocks + "/LayerNorm_0/scale"] != nil
                || prefix.hasPrefix("params/")
            let (attention, mlp, norm) = isBigVision ? (0, 0, 1) : (1, 3, 2)
            let block = root + "Transformer.encoderblock_#"
            let heads = "\(block).MultiHeadDotProductAttention_\(attention)"
            let pool = root + "MAPHead_0"
            let poolHeads = pool + ".MultiHeadDotProductAttention_0"
            var rules: [KeyTranslation.Rule] = [
                .rename(root + "cls", "cls_token"),
                .rename(root + "Transformer.posembed_input.pos_embedding", "pos_embed"),
                .rename(root + "pos_embedding", "pos_embed"), .rename(pool + ".probe", "attn_pool.latent"),
                .drop(root + "pre_logits"),
            ]
            // timm's models have no representation layer, so what stands behind it is of no use to them.
            if weights[prefix + "pre_logits/kernel"] != nil { rules.append(.drop(root + "head")) }
            rules += GoogleKeys.convolution(root + "embedding", "patch_embed.proj")
            rules += GoogleKeys.norm(block + ".LayerNorm_0", "blocks.#.norm1")
            rules += GoogleKeys.norm(block + ".LayerNorm_\(norm)", "blocks.#.norm2")
            rules += GoogleKeys.projections(heads, ["query", "key", "value"], "blocks.#.attn.qkv")
            rules += GoogleKeys.output(heads, "blocks.#.attn")
            rules += GoogleKeys.perceptron("\(block).MlpBlock_\(mlp)", "blocks.#.mlp")
            rules += GoogleKeys.norm(root + "Transformer.encoder_norm", "norm")
            rules += GoogleKeys.projections(poolHeads, ["query"], "attn_pool.q")
            rules += GoogleKeys.projections(poolHeads, ["key", "value"], "attn_pool.kv")
            rules += GoogleKeys.output(poolHeads, "attn_pool")
            rules += GoogleKeys.norm(pool + ".LayerNorm_0", "attn_pool.norm")
            rules += GoogleKeys.perceptron(pool + ".MlpBlock_0", "attn_pool.mlp")
            rules += GoogleKeys.dense(root + "head", "head") + GoogleKeys.backbone(weights, prefix)
            // The other tower of a pair of image and text.
            return rules + (prefix == "params/img/" ? [.drop("params")] : [])
        }
        translation.remark =
            "Google's own code computes GELU by tanh, timm exactly: --activation gelu_tanh gives Google's results"
        translation.facts = { weights in
            let (attention, first) = weights[blocks + "/LayerNorm_0/scale"] != nil ? (blocks, 2) : (blocks + "_0", 1)
            for number in [0, 1] {
                let key = "\(attention)/MultiHeadDotProductAttention_\(number)/query/kernel"
                if let heads = weights[key]?.shape[checked: first] { return ["num_heads": "\(heads)"] }
            }
            return [:]
        }
        translation.prepare = { weights in
            var result = StateDict()
            result.metadata = weights.metadata
            for (key, tensor) in weights.tensors {
                guard key.string.hasPrefix(blocks + "/") else {
                    result[key.string] = tensor
                    continue
                }
                for (index, item) in try tensor.items().enumerated() {
                    result["\(blocks)_\(index)\(key.string.dropFirst(blocks.count))"] = item
                }
            }
            return result
        }
        return translation
    }
}

extension MLPMixer {
    /// vit_jax' files.
    static let google = ["", "opt/target/", "params/"].map { prefix in
        KeyTranslation(
            name: "Google", anchors: [prefix + "stem/kernel", prefix + "MixerBlock_0/token_mixing/Dense_0/kernel"]
        ) { _ in
            let root = prefix.replacing("/", with: ".")
            let block = root + "MixerBlock_#"
            return GoogleKeys.convolution(root + "stem", "stem.proj")
                + GoogleKeys.norm(block + ".LayerNorm_0", "blocks.#.norm1")
                + GoogleKeys.norm(block + ".LayerNorm_1", "blocks.#.norm2")
                + GoogleKeys.perceptron(block + ".token_mixing", "blocks.#.mlp_tokens")
                + GoogleKeys.perceptron(block + ".channel_mixing", "blocks.#.mlp_channels")
                + GoogleKeys.norm(root + "pre_head_layer_norm", "norm") + GoogleKeys.dense(root + "head", "head")
        }
    }
}
