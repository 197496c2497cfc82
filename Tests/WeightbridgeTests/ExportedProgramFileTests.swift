import Foundation
import Testing
import Weightbridge

/// Exported programs and TorchScript archives as models: what they compute, and the way back to their weights.
@Suite struct ExportedProgramFileTests {
    static let folder = packageRoot.appendingPathComponent("fixtures/exported_programs").path
    static let programs = [
        ("layers", "2.1.2 2.2.2 2.3.1 2.4.1 2.5.1 2.6.0 2.7.1 2.8.0 2.9.1 2.10.0 2.11.0 2.12.1 2.13.0 2.14.1 2.15.0"),
        ("layers-decomposed", "2.13.0"),
        ("reshaped", "2.5.1 2.6.0 2.7.1 2.8.0 2.9.1 2.10.0 2.11.0 2.12.1 2.13.0 2.14.1 2.15.0"),
        ("tree", "2.4.1 2.5.1 2.6.0 2.7.1 2.8.0 2.9.1 2.10.0 2.11.0 2.12.1 2.13.0 2.14.1 2.15.0"),
        ("wrapped", "2.7.1 2.8.0 2.9.1 2.10.0 2.11.0 2.12.1 2.13.0 2.14.1 2.15.0"),
        ("masks", "2.13.0"),
    ].flatMap { name, versions in versions.split(separator: " ").map { "\(name)-\($0)" } }
    static let scripts: [(String, [Int])] = [
        ("layers-traced", [2, 3, 8, 8]), ("layers-frozen", [2, 3, 8, 8]), ("attention-traced", [2, 5, 8]),
        ("attention-frozen", [2, 5, 8]), ("scripted", [3, 4]),
        ("assigned", [3, 4]),
    ]

    private func golden(_ name: String) throws -> GoldenData {
        try GoldenData.load("\(Self.folder)/\(name.split(separator: "-").first ?? "").npz")
    }

    @Test(arguments: programs) func programsComputeWhatPyTorchDoes(_ name: String) throws {
        let loaded = try loadModel("\(Self.folder)/\(name).pt2")
        let report = try verify(loaded.model, golden: try golden(name))
        #expect(report.isParity, "\(report.text(color: false))")
    }

    @Test(arguments: scripts) func scriptsComputeWhatPyTorchDoes(_ name: String, _ shape: [Int]) throws {
        var mapping = MappingOptions()
        mapping.inputShapes = [shape]
        let loaded = try loadModel("\(Self.folder)/\(name).pt", mapping: mapping)
        let report = try verify(loaded.model, golden: try golden(name))
        #expect(report.isParity, "\(report.text(color: false))")
    }

    /// A module without parameters is its program alone.
    @Test(arguments: ["pool-2.13.0.pt2", "pool-traced.pt", "pool-frozen.pt"])
    func aProgramNeedsNoWeights(_ name: String) throws {
        let folder = try TemporaryFolder()
        let path = "\(Self.folder)/\(name)"
        var mapping = MappingOptions()
        if name.hasSuffix(".pt") { mapping.inputShapes = [[2, 3, 8, 8]] }
        let loaded = try loadModel(path, mapping: mapping)
        #expect(try verify(loaded.model, golden: try golden(name)).isParity)
        var options = ConversionOptions()
        options.mapping = mapping
        let report = try convert(path, to: folder.path("model.onnx"), options: options)
        #expect(report.architecture == nil)
        #expect(try verify(loadModel(folder.path("model.onnx")).model, golden: try golden(name)).isParity)
        let inspection = try Inspection(path)
        #expect(inspection.notes.contains { $0.contains("has no weights") }, "\(inspection.notes)")
        // There is nothing that a file of weights could hold, or an architecture could take.
        for target in ["weights.safetensors", "weights.npz"] {
            #expect { try convert(path, to: folder.path(target)) } throws: {
                ($0 as? FormatError)?.code == .tensorMissing
            }
        }
        mapping = MappingOptions()
        mapping.architecture = "resnet18"
        #expect(throws: MappingError.self) { try loadModel(path, mapping: mapping) }
    }

    @Test(arguments: programs) func theStateDictComesBack(_ name: String) throws {
        let folder = try TemporaryFolder()
        let path = "\(Self.folder)/\(name).pt2"
        let report = try convert(path, to: folder.path("model.onnx"))
        #expect(report.architecture == nil && report.digest?.isEmpty == false)
        _ = try convert(folder.path("model.onnx"), to: folder.path("back.pth"))
        let program = try ExportedProgram(pt2: FileSource(path: path))
        guard case .checkpoint(let back) = try WeightFile.open(folder.path("back.pth")) else {
            throw FormatError(.formatMismatch, "expected a checkpoint")
        }
        #expect(back.stateDict.names == program.stateDict.names)
        for (key, tensor) in program.stateDict.tensors {
            let other = try #require(back.stateDict[key.string])
            #expect(other.shape == tensor.shape && other.elementType == tensor.elementType)
            #expect(try other.bytes().array() == tensor.bytes().array(), "\(key)")
        }
    }

    @Test func theSampleAndItsOutputsAreAGolden() throws {
        let loaded = try loadModel("\(Self.folder)/tree-2.13.0.pt2")
        let sample = try #require(loaded.sample)
        #expect(sample.inputsByPosition.count == 2 && sample.outputsByPosition.count == 3)
        #expect(try verify(loaded.model, golden: sample).isParity)
        #expect(try loadModel("\(Self.folder)/tree-2.8.0.pt2").sample?.outputsByPosition.isEmpty == true)
    }

    @Test(arguments: ["exported.pt2", "torchscript.pt"]) func aTrainedModelIsOneGraph(_ name: String) throws {
        let golden = try GoldenData.load(Digits.golden)
        let count = try #require(golden["input"]?.shape.first)
        var mapping = MappingOptions()
        // The one was exported for a single image, the other doesn't say for which size it was traced.
        if name == "exported.pt2" { mapping.batch = .size(Int64(count)) } else { mapping.imageSize = (16, 16) }
        let loaded = try loadModel(Digits.weights(name), mapping: mapping)
        #expect(loaded.program != nil && loaded.mapping == nil)
        #expect(try verify(loaded.model, golden: golden).isParity)
        mapping = MappingOptions()
        mapping.architecture = try loadModel(Digits.weights("state_dict.pth")).mapping?.architecture
        #expect(try loadModel(Digits.weights(name), mapping: mapping).program == nil)
    }

    @Test("Outputs at modules are what those modules return", arguments: ["exported.pt2", "torchscript.pt"])
    func modulesAreOutputs(_ name: String) throws {
        let blocks = try GoldenData.load(Digits.blocks)
        let images = try #require(GoldenData.load(Digits.golden)["input"])
        let count = try #require(blocks["stem"]?.shape.first)
        var mapping = MappingOptions()
        if name == "exported.pt2" { mapping.batch = .size(Int64(count)) } else { mapping.imageSize = (16, 16) }
        mapping.modules = ["blocks.2", "stem", "blocks.0.0.fn", "blocks", "head"]
        let model = try loadModel(Digits.weights(name), mapping: mapping).model
        #expect(model.graph.outputs.map { model.graph[$0].name } == mapping.modules)
        let shape = [count] + images.shape.dropFirst()
        let first = try Tensor(Array(images.doubles().prefix(shape.reduce(1, *))).map { Float($0) }, shape: shape)
        var running = SessionOptions()
        running.precision = .float64
        let outputs = try Session(model, options: running).run(["x": first])
        for module in mapping.modules {
            let (found, expected) = try (#require(outputs[module]).doubles(), #require(blocks[module]).doubles())
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude <= 1e-10 }, "\(module)")
        }
        mapping.modules = ["block.2"]
        #expect {
            _ = try loadModel(Digits.weights(name), mapping: mapping)
        } throws: { ($0 as? MappingError)?.hint?.contains("blocks.2") == true }
    }

    @Test func whatTheGraphSettlesIsNoOption() throws {
        var mapping = MappingOptions()
        mapping.imageSize = (32, 32)
        #expect {
            _ = try loadModel("\(Self.folder)/layers-2.13.0.pt2", mapping: mapping)
        } throws: { ($0 as? FormatError)?.code == .usage }
    }

    /// `--image-size` and `--input-shape` say what the symbols of dynamic sizes are.
    @Test func askedSizesSettleSymbols() throws {
        func dimensions(_ change: (inout MappingOptions) -> Void) throws -> [Int64?] {
            var mapping = MappingOptions()
            change(&mapping)
            let graph = try loadModel("\(Self.folder)/sizes-multiples.pt2", mapping: mapping).model.graph
            return graph.inputs.first.flatMap { graph[$0].type?.dimensions }?.map(\.known) ?? []
        }
        let image = try dimensions { $0.imageSize = (16, 24) }
        #expect(image == [nil, 3, 16, 24])
        let shape = try dimensions { $0.inputShapes = [[2, 3, 8, 8]] }
        #expect(shape == [2, 3, 8, 8])
        let both = try dimensions {
            $0.imageSize = (16, 24)
            $0.batch = .size(5)
        }
        #expect(both == [5, 3, 16, 24])
        #expect {
            _ = try dimensions { $0.imageSize = (18, 24) }
        } throws: { ($0 as? FormatError)?.code == .usage }
    }

    /// Options for programs are refused where only weights are taken.
    @Test(arguments: ["digits", "pt2"]) func whatIsForProgramsAlone(_ kind: String) throws {
        let path = kind == "pt2" ? "\(Self.folder)/layers-2.13.0.pt2" : Digits.weights("state_dict.pth")
        for (hint, change) in [
            ("--image-size", { $0.inputShapes = [[1, 3, 8, 8]] }), ("--batch", { $0.opensBatch = true }),
        ] as [(String, (inout MappingOptions) -> Void)] {
            var mapping = MappingOptions()
            if kind == "pt2" { mapping.architecture = "resnet18" }
            change(&mapping)
            #expect {
                _ = try loadModel(path, mapping: mapping)
            } throws: {
                let error = $0 as? FormatError
                return error?.code == .usage && error?.hint?.contains(hint) == true
            }
        }
    }

    @Test func inspectionShowsTheProgram() throws {
        let inspection = try Inspection("\(Self.folder)/reshaped-2.13.0.pt2")
        let facts = Dictionary(grouping: inspection.facts, by: \.label).mapValues { $0.map(\.value) }
        #expect(facts["input"] == ["x: float32[s77, 4, 6]"])
        #expect(facts["output"] == ["output.0: float32[s77, 4, 3]", "output.1: float32[2*s77, 6]"])
        #expect(facts["symbol"] == ["s77: 1…64"])
        #expect(facts["PyTorch"] == ["2.13.0+cpu"])
        // What the weights alone would be recognised as is beside the point.
        #expect(facts["recognised"] == nil)
    }

    @Test func weightsAloneAreWrittenAndSaid() throws {
        let folder = try TemporaryFolder()
        let report = try convert("\(Self.folder)/layers-2.13.0.pt2", to: folder.path("weights.safetensors"))
        #expect(report.tensors == 9 && report.notes.contains { $0.contains("program") })
    }
}
