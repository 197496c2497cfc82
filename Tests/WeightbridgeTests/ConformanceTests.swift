import Foundation
import Testing
import Weightbridge

/// Suites in ONNX's test layout: what is compared, what is counted, what is said.
@Suite struct ConformanceTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// A case of one node; its inputs and outputs are named `x0` …, `y0` …
    private func write(
        _ name: String, _ node: String, inputs: [Tensor], outputs: [Tensor], declaredAs type: ElementType? = nil
    ) throws {
        let path = folder.path(name)
        try FileManager.default.createDirectory(atPath: "\(path)/test_data_set_0", withIntermediateDirectories: true)
        var graph = Graph(name: "g")
        graph.inputs = inputs.indices.map {
            graph.addValue(
                "x\($0)", type: .tensor(type ?? inputs[$0].elementType, inputs[$0].shape.map { .size(Int64($0)) }))
        }
        graph.outputs = graph.addNode(
            OperatorName(node), name: "n", inputs: graph.inputs, outputs: outputs.indices.map { "y\($0)" })
        for (index, id) in graph.outputs.enumerated() {
            graph[id].type = .tensor(type ?? outputs[index].elementType, nil)
        }
        let model = Model(graph: graph, irVersion: 8, opsetImports: [OpsetImport("", 18)])
        try writeModel(model, to: "\(path)/model.onnx")
        for (role, tensors) in [("input", inputs), ("output", outputs)] {
            for (index, tensor) in tensors.enumerated() {
                let file = try OutputFile(path: "\(path)/test_data_set_0/\(role)_\(index).pb")
                try writeTensorProto(TensorRecord(tensor), to: file)
                try file.commit()
            }
        }
    }

    private func tensor(_ values: Float...) throws -> Tensor { try Tensor(values, shape: [values.count]) }

    private func suite(_ name: String = "suite", except list: String = "") throws -> (ConformanceSuite, [String]) {
        var suite = try ConformanceSuite(path: folder.path(name))
        suite.run(options: SessionOptions())
        let file = folder.path("except.txt")
        try Data(list.utf8).write(to: URL(fileURLWithPath: file))
        let needless = try suite.apply(ConformanceExceptions(path: file))
        return (suite, needless)
    }

    @Test("passes, failures and exceptions are counted by kind and operator")
    func counts() throws {
        try write("suite/node/good", "Neg", inputs: [tensor(1)], outputs: [tensor(-1)])
        try write("suite/node/wrong", "Neg", inputs: [tensor(1)], outputs: [tensor(1)])
        try write("suite/simple/close", "Neg", inputs: [tensor(1)], outputs: [tensor(-1.0005)])
        try write("suite/simple/alien", "NoSuchOperator", inputs: [tensor(1)], outputs: [tensor(1)])
        let (plain, _) = try suite()
        #expect(plain.failures == 1 && plain.total.passed == 2 && plain.total.excluded == 1)
        #expect(plain.text(listing: true).contains("FAIL node/wrong: y0: 1 of 1 elements differ"))
        #expect(plain.text(listing: true).contains("skip simple/alien"))
        #expect(plain.text(listing: false).hasSuffix("2 of 4 passed, 1 failed, 1 excluded"))
        #expect(plain.kinds.map(\.name) == ["node", "simple"] && plain.kinds[0].failed == 1)
        #expect(plain.operators.map(\.name) == ["Neg", "NoSuchOperator"] && plain.operators[0].cases == 3)
        #expect(plain.tables().contains("\nNeg "))
        let (listed, needless) = try suite(except: "# errata\nnode/wrong the sign is wrong\nnode/good no reason\n")
        #expect(listed.failures == 0 && listed.total.excluded == 2 && needless == ["node/good"])
        #expect(listed.text(listing: true).contains("skip node/wrong: the sign is wrong"))
        #expect(throws: FormatError.self) { try suite(except: "node/wrong") }
        let json = listed.json()
        #expect(json["kinds"] != nil && json["operators"] != nil && json["failed"]?.doubleValue == 0)
    }

    @Test("BFLOAT16 that an old suite keeps as UINT16 is taken for what it is")
    func bfloat16() throws {
        let one = try Tensor([0x3F80 as UInt16], shape: [1])
        let minusOne = try Tensor([0xBF80 as UInt16], shape: [1])
        try write("suite/node/old", "Neg", inputs: [one], outputs: [minusOne], declaredAs: .bfloat16)
        try write("suite/node/other", "Neg", inputs: [one], outputs: [minusOne], declaredAs: .float16)
        let (suite, _) = try suite()
        #expect(suite.total.passed == 1 && suite.total.failed == 1, "\(suite.text(listing: true))")
    }

    @Test("an output without an expectation is a failure, not a pass")
    func missingExpectation() throws {
        try write("suite/node/half", "Split", inputs: [tensor(1, 2)], outputs: [tensor(1), tensor(2)])
        try FileManager.default.removeItem(atPath: folder.path("suite/node/half/test_data_set_0/output_1.pb"))
        let (suite, _) = try suite()
        #expect(suite.failures == 1 && suite.text(listing: true).contains("doesn't say what to expect"))
    }

    @Test("a tolerance beside a case holds for it")
    func tolerance() throws {
        try write("suite/node/loose", "Neg", inputs: [tensor(1)], outputs: [tensor(-1.05)])
        try Data(#"{"rtol": 0.1, "atol": 0}"#.utf8).write(
            to: URL(fileURLWithPath: folder.path("suite/node/loose/tolerance.json")))
        #expect(try suite().0.failures == 0)
    }
}
