import Testing
import Weightbridge

/// Which of the two, a family or the atlas, weights are taken by.
@Suite struct MapWeightsTests {
    private func zeros(_ shape: [Int]) throws -> Tensor {
        try Tensor([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
    }

    /// A ViT whose patches are cut from the stem of a ResNet: `vit_tiny_r_s16_p8_224`.
    private func hybrid() throws -> StateDict {
        var weights = try initializeCheckpoint(architecture: "vit_tiny_patch16_224", seed: 1)
        weights["patch_embed.proj.weight"] = try zeros([192, 64, 8, 8])
        weights["pos_embed"] = try zeros([1, 50, 192])
        weights["patch_embed.backbone.conv.weight"] = try zeros([64, 3, 7, 7])
        weights["patch_embed.backbone.norm.weight"] = try zeros([64])
        weights["patch_embed.backbone.norm.bias"] = try zeros([64])
        return weights
    }

    @Test(
        "What a family would leave tensors of out and the atlas knows whole, is the atlas's", arguments: [false, true])
    func hybridIsTheAtlass(allowsUnused: Bool) throws {
        var options = MappingOptions()
        options.allowUnused = allowsUnused
        let mapped = try mapWeights(hybrid(), config: nil, options: options)
        #expect(mapped.architecture == "vit_tiny_r_s16_p8_224" && mapped.unused.isEmpty)
    }

    @Test("Google's hybrid is read as timm reads it")
    func googleHybrid() throws {
        let own = try hybrid()
        var google = StateDict()
        for (key, tensor) in own.tensors {
            let name = key.string
            var parts = name.split(separator: ".").map(String.init)
            let isMatrix = tensor.shape.count == 2
            let kind = parts.removeLast() == "bias" ? "bias" : isMatrix || tensor.shape.count == 4 ? "kernel" : "scale"
            let shape = tensor.shape
            switch parts.joined(separator: ".") {
            case "patch_embed.backbone.conv": google["conv_root/kernel"] = try zeros([7, 7, 3, 64])
            case "patch_embed.backbone.norm": google["gn_root/\(kind)"] = try zeros([1, 1, 1, 64])
            case "patch_embed.proj":
                google["embedding/\(kind)"] = kind == "bias" ? tensor : try zeros([8, 8, 64, 192])
            case "norm": google["Transformer/encoder_norm/\(kind)"] = tensor
            case "head": google["head/\(kind)"] = kind == "bias" ? tensor : try zeros(shape.reversed())
            case "": google[name == "cls_token" ? "cls" : "Transformer/posembed_input/pos_embedding"] = tensor
            default:
                let block = "Transformer/encoderblock_\(parts[1])/"
                let heads = block + "MultiHeadDotProductAttention_1/"
                switch parts.dropFirst(2).joined(separator: ".") {
                case "norm1": google[block + "LayerNorm_0/\(kind)"] = tensor
                case "norm2": google[block + "LayerNorm_2/\(kind)"] = tensor
                case "attn.qkv":
                    for part in ["query", "key", "value"] {
                        google[heads + "\(part)/\(kind)"] = try zeros(isMatrix ? [192, 3, 64] : [3, 64])
                    }
                case "attn.proj":
                    google[heads + "out/\(kind)"] = isMatrix ? try zeros([3, 64, 192]) : tensor
                default:
                    let place = parts.last == "fc1" ? 0 : 1
                    google[block + "MlpBlock_3/Dense_\(place)/\(kind)"] =
                        isMatrix ? try zeros(shape.reversed()) : tensor
                }
            }
        }
        let mapped = try mapWeights(google, config: nil)
        #expect(mapped.architecture == "vit_tiny_r_s16_p8_224")
        #expect(mapped.notes.contains { $0.contains("keys: Google") })
        let back = try restoredStateDict(of: mapped.model)
        #expect(Set(back.names) == Set(own.names))
        for name in back.names { #expect(back[name]?.shape == own[name]?.shape, "\(name)") }
    }

    @Test("The older SE-ResNets have a name of their own")
    func olderSEResNet() throws {
        var weights = StateDict()
        for (key, tensor) in try initializeCheckpoint(architecture: "resnet18", seed: 1).tensors {
            let first = key.string.prefix { $0 != "." }
            let renamed = ["conv1": "layer0.conv1", "bn1": "layer0.bn1", "fc": "last_linear"][String(first)]
            weights[(renamed ?? String(first)) + key.string.dropFirst(first.count)] = tensor
        }
        for (stage, width) in [(1, 64), (2, 128), (3, 256), (4, 512)] {
            for block in 0..<2 {
                for (name, shape) in [("fc1", [width / 16, width]), ("fc2", [width, width / 16])] {
                    let module = "layer\(stage).\(block).se_module.\(name)"
                    weights[module + ".weight"] = try zeros(shape + [1, 1])
                    weights[module + ".bias"] = try zeros([shape[0]])
                }
            }
        }
        #expect(try mapWeights(weights, config: nil).architecture == "legacy_seresnet18")
    }

    @Test("What has the same names and shapes but is of another kind is named")
    func strangers() throws {
        var weights = StateDict()
        for (key, tensor) in try initializeCheckpoint(architecture: "deit3_small_patch16_224", seed: 1).tensors {
            let name = key.string.replacing("ls1.gamma", with: "gamma_1").replacing("ls2.gamma", with: "gamma_2")
            weights[name] = tensor
        }
        let mapped = try mapWeights(weights, config: nil)
        #expect(mapped.architecture == "deit3_small_patch16_224")
        #expect(
            mapped.notes.contains { $0.contains("vit_small_patch16_rope_ape_224") && $0.contains("--architecture") })
        var options = MappingOptions()
        options.architecture = "vit_small_patch16_rope_ape_224"
        #expect(try mapWeights(weights, config: nil, options: options).architecture == options.architecture)
        options.architecture = "deit3_small_patch16_224"
        #expect(try mapWeights(weights, config: nil, options: options).notes.allSatisfy { !$0.contains("rope") })
    }

    @Test("The diagnosis is of the architecture that is asked for; a config.json that isn't the weights' is said so")
    func named() throws {
        let weights = try initializeCheckpoint(architecture: "resnet18", seed: 1)
        var options = MappingOptions()
        options.architecture = "resnet50"
        let error = #expect(throws: MappingError.self) { try mapWeights(weights, config: nil, options: options) }
        #expect(error?.problem.contains("resnet50") == true && error?.report.contains("layer1.0.conv3.weight") == true)
        let config = JSONValue.object([("architecture", .string("resnet50"))])
        let mapped = try mapWeights(weights, config: config)
        #expect(mapped.architecture == "resnet18")
        #expect(mapped.notes.contains { $0.contains("resnet50 has other layers") })
        // Another image size is no other architecture.
        let small = try initializeCheckpoint(architecture: "vit_tiny_patch16_384", seed: 1)
        options.architecture = "vit_tiny_patch16_224"
        #expect(try mapWeights(small, config: nil, options: options).architecture == "vit_tiny_patch16_384")
        // Nor is another pooling.
        var pooled = small
        for kind in ["weight", "bias"] {
            pooled["fc_norm." + kind] = small["norm." + kind]
            pooled["norm." + kind] = nil
        }
        let tuned = try mapWeights(pooled, config: nil, options: options)
        #expect(tuned.family == "vit" && tuned.unused.isEmpty)
    }

    @Test("Weights of another size than the architecture that config.json names and only the atlas has")
    func otherSize() throws {
        let weights = try initializeCheckpoint(architecture: "vit_tiny_patch16_224", seed: 1)
        let known = JSONValue.object([("architecture", .string("vit_base_patch32_clip_quickgelu_224"))])
        let mapped = try mapWeights(weights, config: known)
        #expect(mapped.architecture == "vit_tiny_patch16_224")
        #expect(mapped.notes.contains { $0.contains("vit_base_patch32_clip_quickgelu_224") })
        let strange = JSONValue.object([("architecture", .string("swin_tiny_patch4_window7_224"))])
        let other = try mapWeights(weights, config: strange)
        #expect(other.architecture == "vit_tiny_patch16_224")
        #expect(
            other.notes.contains { $0.contains("swin_tiny_patch4_window7_224") && $0.contains("isn't a name of vit") })
    }

    @Test("An architecture that only a family has is no business of the atlas")
    func familyAlone() throws {
        let weights = try initializeCheckpoint(architecture: "vit_tiny_patch16_224", seed: 1)
        var options = MappingOptions()
        options.architecture = "vit_c_72gf"
        let error = #expect(throws: MappingError.self) { try mapWeights(weights, config: nil, options: options) }
        #expect(error?.code == .mismatch && error?.problem.contains("vit_c_72gf") == true)
    }

    @Test("A weight that the atlas misses is named with its whole shape, open numbers open")
    func missingShape() throws {
        var weights = StateDict()
        weights["stem.0.bias"] = try zeros([40])
        var options = MappingOptions()
        options.architecture = "convnext_atto"
        let error = #expect(throws: MappingError.self) { try mapWeights(weights, config: nil, options: options) }
        #expect(error?.report.contains("stem.0.weight [40, ?, 4, 4]") == true, "\(error?.report ?? "")")
    }

    @Test("A name in config.json that nothing has is said first, with the nearest there are")
    func unknownName() throws {
        var weights = try initializeCheckpoint(architecture: "resnet18", seed: 1)
        let config = JSONValue.object([("architecture", .string("resnet18x"))])
        #expect(try mapWeights(weights, config: config).notes.contains { $0.contains("resnet18x") })
        weights["layer1.0.conv1.weight"] = nil
        let error = #expect(throws: MappingError.self) { try mapWeights(weights, config: config) }
        let start = "config.json names 'resnet18x', an architecture that isn't known (nearest names: resnet18"
        #expect(error?.problem.hasPrefix(start) == true, "\(error?.problem ?? "")")
        #expect(error?.hint?.contains("--architecture NAME") == true && error?.hint?.contains("rename") == false)
        #expect(error?.report.contains("layer1.0.conv1.weight") == true)
    }
}
