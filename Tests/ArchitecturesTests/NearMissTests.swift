import Execution
import Formats
import GraphIR
import Testing

@testable import Architectures

/// Weights that are nearly a family's: the diagnosis, and no model.
@Suite struct NearMissTests {
    /// Goldens, and a ConvMixer of any size.
    static let models = ["convmixer"] + FamilyTests.models

    static func weights(_ name: String) throws -> (StateDict, JSONValue?, MappingOptions) {
        if name == "convmixer" {
            return (try initializeCheckpoint(architecture: "convmixer_12_3_ks5_p2", seed: 1), nil, MappingOptions())
        }
        let checkpoint = try FamilyTests.checkpoint(name)
        return (checkpoint.stateDict, checkpoint.config, try FamilyTests.options(name))
    }

    /// The error for weights that were changed.
    private func refusal(
        _ name: String, _ change: (inout StateDict) throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> MappingError? {
        let (original, config, options) = try Self.weights(name)
        var weights = original
        try change(&weights)
        #expect(
            weights.names != original.names
                || weights.tensors.contains { original[$0.key.string]?.shape != $0.value.shape })
        return #expect(throws: MappingError.self, sourceLocation: sourceLocation) {
            try mapArchitecture(weights, config: config, options: options)
        }
    }

    private func zeros(_ shape: [Int]) throws -> Tensor {
        try Tensor(.float32, shape: shape, bytes: Bytes(ZeroSource(count: Tensor.byteCount(.float32, shape: shape))))
    }

    /// The module that a block's keys begin with, by a pattern: `blocks.0`, `layer2.0`, `stage1.blocks.0`, `Mixed_6b`.
    private func blocks(_ weights: StateDict) -> [String] {
        var found: [String] = []
        for key in weights.names {
            let parts = key.split(separator: ".").map(String.init)
            var length: Int?
            if parts[0].hasPrefix("Mixed_") { length = 1 }
            if parts.count > 2, parts[0] == "blocks" || parts[0].hasPrefix("layer") { length = 2 }
            if parts.count > 3, parts[0].hasPrefix("stage"), parts[1] == "blocks" { length = 3 }
            if parts.count > 3, parts[0] == "features" {
                length = Int(parts[2]) == nil && parts[2].hasPrefix("branch") ? 2 : 3
            }
            guard let length, length < parts.count else { continue }
            let block = parts.prefix(length).joined(separator: ".")
            if found.last != block { found.append(block) }
        }
        return found
    }

    @Test("Without one of its blocks, the last of a row aside, a model is refused", arguments: models)
    func missingBlock(name: String) throws {
        let blocks = blocks(try Self.weights(name).0)
        // A row that lacks its last block is a shallower model. So all but the last, and no row of one block.
        let victim = try #require(blocks.dropLast().first)
        let error = try refusal(name) { weights in
            for key in weights.names where key.hasPrefix(victim + ".") { weights[key] = nil }
        }
        #expect(error?.code == .mismatch || error?.code == .unknown, "\(victim): \(String(describing: error))")
        #expect(error?.report.isEmpty == false)
    }

    @Test("Without any one weight a model is refused, and the diagnosis names it", arguments: models)
    func missingWeight(name: String) throws {
        // Some architectures have these norms and others of the same shapes don't, and here they are one tensor each.
        let optional = ["patch_embed.norm.weight", "norm_pre.weight", "blocks.0.q_norm.weight"]
        let names = try Self.weights(name).0.names.filter { $0.hasSuffix(".weight") && !optional.contains($0) }
        for victim in [names[names.count / 3], names[names.count / 2], names[names.count - 2]] {
            let error = try refusal(name) { $0[victim] = nil }
            #expect(
                error?.report.contains(victim) == true || error?.code == .unknown, "\(victim): \(error?.report ?? "")")
        }
    }

    @Test("With a head of another width a model is refused, and the diagnosis names it", arguments: models)
    func head(name: String) throws {
        let names = try Self.weights(name).0.names
        let head = try #require(
            names.last { ["head.weight", "fc.weight", "fc_new.weight", "last_linear.weight"].contains($0) })
        let error = try refusal(name) { weights in
            var shape = weights[head]?.shape ?? []
            shape[1] += 1
            weights[head] = try zeros(shape)
        }
        #expect(error?.code == .mismatch && error?.report.contains(head) == true)
    }

    @Test("With a weight transposed a model is refused, and the diagnosis names it", arguments: models)
    func transposed(name: String) throws {
        let weights = try Self.weights(name).0
        let victims = weights.names.filter { key in
            guard let shape = weights[key]?.shape else { return false }
            return shape.count >= 2 && shape[0] != shape[1] && key.hasSuffix(".weight") && !key.contains("conv_proj")
                && !key.contains("patch_embed") && !key.hasPrefix("stem") && !key.contains(".0.fn.0.")
        }
        for victim in [victims[victims.count / 2], victims[victims.count - 1]] {
            let error = try refusal(name) { weights in
                var shape = weights[victim]?.shape ?? []
                shape.swapAt(0, 1)
                weights[victim] = try zeros(shape)
            }
            #expect(error != nil, "\(victim)")
            #expect(error?.report.contains(victim.split(separator: ".").dropLast().joined(separator: ".")) == true)
        }
    }

    /// From the family, in the order of its keys, to what a neighbour calls the same.
    private static let neighbours: [(model: String, from: String, to: String)] = [
        ("convmixer", ".0.fn.", ".token_mix."), ("vit", ".attn.qkv.", ".attn.query_key_value."),
        ("deit3", ".ls1.gamma", ".layer_scale_1.gamma"), ("vit_swiglu", ".mlp.fc1.", ".mlp.w12."),
        ("mixer", ".mlp_tokens.", ".attn."), ("gmlp", ".gate.proj.", ".gate.linear."),
        ("resmlp", ".linear_tokens.", ".mlp_tokens."), ("resnet_basic", ".conv2.", ".conv_dw."),
        ("resnext_d", ".downsample.1.", ".shortcut.1."), ("resnet_t_se", ".se.fc1.", ".se.conv_reduce."),
        ("cvt", ".conv_proj_k.", ".conv_proj_kv."), ("lvvit", "aux_head.", "head_dist."),
        ("inception_v3", ".branch7x7_2.", ".branch1x7_2."), ("wsdan_mixed_6e", "attentions.conv.", "attention.conv."),
        ("wsdan_resnet50", "features.4.0.conv1.", "features.4.0.conv_pw."),
        ("eva02_apart", ".attn.q_proj.", ".attn.query."),
        ("eva_dinov3", ".mlp.fc1_g.", ".mlp.gate_proj."), ("relpos", ".attn.rel_pos.", ".attn.relative_position."),
    ]

    @Test("Keys of a neighbouring family are refused with what is missing and left over", arguments: neighbours.indices)
    func neighbour(index: Int) throws {
        let (model, from, to) = Self.neighbours[index]
        let error = try refusal(model) { weights in
            var renamed = StateDict()
            for (key, tensor) in weights.tensors {
                renamed[key.string.replacing(from, with: to, maxReplacements: 1)] = tensor
            }
            weights = renamed
        }
        #expect(error?.code == .mismatch || error?.code == .unknown || error?.code == .unused, "\(model)")
        #expect(error?.report.isEmpty == false)
    }

    @Test("A weight that no layer asks for is refused by name", arguments: models)
    func stranger(name: String) throws {
        let error = try refusal(name) { $0["blocks.7.lambda"] = try Tensor(scalar: Float(1)) }
        #expect(error?.code != .option && error?.report.contains("blocks.7.lambda") == true, "\(error?.report ?? "")")
    }

    static let attentions = [
        ["se.channel.fc1.weight", "se.channel.fc2.weight", "se.spatial.conv.conv.weight"],
        ["se.fc.weight", "se.fc.bias"], ["se.conv_attn.weight", "se.mlp_add.fc1.weight"],
    ]

    @Test("An attention that isn't supported isn't offered to be left out", arguments: attentions)
    func attention(keys: [String]) throws {
        let error = try refusal("resnet_basic") { weights in
            for key in keys { weights["layer1.0." + key] = try zeros([4, 4, 1, 1]) }
        }
        #expect(error?.code == .unused)
        #expect(error?.hint?.contains("'layer1.0' without such a 'se': this attention isn't supported") == true)
        #expect(error?.hint?.contains("--allow-unused") == false)
    }

    @Test(
        "What stands outside of the blocks, or is no weight, may be left out",
        arguments: ["aux_head.0.weight", "layer1.0.total_ops", "projection.weight"])
    func outside(key: String) throws {
        let error = try refusal("resnet_basic") { $0[key] = try zeros([4]) }
        #expect(error?.code == .unused && error?.hint?.contains("--allow-unused") == true, "\(error?.hint ?? "")")
    }
}
