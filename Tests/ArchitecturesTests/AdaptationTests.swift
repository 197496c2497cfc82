import Execution
import Formats
import Foundation
import GraphIR
import Parity
import Testing

@testable import Architectures

/// Models at other sizes than their checkpoints', as timm makes them: `fixtures/architectures/make_adapted.py`.
@Suite struct AdaptationTests {
    static let folder = FamilyTests.folder + "/adapted"

    /// The model that each file is of, longest name first.
    static let cases: [(file: String, model: String)] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.sorted().compactMap { file in
            let name = String(file.dropLast(4))
            let models = FamilyTests.models.filter { name.hasPrefix($0 + "_") }
            return models.max { $0.count < $1.count }.map { (name, $0) }
        }
    }()

    static func options(_ golden: GoldenData) throws -> MappingOptions {
        var options = MappingOptions()
        let size = try #require(golden["image_size"]).array(of: Int64.self)
        options.imageSize = (Int(size[0]), Int(size[1]))
        options.inputChannels = try #require(golden["input_channels"]).array(of: Int64.self).first.map { Int($0) }
        options.returnsFeatures = try golden["is_features"]?.array(of: Int64.self) == [1]
        options.leavesOutHead = try golden["is_pooled"]?.array(of: Int64.self) == [1]
        return options
    }

    static func map(_ model: String, _ options: MappingOptions) throws -> MappedModel {
        let checkpoint = try FamilyTests.checkpoint(model)
        return try mapArchitecture(checkpoint.stateDict, config: checkpoint.config, options: options)
    }

    @Test("Sizes, channels and features agree with timm's, in float64 within 1e-10", arguments: cases)
    func agrees(file: String, model: String) throws {
        let golden = try GoldenData.load("\(Self.folder)/\(file).npz")
        let mapped = try Self.map(model, Self.options(golden))
        var double = SessionOptions()
        double.precision = .float64
        let input = try #require(golden["input"])
        let found = try #require(Session(mapped.model, options: double).run(["input": input]).values.first).doubles()
        let expected = try #require(golden["logits_f64"]).array(of: Double.self)
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude <= 1e-10 })
        let single = try #require(Session(mapped.model).run(["input": input]).values.first).doubles()
        let rounded = try #require(golden["logits"]).doubles()
        let greatest = rounded.map(\.magnitude).max() ?? 0
        #expect(zip(single, rounded).allSatisfy { ($0 - $1).magnitude <= 20 * greatest * 0x1p-24 })
        #expect(
            mapped.model.graph.outputs.map { mapped.model.graph[$0].name }
                == (file.hasSuffix("features") || file.hasSuffix("pooled") ? ["features"] : ["logits"]))
    }

    @Test("No classes are no head", arguments: ["vit", "deit_distilled", "mixer", "resnet_basic", "lvvit", "cvt"])
    func noClasses(model: String) throws {
        var (headless, none) = try (FamilyTests.options(model), FamilyTests.options(model))
        headless.leavesOutHead = true
        none.classes = 0
        let (found, expected) = (try Self.map(model, none).model.graph, try Self.map(model, headless).model.graph)
        #expect(found.nodes.map(\.name) == expected.nodes.map(\.name))
        #expect(found.initializers.values.map(\.name) == expected.initializers.values.map(\.name))
        #expect(found.outputs.map { found[$0].name } == ["features"])
    }

    @Test("The checkpoint's own bits come back, whatever the model was adapted to", arguments: cases)
    func comesBack(file: String, model: String) throws {
        var options = try Self.options(GoldenData.load("\(Self.folder)/\(file).npz"))
        (options.returnsFeatures, options.leavesOutHead) = (false, false)
        let original = try FamilyTests.checkpoint(model).stateDict
        let back = try restoredStateDict(of: convertOpset(Self.map(model, options).model, to: 13))
        #expect(back.names == original.names)
        for key in back.names {
            #expect(try back[key]?.bytes().array() == original[key]?.bytes().array(), "\(key)")
        }
    }

    @Test("Resampled tables of positions are timm's and the authors' to the bit", arguments: cases)
    func tables(file: String, model: String) throws {
        let golden = try GoldenData.load("\(Self.folder)/\(file).npz")
        guard let table = golden["table"] else { return }
        let original = try #require(FamilyTests.checkpoint(model).stateDict["pos_embed"])
        let prefix = ["vit": 1, "deit_distilled": 2, "lvvit": 1, "eva02": 1, "eva_pe_core": 1][model] ?? 0
        let (patch, old) = model == "lvvit" ? (16, ImageSize(3, 3)) : (8, ImageSize(4, 4))
        let size = try #require(golden["image_size"]).array(of: Int64.self).map { Int($0) / patch }
        let adapted = try PositionResampling.adapted(
            original, prefix: prefix, from: old, to: ImageSize(size[0], size[1]), isAntialiased: model != "lvvit")
        let kept = try original.array(of: Float.self).prefix(prefix * original.shape[2])
        let made = try #require(adapted.derived).array(of: Float.self)
        #expect(try (Array(kept) + made).map(\.bitPattern) == table.array(of: Float.self).map(\.bitPattern))
    }

    @Test(
        "Tables of other types are resampled in float32 and rounded to their own",
        arguments: [
            ElementType.float16, .bfloat16, .float64,
        ])
    func types(type: ElementType) throws {
        let values = (0..<32).map { Float($0 * $0 % 7) - 3 }
        let plain = try PositionResampling.adapted(
            Tensor(values, shape: [1, 16, 2]), prefix: 0, from: ImageSize(4, 4), to: ImageSize(7, 3))
        let other = try PositionResampling.adapted(
            .of(values, as: type, shape: [1, 16, 2]), prefix: 0, from: ImageSize(4, 4), to: ImageSize(7, 3))
        let expected = try #require(plain.derived).floats()
        let found = try #require(other.derived)
        #expect(found.elementType == type && found.shape == [1, 21, 2])
        let step: Float = type == .float64 ? 0 : type == .float16 ? 0x1p-11 : 0x1p-8
        #expect(
            try zip(found.floats(), expected).allSatisfy { ($0 - $1).magnitude <= step * max($1.magnitude, 0x1p-14) })
    }

    @Test("A head with a background class loses it, and the checkpoint keeps it")
    func backgroundClass() throws {
        let original = try FamilyTests.checkpoint("vit").stateDict
        let config = JSONValue.object([("num_heads", .number("3")), ("label_offset", .number("1"))])
        var options = MappingOptions()
        let plain = try mapArchitecture(original, config: config, options: options).model
        options.classes = 6
        let mapped = try mapArchitecture(original, config: config, options: options)
        let input = try #require(GoldenData.load("\(FamilyTests.folder)/vit/golden.npz")["input"])
        let whole = try #require(Session(plain).run(["input": input]).values.first).array(of: Float.self)
        let part = try #require(Session(mapped.model).run(["input": input]).values.first)
        #expect(part.shape == [2, 6])
        let found = try part.array(of: Float.self)
        #expect(zip(found, whole[1..<7] + whole[8..<14]).allSatisfy { ($0 - $1).magnitude <= 1e-6 })
        #expect(try restoredStateDict(of: mapped.model)["head.weight"]?.shape == [7, 24])
    }

    @Test("What the weights don't allow is refused by name")
    func refusals() throws {
        func refused(_ model: String, _ change: (inout MappingOptions) -> Void) -> MappingError? {
            var options = MappingOptions()
            change(&options)
            return #expect(throws: MappingError.self) { try Self.map(model, options) }
        }
        #expect(refused("mixer") { $0.imageSize = (48, 48) }?.code == .option)
        #expect(refused("gmlp") { $0.imageSize = (64, 64) }?.problem.contains("4×4 positions") == true)
        #expect(refused("lvvit") { $0.imageSize = (8, 64) }?.problem.contains("no patch of 16") == true)
        #expect(refused("vit") { $0.imageSize = (4, 4) }?.code == .option)
        #expect(refused("vit") { $0.classes = 5 }?.hint?.contains("--no-head") == true)
        #expect(refused("vit") { $0.classes = 8 }?.problem.contains("7 classes") == true)
        #expect(refused("vit") { $0.modules = ["block.1"] }?.hint?.contains("blocks.1") == true)
        var options = MappingOptions()
        options.imageSize = (65536, 65536)
        #expect(throws: FormatError.self) { try Self.map("vit", options) }
    }

    @Test("Outputs at modules are those modules' results, and carry only what they need")
    func modules() throws {
        var options = MappingOptions()
        options.modules = ["blocks.0", "patch_embed", "blocks.0.norm1"]
        let mapped = try Self.map("vit", options)
        let graph = mapped.model.graph
        #expect(graph.outputs.map { graph[$0].name } == options.modules)
        #expect(graph.initializers.values.allSatisfy { !$0.name.hasPrefix("blocks.1") && $0.name != "head.weight" })
        #expect(try restoredStateDict(of: mapped.model).names == graph.initializers.values.map(\.name))
        #expect(mapped.notes.contains { $0.contains("take no part") })
        let blocks = try GoldenData.load("\(FamilyTests.folder)/vit/blocks.npz")
        let input = try #require(GoldenData.load("\(FamilyTests.folder)/vit/golden.npz")["input"])
        var double = SessionOptions()
        double.precision = .float64
        let outputs = try Session(mapped.model, options: double).run(["input": input])
        for module in ["blocks.0", "patch_embed"] {
            let found = try #require(outputs[module]).doubles()
            let expected = try #require(blocks[module]).doubles()
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude <= 1e-10 })
        }
    }

    @Test("Outputs may be named twice over: a module and the last module in it, the head beside a block")
    func sharedOutputs() throws {
        var options = MappingOptions()
        options.modules = ["head", "blocks.1", "blocks", "logits"]
        let graph = try Self.map("vit", options).model.graph
        #expect(graph.outputs.map { graph[$0].name } == options.modules)
        #expect(graph.nodes.count { $0.op.type == "Identity" } >= 2)
    }

    @Test("A model for one channel has no preprocessing for three, one for another size has its size")
    func preprocessing() throws {
        let weights = try initializeCheckpoint(architecture: "vit_tiny_patch16_224", seed: 1)
        var options = MappingOptions()
        options.imageSize = (384, 288)
        let larger = try mapArchitecture(weights, config: nil, options: options)
        #expect(larger.preprocessing?.inputSize == [3, 384, 288])
        #expect(larger.architecture == "vit_tiny_patch16_224" && larger.variant == "vit_tiny_patch16_224")
        options.inputChannels = 1
        let gray = try mapArchitecture(weights, config: nil, options: options)
        #expect(gray.preprocessing == nil && gray.notes.contains { $0.contains("it is for 3 channels") })
    }
}
