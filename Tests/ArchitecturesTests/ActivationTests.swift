import Execution
import Formats
import GraphIR
import Parity
import Testing

@testable import Architectures

/// timm's activations without weights, of numbers from -8 to 8 (`fixtures/architectures/make_activations.py`).
@Suite struct ActivationTests {
    static let kinds = Activation.allCases.sorted { $0.rawValue < $1.rawValue }

    private static func golden() throws -> GoldenData {
        try GoldenData.load("\(FamilyTests.folder)/activations.npz")
    }

    /// All activations of one input, by name, as channels.
    static func model(_ computeType: ElementType = .float32) throws -> Model {
        let net = ModelBuilder("activations", computeType: computeType)
        let image = try net.input("input", [.size(1), .size(1), .size(11), .size(11)])
        // `identity` is no node.
        let results = try kinds.map { try net.activation($0, $0.rawValue, image) }
        try net.output("logits", net.concat("logits", results, axis: 1))
        return try net.model()
    }

    private func results(_ computeType: ElementType, opset: Int64, _ options: SessionOptions) throws -> [[Double]] {
        let input = try #require(Self.golden()["input"])
        let model = try convertOpset(Self.model(computeType), to: opset)
        let typed = computeType == .float64 ? try Tensor(input.doubles(), shape: input.shape) : input
        let all = try #require(Session(model, options: options).run(["input": typed])["logits"]).doubles()
        let size = all.count / Self.kinds.count
        return Self.kinds.indices.map { Array(all[($0 * size)..<(($0 + 1) * size)]) }
    }

    @Test(
        "Names are those of timm's get_act_layer, of PyTorch's classes and of Transformers",
        arguments: [
            ("swish", Activation.silu), ("nn.SiLU", .silu), ("hardswish", .hardSwish), ("nn.Hardswish", .hardSwish),
            ("Hardsigmoid", .hardSigmoid), ("LeakyReLU", .leakyReLU), ("nn.ReLU6", .relu6), ("GELUTanh", .geluTanh),
            ("gelu_pytorch_tanh", .geluTanh), ("QuickGELU", .quickGELU), ("torch.nn.Mish", .mish), ("SELU", .selu),
        ])
    func names(name: String, kind: Activation) {
        #expect(Activation(name: name) == kind)
        #expect(Activation(name: "prelu") == nil && Activation(name: "") == nil)
    }

    @Test("In float64 results are within 1e-10 of PyTorch's, be the model of float64 or run in it")
    func agreesInDouble() throws {
        let golden = try Self.golden()
        var options = SessionOptions()
        options.precision = .float64
        for computeType in [ElementType.float32, .float64] {
            for (kind, found) in zip(Self.kinds, try results(computeType, opset: 20, options)) {
                let expected = try #require(golden[kind.rawValue], "\(kind)").doubles()
                #expect(expected.count == 121 && found.count == 121)
                let error = zip(found, expected).map { ($0 - $1).magnitude }.max() ?? .infinity
                #expect(error <= 1e-10, "\(kind) of \(computeType.name)")
            }
        }
    }

    @Test("In float32 results are within 4 roundings of PyTorch's, at every opset", arguments: [13, 14, 17, 20, 28])
    func agreesInSingle(opset: Int) throws {
        let golden = try Self.golden()
        for (kind, found) in zip(Self.kinds, try results(.float32, opset: Int64(opset), SessionOptions())) {
            let expected = try #require(golden[kind.rawValue], "\(kind)").doubles()
            // Roundings of the greatest number of a formula, which is 8 or of its size.
            let error = zip(found, expected).map { ($0 - $1).magnitude }.max() ?? .infinity
            #expect(error <= 4 * 8 * 0x1p-24, "\(kind)")
        }
    }
}
