import Execution
import Formats
import GraphIR
import Parity
import Testing

@testable import Architectures

/// What keys and shapes don't show of rotary and relative positions.
@Suite struct RotaryTests {
    private func map(_ name: String, _ settings: [String: String] = [:], config: String? = nil) throws -> MappedModel {
        let checkpoint = try FamilyTests.checkpoint(name)
        var options = try FamilyTests.options(name)
        options.settings = settings
        let stated = try config.map { try JSONValue.parse(Array($0.utf8)) }
        return try mapArchitecture(checkpoint.stateDict, config: stated ?? checkpoint.config, options: options)
    }

    private func value(_ name: String, of mapped: MappedModel) -> String? {
        mapped.hyperparameters.first { $0.0 == name }?.1
    }

    @Test(
        "Settings of positions are followed, from an option or config.json",
        arguments: [
            ("rope_type", "dinov3"), ("rope_temperature", "50.0"), ("rope_grid_indexing", "xy"),
            ("rope_grid_offset", "0.5"), ("rope_rotate_half", "true"), ("ref_feat_shape", "5,3"),
            ("use_rot_pos_emb", "false"), ("use_post_norm", "true"), ("global_pool", "token"), ("num_heads", "4"),
        ])
    func settings(name: String, text: String) throws {
        let plain = try map("eva02")
        let byOption = try map("eva02", [name: text])
        #expect(value(name, of: plain) != text && value(name, of: byOption) == text)
        let words =
            ["dinov3", "xy", "token"].contains(text) ? "\"\(text)\"" : name == "ref_feat_shape" ? "[5, 3]" : text
        let heads = name == "num_heads" ? "" : #""num_heads": 2, "#
        let byConfig = try map("eva02", config: "{\"model_args\": {\(heads)\"\(name)\": \(words)}}")
        #expect(value(name, of: byConfig) == text)
        let input = try #require(GoldenData.load("\(FamilyTests.folder)/eva02/golden.npz")["input"])
        let logits = try [plain, byOption, byConfig].map {
            try #require(Session($0.model).run(["input": input]).values.first).array(of: Float.self)
        }
        #expect(logits[0] != logits[1] && logits[1] == logits[2])
    }

    @Test(
        "What can't be is refused with what is possible",
        arguments: [
            ("eva02", "rope_type", "mrope", "cat, dinov3"), ("eva02", "rope_type", "mixed", "cat, dinov3"),
            ("eva_rope_mixed", "rope_type", "cat", "mixed"), ("eva02", "global_pool", "map", "avg, max, avgmax, token"),
            ("eva_registers", "global_pool", "token", "avg, max, avgmax"),
            ("eva02", "ref_feat_shape", "1,2,3", "one or two numbers"),
            ("eva02", "rope_temperature", "1e300", "float32 can hold"),
            ("vit", "norm_eps", "1e300", "float32 can hold"),
            ("vit", "norm_eps", "1e-50", "float32 can hold"), ("relpos", "norm_eps", "1e-50", "float32 can hold"),
            ("vit", "img_size", "64", "expected 32, of which"), ("eva02", "img_size", "7", "expected 32, of which"),
            ("relpos_table", "img_size", "64", "expected 32, of which"),
            ("relpos", "img_size", "7", "1 to 65536 patches of 8"),
            ("relpos", "img_size", "1000000000", "1 to 65536 patches of 8"),
            ("eva02", "rope_grid_offset", "nan", "a number"), ("eva02", "rope_temperature", "-1", "a number above 0"),
            ("eva_rope", "use_post_norm", "true", "false"), ("relpos", "block_fn", "Block", "RelPosBlock"),
            ("relpos", "num_heads", "4", "2, as the weights have"),
        ])
    func refused(model: String, name: String, text: String, possible: String) throws {
        let error = #expect(throws: MappingError.self) { try map(model, [name: text]) }
        #expect(error?.code == .option && error?.problem.contains(possible) == true, "\(error?.problem ?? "")")
    }

    @Test(
        "What of angles nobody states is said, whatever else is stated",
        arguments: [[:], ["use_rot_pos_emb": "true"], ["rope_type": "cat"], ["rope_temperature": "50"]])
    func assumedAngles(settings: [String: String]) throws {
        let mapped = try map("eva02", settings)
        let names = [
            "rope_grid_indexing", "rope_temperature", "rope_grid_offset", "rope_rotate_half", "ref_feat_shape",
        ]
        let assumed = Set(mapped.assumptions.map(\.name))
        for name in names { #expect(assumed.contains(name) == (settings[name] == nil), "\(name)") }
        #expect(assumed.contains("rope_type") == (settings["rope_type"] == nil))
    }

    @Test(
        "What model_args of positions leave out is as in timm's constructor",
        arguments: [
            (#""use_rot_pos_emb": true"#, "cat"), (#""use_rot_pos_emb": true, "rope_type": "dinov3""#, "dinov3"),
            (#""rope_type": "cat""#, "cat"), (#""attn_type": "eva""#, nil),
        ])
    func constructor(arguments: String, kind: String?) throws {
        let mapped = try map("eva02", config: "{\"model_args\": {\"num_heads\": 2, \(arguments)}}")
        #expect(value("rope_type", of: mapped) == kind && value("use_rot_pos_emb", of: mapped) == "\(kind != nil)")
        #expect(value("rope_temperature", of: mapped) == (kind == nil ? nil : "10000.0"))
        #expect(value("rope_grid_indexing", of: mapped) == (kind == nil ? nil : "ij"))
        #expect(value("ref_feat_shape", of: mapped) == nil)
        let pooled = try map("eva_pe_core", config: "{\"model_args\": {\"num_heads\": 2, \(arguments)}}")
        #expect(value("attn_pool_num_heads", of: pooled) == "2")
    }

    @Test("No reference for positions is none or null")
    func noReference() throws {
        #expect(try value("ref_feat_shape", of: map("eva02")) == "16,16")
        #expect(try value("ref_feat_shape", of: map("eva02", ["ref_feat_shape": "none"])) == nil)
        let stated = try map("eva02", config: #"{"num_heads": 2, "model_args": {"ref_feat_shape": null}}"#)
        #expect(value("ref_feat_shape", of: stated) == nil)
        #expect(!stated.assumptions.contains { $0.name == "ref_feat_shape" })
    }

    @Test("Padding of images, which isn't supported, is noted where it is switched on", arguments: [true, false])
    func padding(isOn: Bool) throws {
        let mapped = try map("eva02", config: "{\"model_args\": {\"num_heads\": 2, \"dynamic_img_pad\": \(isOn)}}")
        #expect(mapped.notes.contains { $0.contains("dynamic_img_pad") } == isOn)
    }

    @Test("An image size in config.json that the table isn't of is refused, with how to have another")
    func foreignSize() {
        let error = #expect(throws: MappingError.self) {
            try map("vit", config: #"{"model_args": {"num_heads": 3, "img_size": 1000000000000000000}}"#)
        }
        #expect(error?.code == .unsupported && error?.hint?.contains("--image-size") == true)
    }

    @Test("Heads whose channels don't make pairs along two axes are refused")
    func heads() {
        let error = #expect(throws: GraphError.self) { try map("eva02", ["num_heads": "8"]) }
        #expect(error?.problem.contains("heads of 2 channels") == true)
    }

    @Test("DeiT III's keys may be RoPE-ViT's: the note says so, and an option makes them so")
    func twins() throws {
        let weights = try FamilyTests.checkpoint("eva_rope_ape").stateDict
        var options = try FamilyTests.options("eva_rope_ape")
        options.settings = ["num_heads": "2"]
        let plain = try mapArchitecture(weights, config: nil, options: options)
        #expect(plain.family == "vit" && plain.notes.contains { $0.contains("--set rope_type=cat makes it one") })
        options.settings["rope_type"] = "cat"
        #expect(try mapArchitecture(weights, config: nil, options: options).family == "eva")
    }

    @Test("Without a table of positions the image's size is the published one's, the option's, or assumed and noted")
    func imageSize() throws {
        let published = try initializeCheckpoint(architecture: "vit_tiny_patch16_dinov3_qkvb", seed: 1)
        var options = MappingOptions()
        #expect(try mapArchitecture(published, config: nil).preprocessing?.inputSize == [3, 256, 256])
        options.settings = ["img_size": "64,96"]
        #expect(try mapArchitecture(published, config: nil, options: options).preprocessing?.inputSize == [3, 64, 96])
        options.settings = ["num_heads": "2"]
        let other = try mapArchitecture(
            FamilyTests.checkpoint("eva_dinov3").stateDict, config: nil, options: options)
        #expect(other.notes.contains { $0.hasPrefix("img_size 224") })
    }

    @Test(
        "Published weights have the preprocessing of their tag",
        arguments: [
            ("vit_large_patch16_dinov3.sat493m", 0.43), ("vit_large_patch16_dinov3.lvd1689m", 0.485),
            ("eva_giant_patch14_336.m30m_ft_in22k_in1k", 0.485), ("eva_giant_patch14_336.clip_ft_in1k", 0.48145466),
        ])
    func tags(name: String, mean: Double) throws {
        let bare = String(name.prefix { $0 != "." })
        let weights = try initializeCheckpoint(architecture: bare, seed: 1)
        let mapped = try mapArchitecture(weights, config: .object([("architecture", .string(name))]))
        #expect(mapped.architecture == bare && mapped.preprocessing?.mean.first == mean)
    }

    @Test("Norms stand behind the branches of relative positions where nothing scales them, or as it is said")
    func order() throws {
        #expect(try value("block_fn", of: map("relpos_rpn")) == "ResPostRelPosBlock")
        #expect(try value("block_fn", of: map("relpos_rpn", ["block_fn": "RelPosBlock"])) == nil)
        #expect(try value("block_fn", of: map("relpos")) == nil)
    }

    @Test("A table of relative positions that isn't square belongs to an image that has to be told")
    func oblong() throws {
        let square = try FamilyTests.checkpoint("srelpos_table").stateDict
        var weights = square
        let key = "shared_rel_pos.relative_position_bias_table"
        weights[key] = try #require(square[key]).rows(0..<45)
        #expect(throws: MappingError.self) { try mapArchitecture(weights, config: nil) }
        var options = MappingOptions()
        options.settings = ["img_size": "24,40"]
        let mapped = try mapArchitecture(weights, config: nil, options: options)
        #expect(mapped.hyperparameters.contains { $0 == ("rel_pos_type", "bias") })
        options.settings = [:]
        options.imageSize = (24, 40)
        #expect(try mapArchitecture(weights, config: nil, options: options).family == "vit_relpos")
        options.imageSize = (24, 48)
        let error = #expect(throws: MappingError.self) {
            try mapArchitecture(weights, config: nil, options: options)
        }
        #expect(error?.hint?.contains("--set img_size=HEIGHT,WIDTH") == true)
    }
}
