import Execution
import Formats
import GraphIR
import Testing

@testable import Architectures

/// What options and `config.json` say of a model: followed, or refused by name.
@Suite struct OptionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var model: String
        var text: String
        /// What the refusal says; empty where the model is made.
        var expected: String
        var testDescription: String { "\(model) \(text)" }

        init(_ model: String, _ text: String, _ expected: String = "") {
            (self.model, self.text, self.expected) = (model, text, expected)
        }
    }

    static func map(_ name: String, config: String = "{}", _ change: (inout MappingOptions) -> Void = { _ in }) throws
        -> MappedModel
    {
        var options = try FamilyTests.options(name)
        change(&options)
        let weights = try FamilyTests.checkpoint(name).stateDict
        return try mapArchitecture(weights, config: JSONValue.parse(Array(config.utf8)), options: options)
    }

    @Test("Any family takes more than one image at a time", arguments: NearMissTests.models)
    func batch(name: String) throws {
        let (weights, config, original) = try NearMissTests.weights(name)
        var options = original
        options.batch = .size(2)
        let model = try mapArchitecture(weights, config: config, options: options).model
        try model.checkInvariants()
        #expect(inferShapes(model).faults.isEmpty)
        let output = try #require(model.graph.outputs.first)
        #expect(model.graph[output].type?.dimensions?.first == .size(2))
    }

    static let settings: [Case] = [
        Case("vit", "num_heads=3"), Case("vit", "num_heads=abc", "num_heads=abc, expected a divisor of the width"),
        Case("vit", "num_heads=", "expected a divisor"), Case("vit", "num_heads=5", "expected a divisor"),
        Case("vit", "norm_eps=1e-5"), Case("vit", "norm_eps=x", "expected a number above 0"),
        Case("vit", "norm_eps=-1", "expected a number above 0"), Case("vit", "norm_eps=nan", "above 0"),
        Case("vit", "global_pool=avg"), Case("vit", "global_pool=foo", "expected token, avg, max, avgmax, map"),
        Case("vit", "global_pool=max"), Case("vit", "global_pool=avgmax"),
        Case("vit_gap", "global_pool=token", "expected avg, max, avgmax, map"),
        Case("vit", "act_layer=zzz", "expected gelu"), Case("vit", "act_layer=mish"),
        Case("vit", "act_layer=prelu", "expected gelu"), Case("vit", "block_fn=ResPostBlock"),
        Case("vit", "block_fn=zz", "expected Block, ResPostBlock"),
        Case("vit", "num_head=2", "did you mean --set num_heads="), Case("vit", "foo=bar", "has no 'foo' to set"),
        Case("vit", "mean=a", "mean wants numbers"), Case("vit", "crop_pct=0.9,1", "expected one number"),
        Case("vit", "interpolation=foo", "expected bilinear"), Case("vit", "crop_mode=foo", "expected center"),
        Case("deit_distilled", "global_pool=avg", "has no 'global_pool' to set"),
        Case("cvt", "num_heads=1,2,3"), Case("cvt", "num_heads=1,x,3", "divisors of the stages' widths"),
        Case("cvt", "num_heads=2", "divisors of the stages' widths"), Case("cvt", "num_heads=1,5,3", "divisors"),
        Case("lvvit", "skip_lam=1.5"), Case("lvvit", "skip_lam=0", "above 0"), Case("lvvit", "skip_lam=a", "above 0"),
        Case("resnet_basic", "aa_layer=blur"), Case("resnet_basic", "aa_layer=max", "expected none, avg, blur"),
        Case("resnet_basic", "global_pool=max"), Case("resnet_basic", "global_pool=avgmax"),
        Case("resnet_basic", "global_pool=foo", "expected avg, max, avgmax, catavgmax"),
        Case("resnet_basic", "global_pool=catavgmax", "avg, max, avgmax: the head takes the features once"),
        Case("inception_v3", "global_pool=catavgmax", "the head takes the features once"),
        Case("resnet_basic", "output_stride=8"), Case("resnet_basic", "output_stride=4", "expected 8, 16, 32"),
        Case("legacy_seresnet18", "output_stride=8", "has no 'output_stride' to set"),
        Case("resnet_gn", "num_groups=16"),
        Case("resnet_gn", "num_groups=7", "a divisor of all widths"), Case("resnet_gn", "norm_layer=groupnorm1"),
        Case("resnet_basic", "num_groups=16", "has no 'num_groups'"),
        Case("mixer", "num_heads=2", "has no 'num_heads'"),
        Case("wsdan_resnet34", "refinement=drop", "expected none, crop"),
        Case("wsdan_resnet34", "pool=GMP"), Case("wsdan_resnet34", "pool=LSE", "expected GAP, GMP"),
        Case("wsdan_resnet34", "global_pool=max", "expected avg"),
        Case("wsdan_resnet34", "output_stride=8", "expected 32"),
        Case("wsdan_wvinzh", "transform_input=false"), Case("wsdan_wvinzh", "img_size=320"),
        Case("wsdan_wvinzh", "transform_input=no", "expected true, false"),
        Case("wsdan_resnet34", "transform_input=false", "has no 'transform_input' to set"),
        Case("wsdan_resnet34", "img_size=70000", "up to 65536"),
        Case("wsdan_wvinzh", "refinement=crop", "has no 'refinement' to set"),
    ]

    @Test("A setting is followed, or refused as a mistake with what is possible", arguments: settings)
    func setting(_ test: Case) throws {
        let parts = test.text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        func map() throws -> MappedModel { try Self.map(test.model) { $0.settings[parts[0]] = parts[1] } }
        if test.expected.isEmpty {
            let mapped = try map()
            let stated = Dictionary(mapped.hyperparameters) { first, _ in first }[parts[0]]
            #expect(stated == nil || stated?.lowercased() == parts[1].lowercased() || parts[0].hasPrefix("norm"))
        } else {
            let error = #expect(throws: MappingError.self) { try map() }
            #expect(error?.code == .option)
            let text = "\(error?.problem ?? "") \(error?.hint ?? "")"
            #expect(text.contains(test.expected), "\(text)")
        }
    }

    static let configs: [Case] = [
        Case("vit", #"{"model_args": {"act_layer": "prelu"}}"#, #"act_layer "prelu", expected gelu"#),
        Case("vit", #"{"global_pool": "prr"}"#, #"global_pool "prr", expected token"#),
        Case("vit", #"{"norm_layer": "rmsnorm"}"#, "expected layernorm"), Case("vit", #"{"norm_layer": "layernorm"}"#),
        Case("vit", #"{"num_heads": "abc"}"#, "expected a divisor"), Case("vit", #"{"num_heads": null}"#),
        Case("resnet_basic", #"{"act_layer": "prelu"}"#, "expected gelu"),
        Case("resnet_basic", #"{"global_pool": "fastavg"}"#),
        Case("resnet_basic", #"{"global_pool": ""}"#, "expected avg"),
        Case("resnet_basic", #"{"output_stride": 64}"#, "expected 8, 16, 32"),
        Case("resnet_basic", #"{"norm_layer": "groupnorm1"}"#, "expected batchnorm"),
        Case("inception_v3", #"{"global_pool": "max"}"#),
        Case("inception_v3", #"{"global_pool": "rms"}"#, "expected avg, max"),
        Case("mixer", #"{"global_pool": "max"}"#, "expected avg"),
        Case("cvt", #"{"num_heads": [1, 2]}"#, "divisors of the stages' widths"),
        Case("resnet_basic", #"{"architecture": ""}"#), Case("resnet_basic", #"{"architecture": 3}"#),
    ]

    @Test("What config.json states is followed, or refused as not supported with what is possible", arguments: configs)
    func config(_ test: Case) throws {
        if test.expected.isEmpty {
            _ = try Self.map(test.model, config: test.text)
        } else {
            let error = #expect(throws: MappingError.self) { try Self.map(test.model, config: test.text) }
            #expect(error?.code == .unsupported && error?.faultClass == .unsupported)
            #expect(error?.problem.contains(test.expected) == true, "\(error?.problem ?? "")")
        }
    }

    @Test(
        "An activation that a model has no use for is refused", arguments: ["gmixer", "inception_v3", "wsdan_mixed_6e"])
    func activation(name: String) throws {
        let error = #expect(throws: MappingError.self) { try Self.map(name) { $0.activation = "relu" } }
        #expect(error?.code == .option && error?.problem.contains("has its activation settled") == true)
    }

    @Test("A head for both poolings refuses one alone, by name, unless it is left out")
    func twiceTheFeatures() throws {
        var weights = try FamilyTests.checkpoint("resnet_basic").stateDict
        let shape = try #require(weights["fc.weight"]?.shape)
        weights["fc.weight"] = try Tensor(
            [Float](repeating: 0, count: shape[0] * shape[1] * 2), shape: [shape[0], shape[1] * 2])
        #expect(
            try mapArchitecture(weights, config: nil).hyperparameters.contains { $0 == ("global_pool", "catavgmax") })
        var options = MappingOptions()
        options.settings["global_pool"] = "avg"
        let error = #expect(throws: MappingError.self) {
            try mapArchitecture(weights, config: nil, options: options)
        }
        #expect(error?.problem == "--set global_pool=avg, expected catavgmax: the head takes twice the features")
        options.leavesOutHead = true
        #expect(try mapArchitecture(weights, config: nil, options: options).unused.isEmpty)
        let config = try JSONValue.parse(Array(#"{"global_pool": "max"}"#.utf8))
        let other = #expect(throws: MappingError.self) { try mapArchitecture(weights, config: config) }
        #expect(other?.code == .unsupported && other?.problem.contains("expected catavgmax") == true)
    }

    @Test("The image size of a WS-DAN of unpublished sizes is assumed, unless it is said")
    func imageSizeOfWSDAN() throws {
        func size(_ change: @escaping (inout MappingOptions) -> Void) throws -> (Assumption?, [Dimension]?) {
            let mapped = try Self.map("wsdan_resnet34") {
                $0.imageSize = nil
                change(&$0)
            }
            let graph = mapped.model.graph
            let shape = graph.inputs.first.flatMap { graph[$0].type?.dimensions }
            return (mapped.assumptions.first { $0.name == "img_size" }, shape.map { Array($0.suffix(2)) })
        }
        let assumed = try size { _ in }
        #expect(assumed.0 == Assumption(name: "img_size", value: "448,448", remark: "as every published WS-DAN"))
        #expect(assumed.1 == [.size(448), .size(448)])
        for sides in ["320", "320,320"] {
            let stated = try size { $0.settings["img_size"] = sides }
            #expect(stated.0 == nil && stated.1 == [.size(320), .size(320)])
        }
        let option = try size { $0.imageSize = (320, 320) }
        #expect(option.0 == nil && option.1 == [.size(320), .size(320)])
    }

    @Test("LV-ViT's divisor is the number that is given")
    func divisor() throws {
        let mapped = try Self.map("lvvit", config: #"{"num_heads": 4, "skip_lam": 1.5}"#)
        #expect(mapped.hyperparameters.contains { $0 == ("skip_lam", "1.5") })
        let constants = mapped.model.graph.nodes.compactMap { node -> Float? in
            guard case .float(let value)? = node.attribute("value_float") else { return nil }
            return value
        }
        #expect(constants.contains(1.5) && !constants.contains(2))
    }

    static let notes: [Case] = [
        Case(
            "vit", "{}",
            "assumed, for shapes can't tell: global_pool token, num_heads 1 (24 channels each), norm_eps 1e-06, "
                + "act_layer gelu, block_fn Block; --set NAME=VALUE changes one, --architecture NAME settles all"),
        Case("vit_gap", "{}", "global_pool avg"), Case("resnet_gn", "{}", "num_groups 32"),
        Case("resnet_basic", "{}", "act_layer relu, global_pool avg, output_stride 32, aa_layer none;"),
        Case("wsdan_wvinzh", "{}", "transform_input true (as in wvinzh's code)"),
        Case("lvvit", "{}", "skip_lam 2"), Case("wsdan_resnet34", "{}", "pool GAP (as every published WS-DAN)"),
        Case("resnet_basic", #"{"architecture": "vit_tiny_patch16_224"}"#, "isn't a name of resnet"),
        Case("resnet_basic", #"{"architecture": "swin_tiny"}"#, "isn't a name of resnet"),
        Case("resnet_basic", #"{"architecture": 3}"#, "is no name and isn't used"),
        Case("resnet_basic", #"{"model_args": {"layers": [1], "foo": 1}}"#, "model_args foo aren't read"),
    ]

    @Test("What is assumed or isn't used is noted", arguments: notes)
    func note(_ test: Case) throws {
        let mapped = try Self.map(test.model, config: test.text) { $0.settings = [:] }
        #expect(mapped.notes.contains { $0.contains(test.expected) }, "\(mapped.notes)")
    }

    @Test("Published models of the same shapes that differ are named, and an option settles which it is")
    func twins() throws {
        let weights = try initializeCheckpoint(architecture: "deit_tiny_patch16_224", seed: 1)
        let assumed = try mapArchitecture(weights, config: nil)
        #expect(assumed.architecture == "vit_tiny_patch16_224" && assumed.notes.count == 2)
        #expect(
            assumed.assumptions.map(\.name) == ["global_pool", "num_heads", "norm_eps", "act_layer", "block_fn"])
        #expect(assumed.assumptions.map(\.value) == ["token", "3", "1e-06", "gelu", "Block"])
        #expect(
            assumed.notes.contains {
                $0 == "preprocessing: that of vit_tiny_patch16_224; deit_tiny_patch16_224, of the same shapes, "
                    + "has another (--architecture settles it)"
            })
        var options = MappingOptions()
        options.architecture = "deit_tiny_patch16_224"
        let settled = try mapArchitecture(weights, config: nil, options: options)
        #expect(settled.architecture == options.architecture && settled.variant == options.architecture)
        #expect(settled.preprocessing?.mean == [0.485, 0.456, 0.406])
        #expect(settled.notes.allSatisfy { !$0.contains("of the same shapes") } && settled.assumptions.isEmpty)
        #expect(
            settled.model.metadata.contains {
                $0.key == MetadataKey.architecture && $0.value == "deit_tiny_patch16_224"
            })
    }

    @Test("WS-DAN with other maps than the published has a name of its own")
    func maps() throws {
        let mapped = try Self.map("wsdan_mixed_6e")
        #expect(mapped.variant != nil || mapped.architecture.hasSuffix("_m\(mapped.hyperparameters[1].1)"))
    }

    @Test("Preprocessing for another number of channels has as many values, and its size says the channels")
    func channels() throws {
        let weights = try initializeCheckpoint(architecture: "resnet18", seed: 1)
        var options = MappingOptions()
        options.inputChannels = 1
        #expect(
            try mapArchitecture(weights, config: nil, options: options).notes.contains {
                $0.contains("it is for 3 channels") && $0.contains("one value each")
            })
        options.settings = ["mean": "0.5", "std": "0.5"]
        let mapped = try mapArchitecture(weights, config: nil, options: options)
        #expect(mapped.preprocessing?.inputSize == [1, 224, 224] && mapped.preprocessing?.mean == [0.5])
        let preprocessing = try #require(mapped.preprocessing)
        try embedPreprocessing(preprocessing, in: mapped.model).checkInvariants()
        options.settings = ["mean": "0.5,0.5,0.5", "std": "0.5"]
        let error = #expect(throws: MappingError.self) {
            try mapArchitecture(weights, config: nil, options: options)
        }
        #expect(error?.code == .option && error?.hint?.contains("one value each") == true)
    }

    @Test("Of models of the same shapes a checkpoint in pycls' keys is pycls' own")
    func pyclsNames() throws {
        let rules = [
            ("blocks.#.norm1", "encoder.block_#.ln_1"), ("blocks.#.norm2", "encoder.block_#.ln_2"),
            ("blocks.#.attn.qkv.weight", "encoder.block_#.self_attention.attn_proj.weight"),
            ("blocks.#.attn.qkv.bias", "encoder.block_#.self_attention.attn_proj.bias"),
            ("blocks.#.attn.proj", "encoder.block_#.self_attention.out_proj"),
            ("blocks.#.mlp.fc1", "encoder.block_#.mlp_block.linear_1"),
            ("blocks.#.mlp.fc2", "encoder.block_#.mlp_block.linear_2"), ("patch_embed.proj", "stem.patchify"),
            ("cls_token", "class_token"), ("pos_embed", "pos_embedding"), ("norm", "encoder.ln"),
            ("head", "head.head_fc"),
        ]
        var weights = StateDict()
        for (key, tensor) in try initializeCheckpoint(architecture: "vit_base_patch16_224", seed: 1).tensors {
            weights[rules.lazy.compactMap { translated(key.string, $0.0, $0.1) }.first ?? key.string] = tensor
        }
        let mapped = try mapArchitecture(weights, config: nil)
        #expect(mapped.architecture == "vit_p_18gf" && mapped.variant == "vit_p_18gf")
        #expect(mapped.notes.contains("preprocessing: that of vit_p_18gf"))
        #expect(mapped.preprocessing?.isBlueFirst == true && mapped.preprocessing?.cropFraction == 0.875)
    }

    @Test("Modules return what timm's do: a gate's norm that does nothing, pooled tokens")
    func modules() throws {
        let gated = try Self.map("resnet_t_se").model.graph
        let norm = try #require(gated.moduleOutputs["layer1.0.se.bn"])
        #expect(gated.nodes.first { $0.outputs.first == .some(norm) }?.op.type == "Conv")
        #expect(gated.moduleOutputs["layer1.0.se.act"] != nil)
        let pooled = try Self.map("vit_map").model.graph
        let value = try #require(pooled.moduleOutputs["attn_pool"])
        #expect(pooled[value].type?.dimensions?.count == 2)
    }
}
