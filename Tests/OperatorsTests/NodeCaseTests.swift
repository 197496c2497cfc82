import Execution
import Formats
import Foundation
import GraphIR
import Testing

@testable import Operators

/// ONNX's own node tests and the forms of older operator sets, as `fixtures/onnx_node/make.py` wrote them.
@Suite struct NodeCaseTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/onnx_node").path

    /// One file for every operator and version of the operator set.
    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".onnx") }.sorted()
    }()

    @Test("A node gives what the standard's own test expects", arguments: files)
    func gives(file: String) throws {
        let model = try readModel(FileSource(path: "\(Self.folder)/\(file)"))
        let results = try Session(model).run([:])
        #expect(!results.isEmpty)
        for (name, tensor) in results {
            let id = try #require(model.graph.id(named: "expected/\(name)"))
            let expected = try #require(model.graph.initializers[id]).tensor
            #expect(try difference(tensor, expected) == nil, "\(name)")
        }
    }

    /// What is wrong with a result, `nil` where nothing is. The tolerance is that of the standard's tests; whatever isn't
    /// floating point must be the same in every bit.
    private func difference(_ found: Tensor, _ expected: Tensor) throws -> String? {
        guard found.elementType == expected.elementType, found.shape == expected.shape else {
            return "\(found.elementType) \(found.shape), expected \(expected.elementType) \(expected.shape)"
        }
        if case .strings(let strings) = found.contents, case .strings(let wanted) = expected.contents {
            return strings == wanted ? nil : "other strings"
        }
        guard [.float32, .float64, .float16, .bfloat16].contains(found.elementType) else {
            return try found.bytes().array() == expected.bytes().array() ? nil : "other bits"
        }
        for (index, (value, wanted)) in try zip(found.doubles(), expected.doubles()).enumerated() {
            let isSame = value == wanted || (value.isNaN && wanted.isNaN)
            if !isSame && !(abs(value - wanted) <= 1e-7 + 1e-3 * abs(wanted) && wanted.isFinite) {
                return "element \(index) is \(value), expected \(wanted)"
            }
        }
        return nil
    }
}
