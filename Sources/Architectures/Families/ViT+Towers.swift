import GraphIR

/// Vision transformers within other models: CLIP's image towers, and what self-supervised training leaves around them. As
/// timm's `checkpoint_filter_fn` (`vision_transformer.py`) reads them.
extension ViT {
    static let towers: [KeyTranslation] =
        [openAI("visual."), openAI("")]
        + [
            tower(
                "OpenCLIP", "visual.trunk", anchors: ["visual.trunk.blocks.0.norm1.weight"], head: "visual.head.proj"),
            tower("TIPS", "vision_encoder", anchors: ["vision_encoder.blocks.0.norm1.weight"], isDINO: true),
            tower("MoCo v3", "base_encoder", anchors: ["base_encoder.blocks.0.norm1.weight"], dropsHead: true),
            tower("MAE", "", anchors: ["decoder_embed.weight", "blocks.0.norm1.weight"]),
            tower("DINOv2", "", anchors: ["mask_token", "blocks.0.norm1.weight"], isDINO: true), aimv2Keys, beit3Keys,
        ]

    /// OpenAI's towers, which OpenCLIP writes, too.
    private static func openAI(_ prefix: String) -> KeyTranslation {
        var translation = KeyTranslation(
            name: "CLIP",
            anchors: [
                prefix + "class_embedding", prefix + "conv1.weight", prefix + "transformer.resblocks.0.ln_1.weight",
            ]
        ) { _ in
            let root = prefix
            let layer = root + "transformer.resblocks.#"
            return block(layer, attention: "attn") + perceptron(layer + ".mlp", "c_fc", "c_proj")
                + [
                    .rename(layer + ".ls_1", "blocks.#.ls1"), .rename(layer + ".ls_2", "blocks.#.ls2"),
                    .change(root + "class_embedding", "cls_token") { try $0.reshaped([1, 1, $0.count]) },
                    .change(root + "positional_embedding", "pos_embed") { try $0.reshaped([1] + $0.shape) },
                    .rename(root + "conv1", "patch_embed.proj"), .rename(root + "ln_pre", "norm_pre"),
                    .rename(root + "ln_post", "norm"),
                    .change(root + "proj", "head.weight") { try $0.permuted([1, 0]) }, .drop(""),
                ]
        }
        translation.finish = addZeroBias
        translation.facts = { weights in
            // OpenAI's own archives say how long a text may be; they alone have the quick form of GELU.
            let isOpenAIs = weights["context_length"] != nil && weights["input_resolution"] != nil
            return ["norm_eps": "1e-5"].merging(isOpenAIs ? ["act_layer": "quick_gelu"] : [:]) { $1 }
        }
        return translation
    }

    /// timm's model, or one with its keys, under a prefix; whatever is beside it is left out.
    private static func tower(
        _ name: String, _ prefix: String, anchors: [String], head: String? = nil, isDINO: Bool = false,
        dropsHead: Bool = false
    ) -> KeyTranslation {
        let root = prefix.isEmpty ? "" : prefix + "."
        var translation = KeyTranslation(name: name, anchors: anchors) { _ in
            var rules: [KeyTranslation.Rule] = [.drop(root + "mask_token")]
            rules += ["embed", "blocks", "norm", "pred", "pos_embed"].map { .drop(root + "decoder_" + $0) }
            if let head { rules.append(.rename(head, "head")) }
            if dropsHead { rules.append(.drop(root + "head")) }
            if isDINO {
                rules += [
                    .rename(root + "register_tokens", "reg_token"),
                    .rename(root + "blocks.#.mlp.w12", "blocks.#.mlp.fc1"),
                    .rename(root + "blocks.#.mlp.w3", "blocks.#.mlp.fc2"),
                ]
                rules += ["ls1", "ls2"].map { .rename(root + "blocks.#.\($0)", "blocks.#.\($0)") }
            }
            return rules + (prefix.isEmpty ? [] : [.rename(prefix, ""), .drop("")])
        }
        translation.finish = { weights in
            if head != nil { try addZeroBias(&weights) }
            if isDINO { try addClassPosition(&weights) }
        }
        if name == "MoCo v3" {
            // The only models of this width with heads of 32 channels.
            translation.facts = { weights in
                weights["base_encoder.cls_token"]?.shape.last == 384 ? ["num_heads": "12"] : [:]
            }
        }
        return translation
    }

    /// A projection without a bias as a head with one of zeros, which timm's model has.
    static let addZeroBias: @Sendable (inout StateDict) throws -> Void = { weights in
        guard let head = weights["head.weight"], let rows = head.shape.first, weights["head.bias"] == nil else {
            return
        }
        let count = try Tensor.byteCount(head.elementType, shape: [rows])
        weights["head.bias"] = try Tensor(head.elementType, shape: [rows], bytes: Bytes(ZeroSource(count: count)))
    }

    /// With registers timm gives the class token no position: the one that it has is added to it once and for all.
    private static let addClassPosition: @Sendable (inout StateDict) throws -> Void = { weights in
        guard weights["reg_token"] != nil, let token = weights["cls_token"], let table = weights["pos_embed"],
            table.shape.count == 3, table.shape[0] == 1, table.shape[1] > 1, token.shape == [1, 1, table.shape[2]],
            token.elementType == table.elementType
        else { return }
        let rows = try table.reshaped([table.shape[1], table.shape[2]]).items()
        let first = try rows[0].reshaped(token.shape)
        if token.elementType == .float64 {
            let sum = zip(try token.array(of: Double.self), try first.array(of: Double.self)).map { $0 + $1 }
            weights["cls_token"] = try Tensor(sum, shape: token.shape)
        } else {
            let sum = zip(try token.floats(), try first.floats()).map { $0 + $1 }
            weights["cls_token"] = try .of(sum, as: token.elementType, shape: token.shape)
        }
        let whole = try table.bytes()
        let size = whole.count / table.shape[1]
        weights["pos_embed"] = try Tensor(
            table.elementType, shape: [1, table.shape[1] - 1, table.shape[2]],
            bytes: whole.slice(at: size, count: whole.count - size))
    }
}
