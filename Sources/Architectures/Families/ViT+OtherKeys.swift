import GraphIR

extension ViT {
    /// Apple's AIMv2.
    static let aimv2Keys = KeyTranslation(
        name: "AIMv2", anchors: ["preprocessor.patchifier.proj.weight", "trunk.blocks.0.norm_1.weight"]
    ) { _ in
        [
            .rename("preprocessor.patchifier", "patch_embed"), .rename("preprocessor.pos_embed", "pos_embed"),
            .rename("trunk.blocks.#.norm_1", "blocks.#.norm1"), .rename("trunk.blocks.#.norm_2", "blocks.#.norm2"),
            .rename("trunk.blocks.#.mlp.fc1", "blocks.#.mlp.fc1_g"),
            .rename("trunk.blocks.#.mlp.fc3", "blocks.#.mlp.fc1_x"), .rename("trunk.post_trunk_norm", "norm"),
            .rename("trunk", ""),
        ]
    }

    /// BEiT 3: of its experts that for images, A. Its first two positions are the text's.
    static let beit3Keys = KeyTranslation(
        name: "BEiT 3", anchors: ["beit3.vision_embed.proj.weight", "beit3.encoder.layers.0.self_attn.q_proj.A.weight"]
    ) { weights in
        let layer = "beit3.encoder.layers.#"
        var rules = ["weight", "bias"].map { kind in
            KeyTranslation.Rule.stack(
                ["q", "k", "v"].map { "\(layer).self_attn.\($0)_proj.A.\(kind)" }, "blocks.#.attn.qkv.\(kind)")
        }
        rules += [
            ("self_attn.inner_attn_ln.A", "attn.norm"), ("self_attn.out_proj.A", "attn.proj"),
            ("self_attn_layer_norm.A", "norm1"), ("final_layer_norm.A", "norm2"), ("ffn.A.fc1", "mlp.fc1"),
            ("ffn.A.ffn_layernorm", "mlp.norm"), ("ffn.A.fc2", "mlp.fc2"),
        ].map { .rename("\(layer).\($0.0)", "blocks.#.\($0.1)") }
        return rules + [
            .rename("beit3.vision_embed.cls_token", "cls_token"),
            .rename("beit3.vision_embed.proj", "patch_embed.proj"),
            .change("beit3.encoder.embed_positions.A.weight", "pos_embed") { table in
                guard table.shape.count == 2, table.shape[0] > 2 else { return table }
                let bytes = try table.bytes()
                let skipped = bytes.count / table.shape[0] * 2
                return try Tensor(
                    table.elementType, shape: [1, table.shape[0] - 2, table.shape[1]],
                    bytes: bytes.slice(at: skipped, count: bytes.count - skipped))
            },
            .drop("beit3"),
        ]
    }
}
