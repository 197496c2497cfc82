import GraphIR

/// "AM-RADIO: Agglomerative Vision Foundation Model", M. Ranzinger et al., 2023 (arXiv:2312.06709), and C-RADIO: NVIDIA's
/// own files, as timm's `_convert_radio` reads them.
extension ViT {
    static let radioKeys: KeyTranslation = {
        let model = "radio_model.model"
        let tokens = model + ".patch_generator.cls_token.token"
        var translation = KeyTranslation(
            name: "RADIO", anchors: [model + ".patch_generator.embedder.weight", model + ".blocks.0.attn.qkv.weight"]
        ) { _ in
            [
                .change(model + ".patch_generator.embedder", "patch_embed.proj", patches(of:)),
                .change(model + ".patch_generator.pos_embed", "pos_embed", quartered),
                .rename(model + ".blocks.#.ls1.grandma", "blocks.#.ls1.gamma"),
                .rename(model + ".blocks.#.ls2.grandma", "blocks.#.ls2.gamma"), .rename(model + ".blocks", "blocks"),
                .rename("cls_token", "cls_token"), .rename("reg_token", "reg_token"), .drop(""),
            ]
        }
        // One class token for each teacher: the first is timm's, the others count as registers.
        translation.prepare = { weights in
            try weights.cutting { key, tensor in
                guard key == tokens, tensor.shape.count == 2, tensor.shape[0] > 1 else { return nil }
                let (count, dim) = (tensor.shape[0], tensor.shape[1])
                return try [
                    ("cls_token", tensor.rows(0..<1).reshaped([1, 1, dim])),
                    ("reg_token", tensor.rows(1..<count).reshaped([1, count - 1, dim])),
                ]
            }
        }
        translation.finish = { weights in
            guard let kernel = weights["patch_embed.proj.weight"], let dim = kernel.shape.first else { return }
            weights["patch_embed.proj.bias"] = try .of(
                [Float](repeating: 0, count: dim), as: kernel.elementType, shape: [dim])
        }
        translation.remark = "positions are for a quarter of the table's side, as in timm's published RADIO models"
        return translation
    }()

    /// The table for images of a quarter of its height and width, resampled as timm's loader does it.
    private static let quartered: KeyTranslation.Change = { table in
        guard table.shape.count == 3 else { return table }
        let side = Int(Double(table.shape[1]).squareRoot())
        guard side > 0, side % 4 == 0 else { return table }
        return try PositionResampling.adapted(
            table, prefix: 0, from: ImageSize(side, side), to: ImageSize(side / 4, side / 4)
        ).derived ?? table
    }
}
