import Testing
import Weightbridge

/// Defects of the kinds that conversions really suffer from, planted in the trained ConvMixer: each must be called a
/// mismatch and be found where it is.
@Suite("Parity: planted defects are caught and located")
struct ParityDefectTests {
    struct Defect: Sendable, CustomTestStringConvertible {
        var name: String
        /// The module whose node is changed.
        var module: String
        var op: String
        var plant: @Sendable (inout Model, Int) throws -> Void
        var testDescription: String { name }
    }

    static let defects: [Defect] = [
        Defect(name: "flipped exponent bit in a depthwise weight", module: "blocks.1.0.fn.0", op: "Conv") {
            try flip(bit: 23, ofElement: 7, input: 1, &$0, $1)
        },
        Defect(name: "flipped sign bit in a bias", module: "head", op: "Gemm") {
            try flip(bit: 31, ofElement: 3, input: 2, &$0, $1)
        },
        Defect(name: "flipped high fraction bit in a pointwise weight", module: "blocks.2.1", op: "Conv") {
            try flip(bit: 22, ofElement: 1000, input: 1, &$0, $1)
        },
        Defect(name: "epsilon 1e-6 in place of 1e-5", module: "blocks.3.3", op: "BatchNormalization") {
            set(.float(1e-6), "epsilon", &$0, $1)
        },
        Defect(name: "tanh-GELU in place of erf-GELU", module: "blocks.0.2", op: "Gelu") {
            set(.string(Array("tanh".utf8)), "approximate", &$0, $1)
        },
        Defect(name: "padding shifted by one", module: "blocks.2.0.fn.0", op: "Conv") {
            set(.ints([1, 2, 3, 2]), "pads", &$0, $1)
        },
    ]

    @Test("with intermediates the very node is named, and no other", arguments: defects)
    func located(_ defect: Defect) throws {
        var options = VerificationOptions()
        options.blocks = try GoldenData.load(Digits.blocks)
        let report = try verify(planted(defect), golden: .load(Digits.golden), options: options)
        #expect(report.verdict == .mismatch)
        let found = try #require(report.firstDivergence)
        #expect(found.module == defect.module, "\(report.text())")
        #expect(found.op == defect.op)
        #expect(found.suspects.count == 1, "\(found.suspects)")
        #expect(report.faultyModules == [defect.module])
    }

    @Test("the outputs alone show that there is one", arguments: defects)
    func caught(_ defect: Defect) throws {
        let report = try verify(planted(defect), golden: .load(Digits.golden))
        #expect(report.outputs.map(\.key) == ["logits_f32", "logits_f64"])
        #expect(report.outputs.map(\.judgement.verdict) == [.mismatch, .mismatch], "\(report.text())")
        #expect(!report.isParity)
    }

    @Test("two defects are both found")
    func both() throws {
        var options = VerificationOptions()
        options.blocks = try GoldenData.load(Digits.blocks)
        var model = try planted(Self.defects[0])
        let second = try node(of: "blocks.3.2", in: model)
        Self.set(.string(Array("tanh".utf8)), "approximate", &model, second)
        let report = try verify(model, golden: .load(Digits.golden), options: options)
        #expect(report.faultyModules == ["blocks.1.0.fn.0", "blocks.3.2"])
    }

    @Test("the model as it is agrees everywhere, with a margin")
    func sound() throws {
        var options = VerificationOptions()
        options.blocks = try GoldenData.load(Digits.blocks)
        let report = try verify(model(), golden: .load(Digits.golden), options: options)
        #expect(report.verdict == .rounding, "\(report.text())")
        #expect(report.faultyModules.isEmpty)
        for judgement in report.outputs.map(\.judgement) + report.blocks.map(\.judgement) {
            #expect(judgement.ratio <= RoundingYardstick.limit / 2, "\(judgement.reason)")
        }
        let single = try #require(report.outputs.first)
        #expect(try #require(single.error).maxAbsolute <= 1e-5)
        #expect(single.classifier?.top1 == 32)
        let double = try #require(report.outputs.last?.goldenToDouble)
        #expect(double.maxAbsolute <= 1e-12)
        #expect(report.blocks.count >= 45)
        #expect(report.blocks.allSatisfy { ($0.error?.maxAbsolute ?? .infinity) <= 1e-12 })
        let accuracy = try #require(report.accuracies.first)
        #expect(accuracy.samples == 32)
    }

    @Test("in float64 the comparison is that of the float64 results")
    func double() throws {
        var options = VerificationOptions()
        options.session.precision = .float64
        let report = try verify(model(), golden: .load(Digits.golden), options: options)
        #expect(report.isParity, "\(report.text())")
        #expect(report.precision == "float64")
        #expect(try #require(report.outputs.last?.error).maxAbsolute <= 1e-12)
    }

    @Test("357 of the 360 held-out digits are right, as by PyTorch")
    func accuracy() throws {
        let report = try verify(model(), golden: .load("\(Digits.folder)/accuracy.npz"))
        #expect(report.accuracies.map(\.right) == [357])
        #expect(report.accuracies.map(\.samples) == [360])
        #expect(!report.isParity, "labels alone prove no parity")
    }

    @Test(
        "weights that were rounded to 16 bits pass by their own yardstick, with golden data of the unrounded ones",
        arguments: ["half.pth", "bfloat16.safetensors"])
    func narrowWeights(_ file: String) throws {
        let report = try verify(model(file), golden: .load(Digits.golden))
        #expect(report.isParity, "\(report.text())")
        #expect(report.notes.contains { $0.contains("narrower than float32") })
    }

    @Test("PyTorch's own export of the model is verified, its modules found by their scopes")
    func torchExport() throws {
        let model = try loadModel("\(Digits.folder)/torch.onnx").model
        var options = VerificationOptions()
        options.blocks = try GoldenData.load(Digits.blocks)
        let report = try verify(model, golden: .load(Digits.golden), options: options)
        #expect(report.isParity, "\(report.text())")
        #expect(report.blocks.count >= 40)
    }

    private func model(_ file: String = "state_dict.pth") throws -> Model {
        try loadModel(Digits.weights(file)).model
    }

    private func planted(_ defect: Defect) throws -> Model {
        var model = try model()
        try defect.plant(&model, node(of: defect.module, in: model))
        return model
    }

    private func node(of module: String, in model: Model) throws -> Int {
        let value = try #require(model.graph.moduleOutputs[ExactName(module)])
        return try #require(model.graph.nodes.firstIndex { $0.outputs.contains(value) })
    }

    private static func flip(
        bit: Int, ofElement element: Int, input: Int, _ model: inout Model, _ node: Int
    ) throws {
        let id = try #require(model.graph.nodes[node].inputs[input])
        var record = try #require(model.graph.initializers[id])
        var values = try record.tensor.array(of: Float.self)
        values[element] = Float(bitPattern: values[element].bitPattern ^ (1 << UInt32(bit)))
        record.tensor = try Tensor(values, shape: record.tensor.shape)
        model.graph.initializers[id] = record
    }

    private static func set(_ value: AttributeValue, _ name: String, _ model: inout Model, _ node: Int) {
        model.graph.nodes[node].attributes.removeAll { $0.name == name }
        model.graph.nodes[node].attributes.append(Attribute(name, value))
    }
}
