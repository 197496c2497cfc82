import Architectures
import Formats
import GraphIR
import Testing

@testable import Atlas

/// What `config.json` and the name say beside weights that the atlas has the graph of.
@Suite struct AtlasConfigTests {
    private static func map(
        _ name: String, without: [String] = [], config: String? = nil,
        _ change: (inout MappingOptions) -> Void = { _ in }
    ) throws -> MappedModel {
        let atlas = try Atlas.shared()
        let entry = try #require(atlas.entries(named: name).first { !$0.isHeadless })
        var weights = try SeededWeights.stateDict(of: entry, in: atlas, classes: 7, withContents: false)
        for key in without { weights[key] = nil }
        var options = MappingOptions()
        change(&options)
        return try atlas.map(
            weights, config: config.map { try JSONValue.parse(Array($0.utf8)) }, options: options)
    }

    private static func size(_ mapped: MappedModel) throws -> [Dimension] {
        let input = try #require(mapped.model.graph.inputs.first)
        return Array(try #require(mapped.model.graph[input].type?.dimensions).dropFirst())
    }

    @Test(
        "What changes the graph is refused, and --architecture takes timm's own",
        arguments: [
            ("cait_xxs24_224", #""global_pool": "avg""#, "global_pool 'avg'"),
            ("cait_xxs24_224", #""model_args": {"global_pool": "avg"}"#, "global_pool 'avg'"),
            ("mobilenetv3_small_050", #""model_args": {"global_pool": "max"}"#, "sets global_pool"),
            ("regnetx_002", #""model_args": {"num_classes": 7, "act_layer": "mish"}"#, "sets act_layer"),
        ])
    func settled(name: String, members: String, problem: String) throws {
        let config = #"{"architecture": "\#(name)", \#(members)}"#
        let error = try #require(throws: MappingError.self) { try Self.map(name, config: config) }
        #expect(error.code == .option && error.problem.contains(problem), "\(error.problem)")
        let mapped = try Self.map(name, config: config) { $0.architecture = name }
        #expect(mapped.architecture == name)
    }

    @Test("What says the same, or changes nothing, is taken")
    func harmless() throws {
        let config =
            #"{"architecture": "cait_xxs24_224", "global_pool": "token", "model_args": {"drop_path_rate": 0.1}}"#
        #expect(try Self.map("cait_xxs24_224", config: config).architecture == "cait_xxs24_224")
    }

    @Test(
        "The image size that config.json states is taken where the graph takes it, and said",
        arguments: [
            (#""model_args": {"img_size": 256}"#, [256, 256], "config.json says so"),
            (#""model_args": {"img_size": [256, 320]}"#, [256, 320], "config.json says so"),
            (
                #""pretrained_cfg": {"input_size": [3, 300, 200], "mean": [0, 0, 0], "std": [1, 1, 1]}"#, [224, 224],
                "config.json says images of 300×200, of which the graph takes none: 224×224 is assumed"
            ),
        ])
    func sizes(members: String, expected: [Int], note: String) throws {
        let name = "swin_tiny_patch4_window7_224"
        let mapped = try Self.map(name, config: #"{"architecture": "\#(name)", \#(members)}"#)
        #expect(try Self.size(mapped) == ([3] + expected).map { .size(Int64($0)) })
        #expect(mapped.notes.contains { $0.hasSuffix(note) }, "\(mapped.notes)")
    }

    @Test("Published weights that are named bring their image size along")
    func publishedSize() throws {
        let name = "convnext_base.clip_laion2b_augreg_ft_in12k_in1k_384"
        let mapped = try Self.map("convnext_base") { $0.architecture = name }
        #expect(try Self.size(mapped) == [.size(3), .size(384), .size(384)])
    }

    @Test("A tag that timm doesn't publish is refused, with those that it does")
    func unknownTag() throws {
        let error = try #require(throws: MappingError.self) {
            try Self.map("regnetx_002") { $0.architecture = "regnetx_002.foo" }
        }
        #expect(error.code == .option && error.report.contains("regnetx_002.pycls_in1k"))
    }

    @Test("Weights without the classifier's make a model of features, unless config.json says that there is one")
    func head() throws {
        let head = ["head.fc.weight", "head.fc.bias"]
        let mapped = try Self.map("regnetx_002", without: head)
        #expect(mapped.model.graph.outputs.first.map { mapped.model.graph[$0].name } == "features")
        #expect(
            mapped.notes.contains("the head's weights aren't there: the model returns the features that it would take"))
        let config = #"{"architecture": "regnetx_002", "num_classes": 7}"#
        let error = try #require(throws: MappingError.self) {
            try Self.map("regnetx_002", without: head, config: config)
        }
        #expect(error.code == .mismatch)
    }

    @Test("The nearest size may be the published one")
    func nearest() throws {
        let error = try #require(throws: FormatError.self) {
            try Self.map("swin_tiny_patch4_window7_224") { $0.imageSize = (225, 225) }
        }
        #expect(error.hint == "the nearest is --image-size 224x224")
    }
}
