import Execution
import Formats
import Foundation
import GraphIR
import Parity
import Testing

@testable import Architectures

/// Checkpoints as other authors store them and timm's own loaders read them: `fixtures/architectures/make_keys.py`.
@Suite struct KeyFileTests {
    struct File: Sendable, CustomTestStringConvertible {
        var name: String
        /// The model of `make.py` whose weights it holds.
        var model: String
        /// Whether shapes don't show the number of heads.
        var needsHeads = false
        var testDescription: String { name }
    }

    static let files = [
        File(name: "google_vit", model: "vit"), File(name: "google_big_vision", model: "vit_map"),
        File(name: "google_mixer", model: "mixer"), File(name: "openai_clip", model: "vit_clip", needsHeads: true),
        File(name: "openclip", model: "vit", needsHeads: true),
        File(name: "dinov2_registers", model: "vit_registers", needsHeads: true),
        File(name: "dinov2_swiglu", model: "vit_swiglu", needsHeads: true),
        File(name: "aimv2", model: "aimv2", needsHeads: true), File(name: "beit3", model: "beit3", needsHeads: true),
        File(name: "ijepa", model: "vit", needsHeads: true),
        File(name: "radio", model: "vit_registers", needsHeads: true),
        File(name: "linear_patches", model: "vit", needsHeads: true),
        File(name: "eva_masked", model: "eva", needsHeads: true),
        File(name: "eva02_clip", model: "eva02_apart", needsHeads: true),
        File(name: "eva02_openclip", model: "eva02_apart", needsHeads: true),
        File(name: "pe_core", model: "eva_pe_core", needsHeads: true),
        File(name: "pe_lang", model: "eva_pe_lang", needsHeads: true),
        File(name: "dinov3", model: "eva_dinov3", needsHeads: true),
        File(name: "sapiens2", model: "eva_sapiens2"),
    ]

    private static let folder = FamilyTests.folder + "/keys"

    private static func map(_ file: File) throws -> MappedModel {
        let ending = file.name.hasPrefix("google") ? "npz" : file.name == "ijepa" ? "pth" : "safetensors"
        var config: JSONValue?
        if file.needsHeads {
            config = .object([
                ("num_heads", .number(file.model.hasPrefix("eva") && file.model != "eva02_apart" ? "2" : "3"))
            ])
        }
        var options = MappingOptions()
        // Where there is no table of positions, no weight shows the size of the image.
        options.imageSize = (32, 32)
        if file.name == "pe_core" { options.settings["attn_pool_num_heads"] = "4" }
        return try mapArchitecture(weights("\(file.name).\(ending)"), config: config, options: options)
    }

    private static func weights(_ name: String) throws -> StateDict {
        guard case .checkpoint(let checkpoint) = try WeightFile.open("\(folder)/\(name)") else {
            throw FormatError(.formatMismatch, "is no checkpoint", file: name)
        }
        return checkpoint.stateDict
    }

    @Test("They come back as timm's loaders make them, bit by bit", arguments: files)
    func comesBack(file: File) throws {
        let expected =
            try (try? Self.weights("\(file.name)_timm.safetensors")) ?? FamilyTests.checkpoint(file.model).stateDict
        let mapped = try Self.map(file)
        let back = try restoredStateDict(of: mapped.model)
        let headless = !back.names.contains("head.weight")
        #expect(Set(back.names) == Set(expected.names.filter { !headless || !$0.hasPrefix("head.") }))
        for name in back.names {
            #expect(back[name]?.shape == expected[name]?.shape, "\(name)")
            #expect(try back[name]?.bytes().array() == expected[name]?.bytes().array(), "\(name)")
        }
        // The file's selection, not a translation, finds I-JEPA's encoder.
        #expect(mapped.notes.contains { $0.hasPrefix("keys: ") } == (file.name != "ijepa"))
    }

    @Test("In float64 they give within 1e-10 what timm gives", arguments: files)
    func agrees(file: File) throws {
        let isMixer = file.model == "mixer"
        let golden =
            isMixer
            ? try GoldenData.load("\(FamilyTests.folder)/mixer/golden.npz")
            : try GoldenData.load("\(Self.folder)/\(file.name)_golden.npz")
        let input = try #require(
            GoldenData.load("\(FamilyTests.folder)/\(isMixer ? "mixer" : "vit")/golden.npz")["input"])
        var options = SessionOptions()
        options.precision = .float64
        let outputs = try Session(Self.map(file).model, options: options).run(["input": input])
        let found = try #require(outputs.values.first).doubles()
        let expected = try #require(golden["logits_f64"]).doubles()
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude <= 1e-10 })
    }

    @Test("What the files tell is used: heads of Google's arrays, OpenAI's activation")
    func facts() throws {
        func hyperparameter(_ name: String, of file: File) throws -> String? {
            try Self.map(file).hyperparameters.first { $0.0 == name }?.1
        }
        #expect(try hyperparameter("num_heads", of: Self.files[0]) == "3")
        #expect(try hyperparameter("num_heads", of: Self.files[1]) == "3")
        #expect(try hyperparameter("act_layer", of: Self.files[3]) == "quick_gelu")
        #expect(try Self.map(Self.files[3]).notes.contains { $0.contains("aren't used at inference") })
    }

    @Test("An array of another rank is refused, not taken for something else")
    func damaged() throws {
        for key in ["embedding/kernel", "Transformer/encoderblock_1/MultiHeadDotProductAttention_1/out/kernel"] {
            var weights = try Self.weights("google_vit.npz")
            weights[key] = try Tensor([Float(1), 2], shape: [2])
            #expect(throws: (any Error).self) { try mapArchitecture(weights, config: nil) }
        }
        var lacking = try Self.weights("google_vit.npz")
        lacking["Transformer/encoderblock_1/MultiHeadDotProductAttention_1/key/kernel"] = nil
        let error = #expect(throws: MappingError.self) { try mapArchitecture(lacking, config: nil) }
        #expect(error?.report.contains("blocks.1.attn.qkv.weight") == true)
    }
}
