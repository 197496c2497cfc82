import Formats
import GraphIR
import Testing

@testable import Architectures

/// Weights that lack a part: the diagnosis names it, unless nothing says that it belongs there.
@Suite struct MissingPartTests {
    private static func weights(_ name: String, without parts: [String]) throws -> StateDict {
        var weights = try initializeCheckpoint(architecture: name, seed: 1)
        for key in weights.names where parts.contains(where: { key.hasPrefix($0) || key.hasSuffix($0) }) {
            weights[key] = nil
        }
        return weights
    }

    private static func config(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    struct Case: Sendable {
        var model: String
        var without: [String]
        var missing: String
    }

    static let gaps = [
        Case(model: "vit_tiny_patch16_224", without: ["blocks.5."], missing: "blocks.5.attn.qkv.weight"),
        Case(model: "vit_tiny_patch16_224", without: ["blocks.0."], missing: "blocks.0.norm1.weight"),
        Case(model: "deit3_small_patch16_224", without: ["blocks.0."], missing: "blocks.0.ls1.gamma"),
        Case(model: "mixer_s32_224", without: ["blocks.3."], missing: "blocks.3.mlp_tokens.fc1.weight"),
        Case(model: "lvvit_t", without: ["blocks.7."], missing: "blocks.7.attn.qkv.weight"),
        Case(model: "cvt_13", without: ["stage2.blocks.4."], missing: "stage2.blocks.4.norm1.weight"),
        Case(model: "resnet18", without: ["layer2.0."], missing: "layer2.0.conv1.weight [128, 64, 3, 3]"),
        Case(model: "resnet50", without: ["layer3.2."], missing: "layer3.2.conv2.weight [256, 256, 3, 3]"),
        Case(model: "resnet18", without: ["layer3."], missing: "layer3.0.conv1.weight [256, 128, 3, 3]"),
        Case(
            model: "resnet18", without: [".downsample.0.weight", "layer2.0.downsample", "layer3.0.downsample"],
            missing: "layer2.0.downsample.0.weight [128, 64, 1, 1]"),
        Case(
            model: "resnet50",
            without: ["layer1.0.downsample", "layer2.0.downsample", "layer3.0.downsample", "layer4.0.downsample"],
            missing: "layer1.0.downsample.0.weight [256, 64, 1, 1]"),
        Case(model: "resnet18", without: ["running_mean", "running_var"], missing: "layer1.0.bn1.running_mean [64]"),
    ]

    @Test(
        "A block that lacks between others, shortcuts and statistics are missing, and nothing is left over",
        arguments: gaps)
    func gap(_ test: Case) throws {
        let weights = try Self.weights(test.model, without: test.without)
        let error = #expect(throws: MappingError.self) { try mapArchitecture(weights, config: nil) }
        #expect(error?.code == .mismatch)
        #expect(error?.report.contains(test.missing) == true, "\(error?.report ?? "")")
        #expect(error?.otherFaults.unexpected == 0 && error?.otherFaults.misshaped == 0)
    }

    @Test(
        "Without its last block a model isn't what config.json or an option names",
        arguments: [("vit_tiny_patch16_224", "blocks.11."), ("resnet18", "layer2.1."), ("mixer_s32_224", "blocks.7.")])
    func lastBlock(name: String, block: String) throws {
        let weights = try Self.weights(name, without: [block])
        let stated = try Self.config(#"{"architecture": "\#(name)", "num_classes": 1000}"#)
        let error = #expect(throws: MappingError.self) { try mapArchitecture(weights, config: stated) }
        #expect(error?.report.contains(block) == true && error?.hint?.contains("take the name out") == true)
        var options = MappingOptions()
        options.architecture = name
        let other = #expect(throws: MappingError.self) { try mapArchitecture(weights, config: nil, options: options) }
        #expect(other?.report.contains(block) == true && other?.hint?.contains("leave --architecture out") == true)
        // Nothing says that there is more, or config.json says that there is less.
        #expect(try mapArchitecture(weights, config: nil).unused.isEmpty)
        let depth = try Self.config(
            #"{"architecture": "\#(name)", "model_args": {"depth": 11, "layers": [2, 1, 2, 2]}}"#)
        #expect(try mapArchitecture(weights, config: depth).unused.isEmpty)
    }

    @Test("Weights without a head say so")
    func head() throws {
        let weights = try Self.weights("vit_tiny_patch16_224", without: ["head."])
        let stated = try Self.config(#"{"architecture": "vit_tiny_patch16_224", "num_classes": 1000}"#)
        let mapped = try mapArchitecture(weights, config: stated)
        #expect(mapped.notes.contains { $0.contains("no head, although config.json says num_classes 1000") })
        #expect(
            try mapArchitecture(weights, config: nil).notes.contains("the weights have no head: the output is features")
        )
        let none = try Self.config(#"{"architecture": "vit_tiny_patch16_224", "num_classes": 0}"#)
        #expect(try mapArchitecture(weights, config: none).notes.allSatisfy { !$0.contains("no head") })
    }

    /// Shapes whose products and sums don't fit, all of no elements.
    static let hostile: [(name: String, shapes: [(String, [Int])])] = [
        (
            "LV-ViT positions",
            [
                ("patch_embed.conv1.weight", [8, 3, 7, 7]), ("blocks.0.attn.qkv.weight", [72, 24]),
                ("pos_embed", [1, Int.max, 0]),
            ]
        ),
        (
            "LV-ViT width",
            [
                ("patch_embed.conv1.weight", [8, 3, 7, 7]), ("blocks.0.attn.qkv.weight", [0, 1 << 62]),
                ("pos_embed", [1, 10, 0]),
            ]
        ),
        (
            "CvT width",
            [
                ("stage0.patch_embed.proj.weight", [1 << 62, 0, 7, 7]),
                ("stage0.blocks.0.attn.conv_proj_q.conv.weight", [1, 1, 3, 3]),
            ]
        ),
        (
            "ViT registers",
            [
                ("blocks.0.norm1.weight", [64]), ("blocks.0.attn.qkv.weight", [192, 64]), ("pos_embed", [1, 17, 0]),
                ("reg_token", [1, Int.max, 0]), ("cls_token", [1, 1, 64]),
            ]
        ),
        (
            "ViT patch",
            [
                ("blocks.0.norm1.weight", [64]), ("blocks.0.attn.qkv.weight", [192, 64]), ("pos_embed", [1, 16, 64]),
                ("patch_embed.proj.weight", [0, 3, 1 << 62, 16]),
            ]
        ),
        (
            "ViT rows",
            [
                ("blocks.0.norm1.weight", [64]), ("blocks.0.attn.qkv.weight", [192, 64]),
                ("pos_embed", [1, 4_294_836_225, 0]), ("patch_embed.proj.weight", [0, 3, 1 << 62, 16]),
            ]
        ),
        (
            "ResNet kernels",
            [
                ("layer1.0.conv1.weight", [64, 64, 3, 3]), ("layer1.0.conv2.weight", [64, 64, 3, 3]),
                ("conv1.weight", [64, 0, Int.max, Int.max]),
                ("layer1.0.downsample.0.weight", [0, Int.max, Int.max, Int.max]), ("fc.weight", [Int.max, 0]),
            ]
        ),
        (
            "ResNet widths",
            [
                ("layer1.0.conv1.weight", [Int.max, 0, 3, 3]), ("layer1.0.conv2.weight", [1 << 62, 0, 3, 3]),
                ("conv1.weight", [1 << 62, 0, 7, 7]),
            ]
        ),
        (
            "WS-DAN channels",
            [
                ("attentions.conv.weight", [4096, 0, 1, 1]), ("features.4.conv.weight", [1, 1, 1, 1]),
                ("fc.weight", [Int.max, 0]), ("features.0.conv.weight", [0, Int.max, 3, 3]),
            ]
        ),
    ]

    @Test("Sizes that no sum or product holds give a typed error", arguments: hostile.indices)
    func sizes(index: Int) throws {
        var weights = StateDict()
        for (key, shape) in Self.hostile[index].shapes {
            let count = shape.checkedProduct() ?? 0
            weights[key] = try Tensor(.float32, shape: shape, bytes: Bytes(ZeroSource(count: 4 * count)))
        }
        for size in [nil, (224, 224), (65536, 65536)] {
            var options = MappingOptions()
            options.imageSize = size
            do {
                _ = try mapArchitecture(weights, config: nil, options: options)
                Issue.record("\(Self.hostile[index].name) gave a model")
            } catch {
                #expect(error is any Fault, "\(Self.hostile[index].name): \(error)")
            }
        }
    }

    @Test("Layers refuse sizes that their windows overflow")
    func windows() throws {
        let net = ModelBuilder("wide")
        let image = try net.input("x", [.size(1), .size(1), .size(Int64.max), .size(Int64.max)])
        #expect(throws: GraphError.self) { try net.maxPool("pool", image, kernel: 3, stride: 2, padding: 1) }
        #expect(throws: GraphError.self) {
            try net.conv2d("conv", image, out: 1, kernel: 3, padding: .symmetric(2), bias: false)
        }
        #expect(try net.blurPool("blur", image).shape.count == 4)
        #expect(throws: GraphError.self) { try net.softmax("softmax", image, axis: 4) }
        #expect(try net.softmax("softmax", image, axis: -4).shape == image.shape)
    }
}
