import Execution
import Formats
import Foundation
import GraphIR
import Parity
import Testing

@testable import Architectures

/// Checkpoints under other authors' keys: those of torchvision as it writes them, the others respelt here from timm's.
@Suite struct KeyFormatTests {
    @Test(
        "torchvision's own files give torchvision's own results",
        arguments: FamilyTests.folders.filter { $0.hasPrefix("format_") })
    func torchvision(name: String) throws {
        let mapped = try FamilyTests.map(name)
        let golden = try GoldenData.load("\(FamilyTests.folder)/\(name)/golden.npz")
        var options = SessionOptions()
        options.precision = .float64
        let found = try Session(mapped.model, options: options).run(["input": try #require(golden["input"])])
        let logits = try #require(found.values.first).doubles()
        let expected = try #require(golden["logits_f64"]).doubles()
        #expect(logits.count == expected.count)
        #expect(zip(logits, expected).allSatisfy { ($0 - $1).magnitude <= 1e-10 })
        #expect(mapped.notes.contains { $0.contains("torchvision") })
        #expect(try restoredStateDict(of: mapped.model)["blocks.0.attn.qkv.weight"] != nil)
    }

    @Test(
        "ViT_C in pycls' keys, of either branch of it, is torchvision's of the same weights", arguments: [false, true])
    func pyclsStem(isConfigsBranch: Bool) throws {
        let checkpoint = try FamilyTests.checkpoint("format_torchvision_conv_stem")
        let attention = "encoder.block_#.self_attention"
        let rules =
            [
                ("conv_proj.conv_last", "stem.cstem_last_conv"), ("encoder.ln", "encoder.ln"),
                ("encoder.layers.encoder_layer_#.ln_1", "encoder.block_#.ln_1"),
                ("encoder.layers.encoder_layer_#.ln_2", "encoder.block_#.ln_2"),
                ("encoder.layers.encoder_layer_#.mlp.0", "encoder.block_#.mlp_block.linear_1"),
                ("encoder.layers.encoder_layer_#.mlp.3", "encoder.block_#.mlp_block.linear_2"),
                (
                    "encoder.layers.encoder_layer_#.self_attention.in_proj_weight",
                    attention + (isConfigsBranch ? ".attn_proj.weight" : ".block.in_proj_weight")
                ),
                (
                    "encoder.layers.encoder_layer_#.self_attention.in_proj_bias",
                    attention + (isConfigsBranch ? ".attn_proj.bias" : ".block.in_proj_bias")
                ),
                (
                    "encoder.layers.encoder_layer_#.self_attention.out_proj",
                    attention + (isConfigsBranch ? ".out_proj" : ".block.out_proj")
                ),
                ("heads.head", "head.head_fc"), ("encoder.pos_embedding", "pos_embedding"),
            ]
            + (0..<8).flatMap { index in
                [
                    ("conv_proj.conv_bn_relu_\(index).0", "stem.cstem\(index)_conv"),
                    ("conv_proj.conv_bn_relu_\(index).1", "stem.cstem\(index)_bn"),
                ]
            }
        var pycls = StateDict()
        for (key, tensor) in checkpoint.stateDict.tensors {
            let name = rules.lazy.compactMap { translated(key.string, $0.0, $0.1) }.first ?? key.string
            // Sequence first, but in the branch of the configurations.
            let isTable = name == "pos_embedding" && !isConfigsBranch
            pycls[name] = isTable ? try tensor.reshaped([tensor.shape[1], 1, tensor.shape[2]]) : tensor
        }
        let options = try FamilyTests.options("format_torchvision_conv_stem")
        let mapped = try mapArchitecture(pycls, config: checkpoint.config, options: options)
        #expect(mapped.notes.contains { $0.contains("keys: pycls") })
        let plain = try mapArchitecture(checkpoint.stateDict, config: checkpoint.config, options: options)
        let input = try #require(
            GoldenData.load("\(FamilyTests.folder)/format_torchvision_conv_stem/golden.npz")["input"])
        let (a, b) = (try Session(mapped.model).run(["input": input]), try Session(plain.model).run(["input": input]))
        #expect(try a.values.first?.bytes().array() == b.values.first?.bytes().array())
        #expect(
            try Set(restoredStateDict(of: mapped.model).names) == Set(restoredStateDict(of: plain.model).names))
    }

    /// A respelling: a model of ours, the pattern of each key in the other format, and what it is here.
    struct Format: Sendable, CustomTestStringConvertible {
        var name: String
        var model: String
        /// From timm's module to the other format's, `#` for numbers.
        var keys: [(String, String)]
        /// Whether queries, keys and values are kept apart, under these names.
        var parts: (pattern: String, names: [String])?
        var testDescription: String { name }
    }

    static let formats = [
        Format(
            name: "Hugging Face ViT", model: "vit",
            keys: [
                ("cls_token", "vit.embeddings.cls_token"), ("pos_embed", "vit.embeddings.position_embeddings"),
                ("patch_embed.proj", "vit.embeddings.patch_embeddings.projection"),
                ("blocks.#.norm1", "vit.encoder.layer.#.layernorm_before"),
                ("blocks.#.norm2", "vit.encoder.layer.#.layernorm_after"),
                ("blocks.#.attn.proj", "vit.encoder.layer.#.attention.output.dense"),
                ("blocks.#.mlp.fc1", "vit.encoder.layer.#.intermediate.dense"),
                ("blocks.#.mlp.fc2", "vit.encoder.layer.#.output.dense"), ("norm", "vit.layernorm"),
                ("head", "classifier"),
            ], parts: ("vit.encoder.layer.#.attention.attention", ["query", "key", "value"])),
        Format(
            name: "Hugging Face DeiT", model: "deit_distilled",
            keys: [
                ("cls_token", "deit.embeddings.cls_token"), ("dist_token", "deit.embeddings.distillation_token"),
                ("pos_embed", "deit.embeddings.position_embeddings"),
                ("patch_embed.proj", "deit.embeddings.patch_embeddings.projection"),
                ("blocks.#.norm1", "deit.encoder.layer.#.layernorm_before"),
                ("blocks.#.norm2", "deit.encoder.layer.#.layernorm_after"),
                ("blocks.#.attn.proj", "deit.encoder.layer.#.attention.output.dense"),
                ("blocks.#.mlp.fc1", "deit.encoder.layer.#.intermediate.dense"),
                ("blocks.#.mlp.fc2", "deit.encoder.layer.#.output.dense"), ("norm", "deit.layernorm"),
                ("head", "cls_classifier"), ("head_dist", "distillation_classifier"),
            ], parts: ("deit.encoder.layer.#.attention.attention", ["query", "key", "value"])),
        Format(
            name: "Hugging Face DINOv3", model: "eva_dinov3",
            keys: [
                ("cls_token", "embeddings.cls_token"), ("reg_token", "embeddings.register_tokens"),
                ("patch_embed.proj", "embeddings.patch_embeddings"), ("blocks.#.norm1", "layer.#.norm1"),
                ("blocks.#.norm2", "layer.#.norm2"), ("blocks.#.gamma_1", "layer.#.layer_scale1.lambda1"),
                ("blocks.#.gamma_2", "layer.#.layer_scale2.lambda1"),
                ("blocks.#.attn.proj", "layer.#.attention.o_proj"),
                ("blocks.#.mlp.fc1_g", "layer.#.mlp.gate_proj"), ("blocks.#.mlp.fc1_x", "layer.#.mlp.up_proj"),
                ("blocks.#.mlp.fc2", "layer.#.mlp.down_proj"),
            ], parts: ("layer.#.attention", ["q_proj", "k_proj", "v_proj"])),
        Format(
            name: "DeiT III", model: "deit3",
            keys: [("blocks.#.ls1.gamma", "blocks.#.gamma_1"), ("blocks.#.ls2.gamma", "blocks.#.gamma_2")]),
        Format(
            name: "pycls", model: "vit",
            keys: [
                ("cls_token", "class_token"), ("pos_embed", "pos_embedding"),
                ("patch_embed.proj", "stem.patchify"), ("blocks.#.norm1", "encoder.block_#.ln_1"),
                ("blocks.#.norm2", "encoder.block_#.ln_2"),
                ("blocks.#.attn.qkv.weight", "encoder.block_#.self_attention.block.in_proj_weight"),
                ("blocks.#.attn.qkv.bias", "encoder.block_#.self_attention.block.in_proj_bias"),
                ("blocks.#.attn.proj", "encoder.block_#.self_attention.block.out_proj"),
                ("blocks.#.mlp.fc1", "encoder.block_#.mlp_block.linear_1"),
                ("blocks.#.mlp.fc2", "encoder.block_#.mlp_block.linear_2"), ("norm", "encoder.ln"),
                ("head", "head.head_fc"),
            ]),
        Format(
            name: "ResMLP", model: "resmlp",
            keys: [
                ("stem.proj", "patch_embed.proj"), ("blocks.#.linear_tokens", "blocks.#.attn"),
                ("blocks.#.ls1", "blocks.#.gamma_1"), ("blocks.#.ls2", "blocks.#.gamma_2"),
                ("blocks.#.mlp_channels", "blocks.#.mlp"),
            ]),
        Format(
            name: "Hugging Face CvT", model: "cvt",
            keys: [
                (
                    "stage#.patch_embed.proj",
                    "cvt.encoder.stages.#.embedding.convolution_embeddings.projection"
                ),
                (
                    "stage#.patch_embed.norm",
                    "cvt.encoder.stages.#.embedding.convolution_embeddings.normalization"
                ),
                ("stage#.cls_token", "cvt.encoder.stages.#.cls_token"),
                ("stage#.blocks.#.norm1", "cvt.encoder.stages.#.layers.#.layernorm_before"),
                ("stage#.blocks.#.norm2", "cvt.encoder.stages.#.layers.#.layernorm_after"),
                ("stage#.blocks.#.attn.proj", "cvt.encoder.stages.#.layers.#.attention.output.dense"),
                ("stage#.blocks.#.mlp.fc1", "cvt.encoder.stages.#.layers.#.intermediate.dense"),
                ("stage#.blocks.#.mlp.fc2", "cvt.encoder.stages.#.layers.#.output.dense"),
                ("norm", "layernorm"), ("head", "classifier"),
            ]
                + [("q", "query"), ("k", "key"), ("v", "value")].flatMap { short, long in
                    let attention = "cvt.encoder.stages.#.layers.#.attention.attention"
                    let convolution = "\(attention).convolution_projection_\(long).convolution_projection"
                    return [
                        ("stage#.blocks.#.attn.conv_proj_\(short).conv", "\(convolution).convolution"),
                        ("stage#.blocks.#.attn.conv_proj_\(short).bn", "\(convolution).normalization"),
                        ("stage#.blocks.#.attn.proj_\(short)", "\(attention).projection_\(long)"),
                    ]
                }),
    ]

    /// Keys of ResNet in formats that count their stages and blocks otherwise.
    static let resNetBlocks: [Format] = {
        let modules = [
            ("conv1", "a"), ("bn1", "a_bn"), ("conv2", "b"), ("bn2", "b_bn"), ("conv3", "c"), ("bn3", "c_bn"),
        ]
        var pycls = [("conv1", "stem.conv"), ("bn1", "stem.bn"), ("fc", "head.fc")]
        var huggingFace = [
            ("conv1", "resnet.embedder.embedder.convolution"), ("bn1", "resnet.embedder.embedder.normalization"),
            ("fc", "classifier.1"),
        ]
        for stage in 1...4 {
            let layer = "resnet.encoder.stages.\(stage - 1).layers.#"
            for block in 0..<2 {
                let (old, new) = ("layer\(stage).\(block)", "s\(stage).b\(block + 1)")
                pycls += modules.map { ("\(old).\($0.0)", "\(new).f.\($0.1)") }
                pycls += [("\(old).downsample.0", "\(new).proj"), ("\(old).downsample.1", "\(new).bn")]
            }
            for index in 0..<3 {
                huggingFace += [
                    ("layer\(stage).#.conv\(index + 1)", "\(layer).layer.\(index).convolution"),
                    ("layer\(stage).#.bn\(index + 1)", "\(layer).layer.\(index).normalization"),
                ]
            }
            huggingFace += [
                ("layer\(stage).#.downsample.0", "\(layer).shortcut.convolution"),
                ("layer\(stage).#.downsample.1", "\(layer).shortcut.normalization"),
            ]
        }
        return [
            Format(name: "pycls ResNet", model: "resnet_bottleneck", keys: pycls),
            Format(name: "Hugging Face ResNet", model: "resnet_bottleneck", keys: huggingFace),
            Format(name: "Hugging Face ResNet of basic blocks", model: "resnet_basic", keys: huggingFace),
        ]
    }()

    /// Models within others: a prefix before every key, and keys that aren't the model's.
    struct Wrapping: Sendable, CustomTestStringConvertible {
        var name: String
        var model: String
        var prefix: String
        var others: [String]
        var testDescription: String { name }
    }

    static let wrappings = [
        Wrapping(
            name: "MoCo", model: "resnet_bottleneck", prefix: "encoder_q.",
            others: ["encoder_k.conv1.weight", "queue", "queue_ptr"]),
        Wrapping(
            name: "MoCo v3 ResNet", model: "resnet_basic", prefix: "base_encoder.",
            others: ["momentum_encoder.conv1.weight", "predictor.0.weight"]),
        Wrapping(
            name: "VISSL", model: "resnet_bottleneck", prefix: "trunk._feature_blocks.", others: ["heads.0.clf.weight"]),
        Wrapping(
            name: "MoCo v3", model: "vit", prefix: "base_encoder.",
            others: ["momentum_encoder.cls_token", "predictor.0.weight"]),
        Wrapping(
            name: "MAE", model: "vit", prefix: "", others: ["decoder_embed.weight", "decoder_pos_embed", "mask_token"]),
        Wrapping(name: "TIPS", model: "vit", prefix: "vision_encoder.", others: ["text_encoder.pos_embed"]),
        Wrapping(name: "DINOv2", model: "vit", prefix: "", others: ["mask_token"]),
    ]

    @Test("A model within another is found, and what is around it is left out", arguments: wrappings)
    func wrapped(format: Wrapping) throws {
        let checkpoint = try FamilyTests.checkpoint(format.model)
        var wrapped = StateDict()
        for (key, tensor) in checkpoint.stateDict.tensors where !["head", "fc"].contains(where: key.string.hasPrefix) {
            wrapped[format.prefix + key.string] = tensor
        }
        let plain = wrapped
        for key in format.others { wrapped[key] = try Tensor([Float(1), 2], shape: [2]) }
        var options = MappingOptions()
        options.imageSize = (32, 32)
        let mapped = try mapArchitecture(wrapped, config: checkpoint.config, options: options)
        let back = try restoredStateDict(of: mapped.model)
        #expect(back.names == plain.names.map { String($0.dropFirst(format.prefix.count)) })
        for name in back.names {
            #expect(try back[name]?.bytes().array() == checkpoint.stateDict[name]?.bytes().array(), "\(name)")
        }
        #expect(mapped.notes.contains { $0.contains("\(format.others.count) tensors") })
        #expect(mapped.model.graph.outputs.map { mapped.model.graph[$0].name } == ["features"])
    }

    @Test("Respelt keys give the same model, and come back as timm's", arguments: formats + resNetBlocks)
    func respelt(format: Format) throws {
        let checkpoint = try FamilyTests.checkpoint(format.model)
        let original = checkpoint.stateDict
        var respelt = StateDict()
        for (key, tensor) in original.tensors {
            if let parts = format.parts, let place = translated(key.string, "blocks.#.attn.qkv", parts.pattern) {
                let suffix = key.string.split(separator: ".").last.map(String.init) ?? ""
                let module = place.dropLast(suffix.count)
                let rows = tensor.shape[0] / 3
                let size = try tensor.bytes().count / 3
                for (index, name) in parts.names.enumerated() {
                    respelt["\(module)\(name).\(suffix)"] = try Tensor(
                        .float32, shape: [rows] + tensor.shape.dropFirst(),
                        bytes: tensor.bytes().slice(at: index * size, count: size))
                }
                continue
            }
            let new = format.keys.lazy.compactMap { translated(key.string, $0.0, $0.1) }.first ?? key.string
            respelt[new] = tensor
        }
        #expect(respelt.names != original.names)
        var options = MappingOptions()
        options.imageSize = format.model == "cvt" ? (64, 64) : (32, 32)
        options.activation = format.model == "cvt" ? "quick_gelu" : "gelu"
        let mapped = try mapArchitecture(respelt, config: checkpoint.config, options: options)
        let plain = try mapArchitecture(original, config: checkpoint.config, options: options)
        let input = try #require(
            try GoldenData.load("\(FamilyTests.folder)/\(format.model)/golden.npz")["input"])
        let (a, b) = (try Session(mapped.model).run(["input": input]), try Session(plain.model).run(["input": input]))
        #expect(try a.values.first?.bytes().array() == b.values.first?.bytes().array())
        let back = try restoredStateDict(of: mapped.model)
        #expect(Set(back.names) == Set(original.names))
        for name in back.names {
            #expect(try back[name]?.bytes().array() == original[name]?.bytes().array(), "\(name)")
        }
    }

    @Test("What only a name tells is not taken for something else", arguments: ["vit_x_rope_ape_224"])
    func namesOfStrangers(name: String) throws {
        let config = JSONValue.object([("architecture", .string(name)), ("num_heads", .number("3"))])
        let weights = try FamilyTests.checkpoint("vit").stateDict
        #expect(throws: MappingError.self) { try mapArchitecture(weights, config: config) }
        let plain = JSONValue.object([("architecture", .string("vit_x_224")), ("num_heads", .number("3"))])
        #expect(try mapArchitecture(weights, config: plain).notes.contains { $0.contains("isn't a name of vit") })
    }
}
