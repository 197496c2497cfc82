import Architectures
import Execution
import Formats
import GraphIR
import Parity
import Testing

@testable import Atlas

/// Where a family that is written by hand and the atlas both know an architecture, both graphs compute the same.
@Suite struct FamilyAgreementTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// Height and width of the image; the published ones where `nil`.
        var size: Int?
        /// Whether the atlas has a table of float32 as PyTorch made it: sines and logarithms of its are rounded to either
        /// of the nearest numbers, ours to the nearest.
        var hasTable: Bool
        var testDescription: String { name }

        init(_ name: String, size: Int? = nil, hasTable: Bool = false) {
            self.name = name
            self.size = size
            self.hasTable = hasTable
        }
    }

    /// One architecture of each kind of block, stem, norm, pooling and head that the families have and timm publishes.
    static let cases: [Case] = [
        // ConvMixer: GELU and ReLU.
        Case("convmixer_1024_20_ks9_p14", size: 56), Case("convmixer_768_32", size: 35),
        // ViT: class token; average pooling behind registers; attention pooling; norms of queries and keys.
        Case("test_vit"), Case("test_vit2"), Case("test_vit3"),
        // A norm before the blocks; quick GELU is the same graph with another activation.
        Case("vit_medium_patch32_clip_224"),
        // Plain, parallel and differential blocks.
        Case("vit_wee_patch16_reg1_gap_256"), Case("vit_pwee_patch16_reg1_gap_256"),
        Case("vit_dwee_patch16_reg1_gap_256"),
        // DeiT, distilled and not; DeiT III with its layer scale.
        Case("deit_tiny_patch16_224"), Case("deit_tiny_distilled_patch16_224"), Case("deit3_small_patch16_224"),
        // MLP-Mixer and its relatives.
        Case("gmixer_24_224"), Case("resmlp_12_224"), Case("gmlp_s16_224"),
        // ResNet: both blocks, tiered and deep stems, pooled shortcuts, squeeze and excitation, ECA, blurred and averaged
        // strides, groups, group norm, -RS.
        Case("test_resnet", size: 64), Case("resnet18", size: 64), Case("resnet10t", size: 64),
        Case("resnet50", size: 64), Case("resnet26d", size: 64), Case("resnet50s", size: 64),
        Case("resnext50_32x4d", size: 64), Case("seresnext26t_32x4d", size: 64), Case("ecaresnet26t", size: 64),
        Case("ecaresnetlight", size: 64), Case("resnetblur50", size: 64), Case("resnetaa50d", size: 64),
        Case("resnet50_gn", size: 64), Case("resnetrs50", size: 64),
        Case("inception_v3", size: 107),
        // Rotary positions: EVA-02, registers without a class token, the Perception Encoder's, RoPE-ViT's axial and learned
        // ones, DINOv3's with and without gates.
        Case("eva02_tiny_patch14_224", hasTable: true), Case("vit_medium_patch16_rope_reg1_gap_256", hasTable: true),
        Case("vit_pe_core_tiny_patch16_384", hasTable: true), Case("vit_small_patch16_rope_224", hasTable: true),
        Case("vit_small_patch16_rope_mixed_ape_224"), Case("vit_small_patch16_dinov3_qkvb"),
        Case("vit_small_plus_patch16_dinov3"),
        // Relative positions: of each block, of all, with a class token, with norms behind the branches.
        Case("vit_relpos_small_patch16_224", hasTable: true), Case("vit_srelpos_small_patch16_224", hasTable: true),
        Case("vit_relpos_medium_patch16_cls_224", hasTable: true),
        Case("vit_relpos_medium_patch16_rpn_224", hasTable: true),
    ]

    @Test("In float64 the family's graph and the atlas's give the same logits", arguments: cases)
    func agrees(_ item: Case) throws {
        let atlas = try Atlas.shared()
        let entry = try #require(atlas.entries(named: item.name).first { !$0.isHeadless })
        var cursor = try atlas.record(of: entry)
        let record = try AtlasRecord(&cursor, operators: atlas.operators.count)
        let weights = try SeededWeights.stateDict(of: record, classes: 10, channels: Int64(entry.inputShape[0]))
        var options = MappingOptions()
        options.batch = .size(1)
        options.imageSize = item.size.map { ($0, $0) }
        let shape = item.size.map { [entry.inputShape[0], $0, $0] } ?? entry.inputShape
        let image = try SeededWeights.image(shape, count: 1)

        let config = JSONValue.object([("architecture", .string(item.name))])
        let byFamily = try logits(mapArchitecture(weights, config: config, options: options), image)
        let byAtlas = try logits(atlas.map(weights, config: config, options: options), image)
        let scale = byFamily.map(\.magnitude).max() ?? 0
        #expect(byFamily.count == 10 && byAtlas.count == 10)
        #expect(scale > 1e-3 && scale.isFinite)
        // Roundings of tables, 6e-8 each, grow from block to block; what is built otherwise is a thousand times as far off.
        let limit = item.hasTable ? 1e-6 : 1e-10
        #expect(zip(byFamily, byAtlas).allSatisfy { ($0 - $1).magnitude <= limit * scale })
    }

    private func logits(_ mapped: MappedModel, _ image: Tensor) throws -> [Double] {
        var running = SessionOptions()
        running.precision = .float64
        return try #require(Session(mapped.model, options: running).run(["input": image]).values.first).doubles()
    }
}
