import Execution
import Formats
import Foundation
import GraphIR
import Parity
import Testing

@testable import Architectures

/// Preprocessing in the graph against timm's transform on Pillow images, and the table of variants against timm's.
@Suite struct PreprocessingTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/preprocessing").path

    /// Cases of `pixels.npz`, by the settings that their names give: interpolation-mode-HEIGHTxWIDTH-crop.
    static let cases: [String] = {
        let arrays = (try? GoldenData.load("\(folder)/pixels.npz"))?.arrays.keys.map(\.string) ?? []
        let names = arrays.filter { !$0.hasPrefix("image_") }.map { String($0.split(separator: "_")[0]) }
        return Set(names).sorted()
    }()

    /// A model that returns its input twofold, which rounds nothing.
    private func doubled(_ type: ElementType = .float32) throws -> Model {
        let net = ModelBuilder("doubled", computeType: type)
        let input = try net.input("input", [.named("batch"), .size(3), .named("height"), .named("width")])
        try net.output("output", net.elementwise("Add", "twice", input, input))
        return try net.model()
    }

    private func settings(_ name: String) throws -> Preprocessing {
        let parts = name.split(separator: "-").map(String.init)
        let size = parts[2].split(separator: "x").compactMap { Int($0) }
        return Preprocessing(
            mean: [0.485, 0.456, 0.406], std: [1, 1, 1], inputSize: [3] + size,
            cropFraction: try #require(Double(parts[3])), interpolation: parts[0], cropMode: parts[1])
    }

    @Test("there are cases of every interpolation and crop mode, with and without padding")
    func covers() {
        #expect(Self.cases.count == 13)
        #expect(Set(Self.cases.map { $0.split(separator: "-")[0] }).count == ResamplingFilter.allCases.count)
    }

    @Test("the 8-bit pixels are Pillow's, in every operator set that is written", arguments: cases)
    func pixels(_ name: String) throws {
        let golden = try GoldenData.load("\(Self.folder)/pixels.npz")
        let embedded = try embedPreprocessing(settings(name), in: doubled())
        try embedded.graph.checkInvariants()
        for opset: Int64 in [13, 17, 20, 25] {
            let model = try convertOpset(embedded, to: opset)
            #expect(checkModel(model).isEmpty)
            let session = try Session(model)
            for index in 0..<6 {
                let image = try #require(golden["image_\(index)"])
                let wanted = try #require(golden["\(name)_\(index)"])
                let output = try #require(try session.run(["images": image.reshaped([1] + image.shape)])["output"])
                #expect(output.shape == [1] + wanted.shape)
                let found: [Float] = try output.array()
                let expected: [UInt8] = try wanted.array()
                let mean = [0.485, 0.456, 0.406].map { Float($0) }
                let pixelCount = expected.count / 3
                let centred = expected.enumerated().map { 2 * (Float($1) / 255 - mean[$0 / pixelCount]) }
                #expect(found == centred, "picture \(index), opset \(opset)")
            }
        }
    }

    @Test("mean and deviation are applied in float32 as torchvision does, to each of several pictures")
    func normalises() throws {
        var settings = try settings("nearest-squash-2x2-1.0")
        settings.mean = [0.485, 0.456, 0.406]
        settings.std = [0.229, 0.224, 0.225]
        settings.isBlueFirst = true
        // ReLU would hide what is below the mean.
        let net = ModelBuilder("identity", computeType: .float64)
        let input = try net.input("input", [.named("batch"), .size(3), .size(2), .size(2)])
        try net.output("output", net.elementwise("Add", "twice", input, input))
        let session = try Session(embedPreprocessing(settings, in: net.model()))
        let bytes = (0..<24).map { UInt8($0 * 10) }
        let output = try #require(try session.run(["images": Tensor(bytes, shape: [2, 2, 2, 3])])["output"])
        let found: [Double] = try output.array()
        let (mean, std) = (settings.mean.map { Float($0) }, settings.std.map { Float($0) })
        var expected: [Double] = []
        for picture in 0..<2 {
            for channel in [2, 1, 0] {
                for pixel in 0..<4 {
                    let value = Float(bytes[12 * picture + 3 * pixel + channel]) / 255
                    expected.append(2 * Double((value - mean[channel]) / std[channel]))
                }
            }
        }
        #expect(found == expected)
    }

    @Test("what can't be put into a graph is refused by name")
    func refuses() throws {
        var random = try settings("bicubic-center-8x8-1.0")
        random.interpolation = "random"
        #expect(throws: GraphError.self) { try embedPreprocessing(random, in: doubled()) }
        var mode = random
        (mode.interpolation, mode.cropMode) = ("bicubic", "ten")
        #expect(throws: GraphError.self) { try embedPreprocessing(mode, in: doubled()) }
        for crop in [0, -1, .nan, .infinity, 1e-9] {
            var settings = try settings("bicubic-center-8x8-1.0")
            settings.cropFraction = crop
            #expect(throws: FormatError.self) { try embedPreprocessing(settings, in: doubled()) }
        }
        var zero = try settings("bicubic-center-8x8-1.0")
        zero.std = [0, 1, 1]
        #expect(throws: FormatError.self) { try embedPreprocessing(zero, in: doubled()) }
        var gray = try settings("bicubic-center-8x8-1.0")
        (gray.mean, gray.std, gray.inputSize) = ([0], [1], [1, 8, 8])
        #expect(throws: FormatError.self) { try embedPreprocessing(gray, in: doubled()) }
        let once = try embedPreprocessing(settings("bicubic-center-8x8-1.0"), in: doubled())
        #expect(throws: FormatError.self) { try embedPreprocessing(settings("bicubic-center-8x8-1.0"), in: once) }
    }

    @Test("metadata says the same after a round trip")
    func metadata() throws {
        var settings = Preprocessing.imageNet(
            size: 448, cropFraction: 0.875, interpolation: "bilinear", cropMode: "squash")
        #expect(Preprocessing(metadata: settings.metadata) == settings)
        settings.isBlueFirst = true
        #expect(Preprocessing(metadata: settings.metadata) == settings)
        #expect(Preprocessing(metadata: []) == nil)
        let model = try embedPreprocessing(settings, in: doubled())
        #expect(Preprocessing(metadata: model.metadata) == settings)
    }

    @Test("config.json wins over the table, options over both, and the notes say so")
    func sources() throws {
        let weights = try initializeCheckpoint(architecture: "convmixer_768_32", seed: 0)
        let table = try mapArchitecture(weights, config: nil)
        #expect(table.preprocessing?.cropFraction == 0.96)
        #expect(table.notes.contains("preprocessing: that of convmixer_768_32"))
        let config = try JSONValue.parse(
            Array(
                """
                {"architecture": "convmixer_768_32", "label_names": ["a", "b"], "pretrained_cfg": {"mean": [0.5, 0.5, \
                0.5], "std": [0.5, 0.5, 0.5], "input_size": [3, 256, 256], "crop_pct": 1.0, "crop_mode": "border", \
                "interpolation": "bilinear"}}
                """.utf8))
        var options = MappingOptions()
        let stated = try mapArchitecture(weights, config: config, options: options)
        #expect(stated.preprocessing?.cropMode == "border" && stated.preprocessing?.inputSize == [3, 256, 256])
        #expect(stated.notes.contains { $0.hasPrefix("preprocessing: config.json says so; the table of variants has") })
        #expect(stated.notes.contains { $0.contains("names 2 classes, the model has 1000") })
        options.settings = ["crop_pct": "0.9", "mean": "0,0,0"]
        let changed = try mapArchitecture(weights, config: config, options: options)
        #expect(changed.preprocessing?.cropFraction == 0.9 && changed.preprocessing?.mean == [0, 0, 0])
        #expect(changed.notes.contains("preprocessing: crop_pct, mean by option"))
        options.settings = ["mean": "a"]
        #expect(throws: MappingError.self) { try mapArchitecture(weights, config: config, options: options) }
    }

    @Test("names of classes are read as lists, as objects by index, and as lines; with gaps they are none")
    func labels() throws {
        #expect(ClassLabels.read(text: "cat\ndog\n") == ["cat", "dog"])
        #expect(ClassLabels.read(text: "[\"cat\", \"dog\"]") == ["cat", "dog"])
        #expect(ClassLabels.read(text: "{\"1\": \"dog\", \"0\": \"cat\"}") == ["cat", "dog"])
        #expect(ClassLabels.read(text: "") == nil)
        for json in ["{\"0\": \"cat\", \"2\": \"dog\"}", "{\"0\": 1}", "[1, 2]", "[]", "{}"] {
            #expect(try ClassLabels.read(JSONValue.parse(Array(json.utf8))) == nil, "\(json)")
        }
        #expect(ClassLabels.read([ClassLabels.metadata(["a", "\"b\""])]) == ["a", "\"b\""])
    }

    @Test("every variant that timm has is prepared for as timm prepares its default weights")
    func table() throws {
        var compared = 0
        for entry in try ArchitectureCatalog.entries(matching: nil) {
            guard let timm = TimmTableTests.entries.first(where: { $0.name == entry.name }) else { continue }
            compared += 1
            #expect(Preprocessing(config: timm.config) == entry.preprocessing, "\(entry.name)")
        }
        #expect(compared > 100)
    }
}
