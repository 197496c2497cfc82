import GraphIR

/// Google's checkpoints of JAX: arrays in `.npz` files, matrices as `[in, out]`, kernels as `[height, width, in, out]`, heads
/// apart. Read as timm reads them (`_load_weights`); all is a matter of order, no number changes.
enum GoogleKeys {
    /// A matrix `[in, out]` as PyTorch's `[out, in]`.
    static let matrix: KeyTranslation.Change = { try $0.permuted([1, 0]) }
    /// A kernel `[height, width, in, out]` as `[out, in, height, width]`.
    static let kernel: KeyTranslation.Change = { try $0.permuted([3, 2, 0, 1]) }
    /// Projections `[in, heads, d]` as `[heads·d, in]`.
    static let toHeads: KeyTranslation.Change = { try $0.joined(1...2).permuted([1, 0]) }
    /// Their biases `[heads, d]` as `[heads·d]`.
    static let headBias: KeyTranslation.Change = { try $0.joined(0...1) }
    /// The projection `[heads, d, out]` as `[out, heads·d]`.
    static let fromHeads: KeyTranslation.Change = { try $0.joined(0...1).permuted([1, 0]) }

    static func norm(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.rename("\(old).scale", "\(new).weight"), .rename("\(old).bias", "\(new).bias")]
    }

    static func dense(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.change("\(old).kernel", "\(new).weight", matrix), .rename("\(old).bias", "\(new).bias")]
    }

    static func convolution(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.change("\(old).kernel", "\(new).weight", kernel), .rename("\(old).bias", "\(new).bias")]
    }

    static func perceptron(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        dense("\(old).Dense_0", "\(new).fc1") + dense("\(old).Dense_1", "\(new).fc2")
    }

    /// The projections `names` of an attention as one matrix.
    static func projections(_ old: String, _ names: [String], _ new: String) -> [KeyTranslation.Rule] {
        [
            .stack(names.map { "\(old).\($0).kernel" }, "\(new).weight", toHeads),
            .stack(names.map { "\(old).\($0).bias" }, "\(new).bias", headBias),
        ]
    }

    /// The ResNet before the patches of a hybrid, or its stem alone. Stages and units are counted from one, and norms have
    /// shapes `[1, 1, 1, C]`. Which model that is, the atlas knows.
    static func backbone(_ weights: StateDict, _ prefix: String) -> [KeyTranslation.Rule] {
        let root = prefix.replacing("/", with: ".")
        let new = "patch_embed.backbone."
        func layer(_ old: (convolution: String, norm: String), _ convolution: String, _ norm: String)
            -> [KeyTranslation.Rule]
        {
            [.change("\(root)\(old.convolution).kernel", "\(new)\(convolution).weight", kernel)]
                + [("scale", "weight"), ("bias", "bias")].map { kind, name in
                    .change("\(root)\(old.norm).\(kind)", "\(new)\(norm).\(name)") { try $0.reshaped([$0.count]) }
                }
        }
        var rules: [KeyTranslation.Rule] = []
        var stage = 1
        while weights["\(prefix)block\(stage)/unit1/conv1/kernel"] != nil {
            var unit = 1
            while weights["\(prefix)block\(stage)/unit\(unit)/conv1/kernel"] != nil {
                let old = "block\(stage).unit\(unit)."
                let block = "stages.\(stage - 1).blocks.\(unit - 1)."
                for index in 1...3 {
                    rules += layer(
                        (old + "conv\(index)", old + "gn\(index)"), "\(block)conv\(index)", "\(block)norm\(index)")
                }
                rules += layer(
                    (old + "conv_proj", old + "gn_proj"), block + "downsample.conv", block + "downsample.norm")
                unit += 1
            }
            stage += 1
        }
        let stem = stage > 1 ? "stem." : ""
        return rules + layer(("conv_root", "gn_root"), stem + "conv", stem + "norm")
    }

    static func output(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.change("\(old).out.kernel", "\(new).proj.weight", fromHeads), .rename("\(old).out.bias", "\(new).proj.bias")]
    }
}

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
