import Formats
import Foundation
import GraphIR
import Testing

@testable import Architectures

/// Older keys that timm's own filter functions (`checkpoint_filter_fn`) read: which of their branches are read here, and
/// where that is proved. The branches are timm's, listed by `fixtures/architectures/make_timm_filters.py`.
@Suite struct TimmFilterTests {
    enum Proof: Sendable {
        /// A file that timm's function itself reads (``KeyFileTests``).
        case file(String)
        /// Keys respelt from timm's (``KeyFormatTests``).
        case format(String)
        /// A model within another (``KeyFormatTests``).
        case wrapping(String)
        /// A model at another size, as timm makes it (``AdaptationTests``).
        case adapted(String)
        /// Weights that are changed like this give the same model.
        case same(model: String, @Sendable (inout StateDict) throws -> Void)
        /// Weights that are changed like this give the model without its head.
        case headless(model: String, @Sendable (inout StateDict) throws -> Void)
        /// How the function goes about it, or what depends on a model that is asked for; nothing that a file has.
        case none
    }

    /// For each file the conditions in the order of the source.
    static let branches: KeyValuePairs<String, [(condition: String, proof: Proof)]> = [
        "convmixer": [], "deit": [], "inception_v3": [], "resnet": [],
        "eva": [
            ("'visual.conv1.weight' in state_dict", .file("pe_core")),
            ("'conv1.weight' in state_dict", .file("pe_lang")),
            ("'visual.trunk.pos_embed' in state_dict", .file("eva02_openclip")),
            ("'visual.pos_embed' in state_dict", .file("eva02_clip")), ("prefix", .none),
            ("not k.startswith(prefix)", .file("eva02_clip")),
            ("'rope' in k and (not k == 'rope.freqs')", .file("eva02_clip")),
            ("sapiens2_weights", .file("sapiens2")), ("k == 'mask_token'", .file("sapiens2")),
            ("k.startswith('ln1.')", .file("sapiens2")), ("dinov3_weights", .file("dinov3")),
            ("any([k.endswith(f) for f in ['.periods', '.bias_mask', 'mask_token']])", .file("dinov3")),
            ("k.startswith('projectors.')", .file("dinov3")), ("k.startswith('local_cls_norm')", .file("dinov3")),
            ("k.endswith('qkv.bias')", .file("dinov3")),
            (
                "mim_weights and k in ('mask_token', 'lm_head.weight', 'lm_head.bias', 'norm.weight', 'norm.bias')",
                .file("eva_masked")
            ),
            ("k == 'norm.weight' or k == 'norm.bias'", .file("eva_masked")),
            ("'patch_embed.proj.weight' in k", .none), ("v.shape[-1] != W or v.shape[-2] != H", .none),
            ("k == 'pos_embed' and model.pos_embed is not None", .none),
            (
                "v.shape[1] != model.pos_embed.shape[1] or "
                    + "(old_size is not None and old_size != model.patch_embed.grid_size)", .adapted("eva02_48x48_3")
            ),
            ("no_qkv", .file("eva02_openclip")),
        ],
        "vision_transformer_relpos": [
            ("k.endswith('relative_position_bias_table')", .none),
            (
                "v.shape != m.relative_position_bias_table.shape or m.window_size[0] != m.window_size[1]",
                .adapted("relpos_table_48x48_3")
            ),
        ],
        "mlp_mixer": [
            ("'patch_embed.proj.weight' in state_dict", .format("ResMLP")),
            ("k.endswith('.alpha') or k.endswith('.beta')", .same(model: "resmlp", flattenAffine)),
        ],
        "vision_transformer": [
            ("'visual.class_embedding' in state_dict", .file("openai_clip")),
            ("'module.visual.class_embedding' in state_dict", .file("openai_clip")),
            ("'mask_token' in state_dict", .file("dinov2_registers")),
            ("'vision_encoder.mask_token' in state_dict", .wrapping("TIPS")),
            ("any(('beit3.' in k for k in state_dict.keys()))", .file("beit3")),
            ("'encoder' in state_dict", .file("ijepa")),
            (
                "'visual.trunk.pos_embed' in state_dict or 'visual.trunk.blocks.0.norm1.weight' in state_dict",
                .file("openclip")
            ),
            ("'visual.head.proj.weight' in state_dict and isinstance(model.head, nn.Linear)", .file("openclip")),
            ("'module.visual.trunk.pos_embed' in state_dict", .file("openclip")),
            ("'preprocessor.patchifier.proj.weight' in state_dict", .file("aimv2")),
            ("'radio_model.model.patch_generator.embedder.weight' in state_dict", .file("radio")),
            ("prefix", .none), ("'patch_embed.proj.weight' in k", .none),
            ("len(v.shape) < 4", .file("linear_patches")), ("v.shape[-1] != W or v.shape[-2] != H", .none),
            ("k == 'pos_embed' and model.pos_embed is not None and resample_pos_embed", .none),
            (
                "v.shape[1] != model.pos_embed.shape[1] or "
                    + "(old_size is not None and old_size != model.patch_embed.grid_size)", .adapted("vit_48x48_3")
            ),
            ("adapt_layer_scale and 'gamma_' in k", .format("DeiT III")),
            ("'pre_logits' in k", .headless(model: "vit", addRepresentation)),
        ],
    ]

    private static let flattenAffine: @Sendable (inout StateDict) throws -> Void = { weights in
        for (key, tensor) in weights.tensors {
            let name = key.string.replacing("linear_tokens", with: "attn").replacing("mlp_channels", with: "mlp")
                .replacing("stem.", with: "patch_embed.").replacing("ls", with: "gamma_")
            weights[key.string] = nil
            let isAffine = name.hasSuffix("alpha") || name.hasSuffix("beta")
            weights[name] = isAffine ? try tensor.reshaped([tensor.count]) : tensor
        }
    }

    private static let addRepresentation: @Sendable (inout StateDict) throws -> Void = { weights in
        let width = weights["norm.weight"]?.shape.first ?? 0
        weights["pre_logits.fc.weight"] = try Tensor(
            [Float](repeating: 0, count: width * width), shape: [width, width])
        weights["pre_logits.fc.bias"] = try Tensor([Float](repeating: 0, count: width), shape: [width])
    }

    @Test("The table has every branch of timm's functions")
    func table() throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: FamilyTests.folder + "/timm_filters.json"))
        let theirs = try JSONValue.parse(Array(file))
        guard case .object(let members) = theirs else { throw FormatError(.formatMismatch, "is no object") }
        #expect(members.map(\.key).sorted() == Self.branches.map(\.key).sorted())
        for (name, branches) in Self.branches {
            guard case .array(let conditions)? = theirs.member(name) else {
                Issue.record("\(name) isn't listed")
                continue
            }
            let listed = conditions.map { value in if case .string(let text) = value { text } else { "" } }
            #expect(listed == branches.map(\.condition), "\(name)")
        }
    }

    @Test("What the table says is so", arguments: branches.map(\.key))
    func proofs(name: String) throws {
        for (condition, proof) in Self.branches.first(where: { $0.key == name })?.value ?? [] {
            switch proof {
            case .file(let file): #expect(KeyFileTests.files.contains { $0.name == file }, "\(condition)")
            case .format(let format): #expect(KeyFormatTests.formats.contains { $0.name == format }, "\(condition)")
            case .wrapping(let name): #expect(KeyFormatTests.wrappings.contains { $0.name == name }, "\(condition)")
            case .adapted(let file): #expect(AdaptationTests.cases.contains { $0.file == file }, "\(condition)")
            case .none: break
            case .same(let model, let change), .headless(let model, let change):
                let checkpoint = try FamilyTests.checkpoint(model)
                var weights = checkpoint.stateDict
                try change(&weights)
                let mapped = try mapArchitecture(
                    weights, config: checkpoint.config, options: FamilyTests.options(model))
                let back = try restoredStateDict(of: mapped.model)
                var names = checkpoint.stateDict.names
                if case .headless = proof { names.removeAll { $0.hasPrefix("head.") } }
                #expect(Set(back.names) == Set(names), "\(condition)")
                for key in names {
                    #expect(try back[key]?.bytes().array() == checkpoint.stateDict[key]?.bytes().array(), "\(key)")
                }
            }
        }
    }
}
