import Testing
import Weightbridge

@Suite("Parity: pairing golden data with a model")
struct ParityVerifyTests {
    /// y = x · 2 + b with b a weight, and as a second output its sign as integers where asked.
    private func model(bias: [Float] = [1, 2], batch: Dimension = .named("N")) throws -> Model {
        var graph = Graph(name: "affine")
        let x = graph.addValue("x", type: .tensor(.float32, [batch, .size(2)]))
        graph.inputs = [x]
        let two = try graph.addInitializer(TensorRecord(Tensor([2] as [Float], shape: []), name: "two"))
        let b = try graph.addInitializer(TensorRecord(Tensor(bias, shape: [2]), name: "head.bias"))
        let scaled = graph.addNode(OperatorName("Mul"), name: "scale", inputs: [x, two], outputs: ["scaled"])
        let y = graph.addNode(OperatorName("Add"), name: "head", inputs: [scaled[0], b], outputs: ["logits"])
        graph[y[0]].type = .tensor(.float32, [batch, .size(2)])
        graph.outputs = y
        return Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("", 20)])
    }

    private let input: [Float] = [0.1, 0.7, -0.3, 0.2, 5.5, 1.25]
    private func tensor(_ values: [Float]) throws -> Tensor { try Tensor(values, shape: [values.count / 2, 2]) }
    private var expected: [Float] { input.enumerated().map { $1 * 2 + ($0 % 2 == 0 ? 1 : 2) } }

    @Test func equalResultsAreParity() throws {
        let report = try verify(model(), golden: GoldenData(["x": tensor(input), "logits": tensor(expected)]))
        #expect(report.verdict == .equal)
        #expect(report.isParity)
        #expect(report.outputs.map(\.key) == ["logits"])
        #expect(report.unused.isEmpty)
    }

    @Test("names that don't match: type and shape decide, in order")
    func byOrder() throws {
        let report = try verify(
            model(),
            golden: GoldenData([
                "labels": Tensor([1, 1, 0] as [Int64], shape: [3]), "input": tensor(input),
                "expected_f32": tensor(expected),
            ]))
        #expect(report.inputs.map(\.key) == ["input"])
        #expect(report.outputs.map(\.key) == ["expected_f32"])
        #expect(report.isParity)
        // Scores: [1.2, 3.4], [0.4, 2.4], [12, 4.5].
        let accuracy = try #require(report.accuracies.first)
        #expect(accuracy.key == "labels")
        #expect(accuracy.right == 3)
        #expect(accuracy.samples == 3)
    }

    @Test("every precision of an output is compared, and what nothing speaks of is said")
    func candidates() throws {
        let doubles = try Tensor(input.enumerated().map { Double($1) * 2 + ($0 % 2 == 0 ? 1 : 2) }, shape: [3, 2])
        let report = try verify(
            model(),
            golden: GoldenData([
                "x": tensor(input), "logits_f32": tensor(expected), "logits_f64": doubles,
                "extra": Tensor([1] as [Float], shape: [1]),
            ]))
        #expect(report.outputs.map(\.key) == ["logits_f32", "logits_f64"])
        #expect(report.isParity, "\(report.text())")
        #expect(report.unused == ["extra"])
    }

    @Test func pairsByOption() throws {
        var options = VerificationOptions()
        options.inputs = ["x": "b"]
        options.outputs = ["logits": "c"]
        let golden = try GoldenData(["a": tensor(expected), "b": tensor(input), "c": tensor(expected)])
        let report = try verify(model(), golden: golden, options: options)
        #expect(report.isParity)
        #expect(report.unused == ["a"])
        options.inputs = ["z": "b"]
        #expect(throws: FormatError.self) { try verify(model(), golden: golden, options: options) }
        options.inputs = ["x": "nothing"]
        #expect(throws: FormatError.self) { try verify(model(), golden: golden, options: options) }
    }

    @Test("positions of ONNX's test layout count the inputs that aren't initializers")
    func byPosition() throws {
        var golden = GoldenData()
        golden.inputsByPosition = [0: try tensor(input)]
        golden.outputsByPosition = [0: try tensor(expected)]
        var wrong = golden
        wrong.name = "test_data_set_1"
        wrong.outputsByPosition = [0: try tensor(expected.map { $0 + 1 })]
        #expect(try verify(model(), golden: golden).isParity)
        golden.furtherSets = [wrong]
        let report = try verify(model(), golden: golden)
        #expect(!report.isParity)
        #expect(report.outputs.map(\.set) == ["", "test_data_set_1"])
        #expect(report.outputs.map(\.judgement.verdict) == [.equal, .mismatch])
    }

    @Test func aMissingInputIsAnErrorThatListsWhatIsThere() throws {
        let golden = try GoldenData(["image": Tensor([1, 2, 3] as [Float], shape: [3])])
        let error = #expect(throws: FormatError.self) { try golden.bind(to: model()) }
        #expect(error?.code == .tensorMissing)
        #expect(error?.hint?.contains("'image' FLOAT [3]") == true)
    }

    @Test func aNamedInputOfTheWrongShapeIsAnError() throws {
        let golden = try GoldenData(["x": Tensor([1, 2, 3] as [Float], shape: [1, 3])])
        let error = #expect(throws: FormatError.self) { try golden.bind(to: model()) }
        #expect(error?.code == .tensorShape)
    }

    @Test func nothingToCompareIsNoParity() throws {
        let report = try verify(model(), golden: GoldenData(["x": tensor(input)]))
        #expect(report.verdict == nil)
        #expect(!report.isParity)
        #expect(report.uncompared == ["logits"])
    }

    @Test func anOutputOfAnotherShapeIsAMismatch() throws {
        let report = try verify(
            model(), golden: GoldenData(["x": tensor(input), "logits": Tensor([1] as [Float], shape: [1])]))
        #expect(report.verdict == .mismatch)
        #expect(report.reason.contains("golden shape is [1]"))
    }

    @Test(
        "the caller's tolerances decide in place of the measured rounding",
        arguments: [
            (1e-2 as Double?, nil as Double?, true), (1e-4, nil, false), (nil, 1e-2, true), (0, 0, false),
        ])
    func tolerances(_ absolute: Double?, _ relative: Double?, _ passes: Bool) throws {
        var options = VerificationOptions()
        options.absoluteTolerance = absolute
        options.relativeTolerance = relative
        let golden = try GoldenData(["x": tensor(input), "logits": tensor(expected.map { $0 + 1e-3 })])
        #expect(try verify(model(), golden: golden, options: options).isParity == passes)
        #expect(try !verify(model(), golden: golden).isParity)
    }

    @Test("the first intermediate that diverges is named with its node; what follows inherits")
    func localises() throws {
        var options = VerificationOptions()
        let doubled = input.map { Double($0) * 2 }
        options.blocks = try GoldenData([
            "head": Tensor(doubled.prefix(4).enumerated().map { $1 + ($0 % 2 == 0 ? 1 : 2) }, shape: [2, 2]),
            "scaled": Tensor(Array(doubled.prefix(4)), shape: [2, 2]),
            "elsewhere": Tensor([0] as [Double], shape: [1]),
        ])
        let golden = try GoldenData(["x": tensor(input), "logits": tensor(expected)])
        let right = try verify(model(), golden: golden, options: options)
        #expect(right.isParity, "\(right.text())")
        #expect(right.blocks.map(\.module) == ["scaled", "head"], "in the order of the graph")
        #expect(right.notes.contains { $0.contains("elsewhere") })

        let wrong = try verify(model(bias: [1, 2.5]), golden: golden, options: options)
        let found = try #require(wrong.firstDivergence)
        #expect(found.module == "head")
        #expect(found.op == "Add")
        #expect(found.weights == ["head.bias"])
        #expect(found.suspects == ["head (Add)"])
        #expect(wrong.faultyModules == ["head"])
    }

    @Test("text escapes names from files, and both forms are the same each time")
    func rendering() throws {
        let golden = try GoldenData(["x": tensor(input), "logits": tensor(expected), "bad\u{1B}[31m": tensor([1, 2])])
        let report = try verify(model(), golden: golden)
        #expect(!report.text(color: false).unicodeScalars.contains("\u{1B}"))
        #expect(report.text(color: true).contains("\u{1B}[32m"))
        #expect(
            report.json().serialized(pretty: true)
                == (try verify(model(), golden: golden)).json().serialized(pretty: true))
        let parsed = try JSONValue.parse(Array(report.json().serialized(pretty: false).utf8))
        #expect(parsed["verdict"]?.stringValue == "equal")
        #expect(parsed["golden_not_used"]?.arrayValue?.count == 1)
    }
}
