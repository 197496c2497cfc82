import Foundation
import Operators
import Testing
import Weightbridge

/// What ONNX's own suite leaves out: `fixtures/onnx_cases`, made by the scripts there. With `fixtures/onnx_node` they
/// hold every operator at least once.
@Suite struct ConformanceFixtureTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures").path

    @Test("All cases give what is expected, and all operators have one")
    func all() throws {
        var suite = try ConformanceSuite(path: Self.fixtures + "/onnx_cases")
        suite.run(options: SessionOptions())
        #expect(suite.cases.count > 500)
        for one in suite.cases {
            switch one.outcome {
            case .passed, .passedAsRandom: break
            case .failed(let problem), .excluded(let problem), .refused(let problem):
                Issue.record("\(one.name): \(problem)")
            }
        }
        var covered = Set(suite.cases.flatMap(\.operators))
        for file in try FileManager.default.contentsOfDirectory(atPath: Self.fixtures + "/onnx_node") {
            if let name = file.split(separator: "_").first, file.hasSuffix(".onnx") { covered.insert(String(name)) }
        }
        #expect(OperatorRegistry.standard.names.filter { !covered.contains($0) } == [])
    }

    @Test("Every operator of the standard that ever was in a release has a kernel and a rule of inference")
    func tableAndFilesAgree() {
        let registry = OperatorRegistry.standard
        let missing = OperatorTable.names.filter { registry[$0] == nil }.map(\.description)
        #expect(missing == [])
        #expect(OperatorTable.names.count == 227)
        let known = Set(OperatorTable.names.map(\.description))
        #expect(registry.names.filter { !known.contains($0) } == [])
        let silent = OperatorTable.names.filter { registry[$0].map { $0.infer == nil } ?? false }.map(\.description)
        #expect(silent == [])
    }
}
