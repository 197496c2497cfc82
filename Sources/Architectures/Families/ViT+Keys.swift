import GraphIR

extension ViT {
    /// Key formats of other authors.
    static let translations: [KeyTranslation] =
        [deit3, older, torchvision] + ["", "vit.", "deit."].map(huggingFace)
        + [
            pycls(attention: "self_attention.block", anchor: "in_proj_weight"),
            pycls(attention: "self_attention", anchor: "attn_proj.weight"),
        ] + google + towers + [radioKeys]

    private static let deit3 = KeyTranslation(
        name: "DeiT III", anchors: ["blocks.0.gamma_1", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight"]
    ) { _ in
        [
            .rename("blocks.#.gamma_1", "blocks.#.ls1.gamma"), .rename("blocks.#.gamma_2", "blocks.#.ls2.gamma"),
        ]
    }

    /// timm's first models: patches through a linear layer, and a representation layer that its models no longer have.
    private static let older: KeyTranslation = {
        var translation = KeyTranslation(
            name: "older timm", anchors: ["patch_embed.proj.weight", "blocks.0.norm1.weight"]
        ) { weights in
            let hasRepresentation = weights["pre_logits.fc.weight"] != nil
            return [
                .change("patch_embed.proj.weight", "patch_embed.proj.weight", patches(of:)),
                .drop("pre_logits"),
                // What stands behind the layer is of no use without it.
            ] + (hasRepresentation ? [.drop("head")] : [])
        }
        translation.applies = {
            $0["patch_embed.proj.weight"]?.shape.count == 2 || $0["pre_logits.fc.weight"] != nil
        }
        return translation
    }()

    /// Kernels of square patches of three channels from the matrix of a linear layer.
    @Sendable static func patches(of matrix: Tensor) throws -> Tensor {
        guard matrix.shape.count == 2 else { return matrix }
        let side = Int((Double(matrix.shape[1]) / 3).squareRoot())
        guard side.multiplied(checked: side)?.multiplied(checked: 3) == matrix.shape[1] else { return matrix }
        return try matrix.reshaped([matrix.shape[0], 3, side, side])
    }

    private static func huggingFace(_ prefix: String) -> KeyTranslation {
        let layer = prefix + "encoder.layer.#"
        return KeyTranslation(
            name: "Hugging Face",
            anchors: [
                prefix + "embeddings.patch_embeddings.projection.weight",
                prefix + "encoder.layer.0.attention.attention.query.weight",
            ]
        ) { _ in
            let parts = ["query", "key", "value"].map { layer + ".attention.attention." + $0 }
            return [
                .rename(prefix + "embeddings.cls_token", "cls_token"),
                .rename(prefix + "embeddings.distillation_token", "dist_token"),
                .rename(prefix + "embeddings.position_embeddings", "pos_embed"),
                .rename(prefix + "embeddings.patch_embeddings.projection", "patch_embed.proj"),
                .drop(prefix + "embeddings.mask_token"), .drop(prefix + "pooler"),
                .stack(parts.map { $0 + ".weight" }, "blocks.#.attn.qkv.weight"),
                .stack(parts.map { $0 + ".bias" }, "blocks.#.attn.qkv.bias"),
                .rename(layer + ".attention.output.dense", "blocks.#.attn.proj"),
                .rename(layer + ".intermediate.dense", "blocks.#.mlp.fc1"),
                .rename(layer + ".output.dense", "blocks.#.mlp.fc2"),
                .rename(layer + ".layernorm_before", "blocks.#.norm1"),
                .rename(layer + ".layernorm_after", "blocks.#.norm2"),
                .rename(prefix + "layernorm", "norm"), .rename("classifier", "head"),
                .rename("cls_classifier", "head"), .rename("distillation_classifier", "head_dist"),
            ]
        }
    }

    private static let torchvision = KeyTranslation(
        name: "torchvision", anchors: ["class_token", "encoder.layers.encoder_layer_0.ln_1.weight"]
    ) { weights in
        let layer = "encoder.layers.encoder_layer_#"
        return stem(
            weights, convolution: { "conv_proj.conv_bn_relu_\($0).0" }, norm: { "conv_proj.conv_bn_relu_\($0).1" },
            last: "conv_proj.conv_last")
            + block(layer, attention: "self_attention") + perceptron(layer + ".mlp", "linear_1", "linear_2")
            + perceptron(layer + ".mlp", "0", "3")
            + [
                .rename("conv_proj", "patch_embed.proj"), .rename("class_token", "cls_token"),
                .rename("encoder.pos_embedding", "pos_embed"), .rename("encoder.ln", "norm"),
                .rename("heads.head", "head"),
            ]
    }

    private static func pycls(attention: String, anchor: String) -> KeyTranslation {
        KeyTranslation(name: "pycls", anchors: ["pos_embedding", "encoder.block_0.\(attention).\(anchor)"]) { weights in
            stem(
                weights, convolution: { "stem.cstem\($0)_conv" }, norm: { "stem.cstem\($0)_bn" },
                last: "stem.cstem_last_conv")
                + block("encoder.block_#", attention: attention)
                + perceptron("encoder.block_#.mlp_block", "linear_1", "linear_2")
                + [
                    .rename("stem.patchify", "patch_embed.proj"), .rename("class_token", "cls_token"),
                    // Sequence first: [n, 1, D], the same bytes as [1, n, D].
                    .change("pos_embedding", "pos_embed") { tensor in
                        guard tensor.shape.count == 3, tensor.shape[1] == 1 else { return tensor }
                        return try tensor.reshaped([1, tensor.shape[0], tensor.shape[2]])
                    },
                    .rename("encoder.ln", "norm"), .rename("head.head_fc", "head"),
                ]
        }
    }

    /// A stem of convolutions in MoCo v3's keys: three modules each, convolution, norm, ReLU, then the last convolution.
    private static func stem(
        _ weights: StateDict, convolution: (Int) -> String, norm: (Int) -> String, last: String
    ) -> [KeyTranslation.Rule] {
        var count = 0
        while weights[convolution(count) + ".weight"] != nil { count += 1 }
        return (0..<count).flatMap { index -> [KeyTranslation.Rule] in
            [
                .rename(convolution(index), "patch_embed.proj.\(3 * index)"),
                .rename(norm(index), "patch_embed.proj.\(3 * index + 1)"),
            ]
        } + [.rename(last, "patch_embed.proj.\(3 * count)")]
    }

    /// Norms and attention of a block, with PyTorch's own multi-head attention.
    static func block(_ old: String, attention: String) -> [KeyTranslation.Rule] {
        [
            .rename("\(old).ln_1", "blocks.#.norm1"), .rename("\(old).ln_2", "blocks.#.norm2"),
            .rename("\(old).\(attention).in_proj_weight", "blocks.#.attn.qkv.weight"),
            .rename("\(old).\(attention).in_proj_bias", "blocks.#.attn.qkv.bias"),
            .rename("\(old).\(attention).attn_proj", "blocks.#.attn.qkv"),
            .rename("\(old).\(attention).out_proj", "blocks.#.attn.proj"),
        ]
    }

    static func perceptron(_ old: String, _ first: String, _ second: String) -> [KeyTranslation.Rule] {
        [.rename("\(old).\(first)", "blocks.#.mlp.fc1"), .rename("\(old).\(second)", "blocks.#.mlp.fc2")]
    }
}
