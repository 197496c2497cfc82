import Execution
import Formats
import Foundation
import GraphIR
import OrderedCollections
import Testing

@testable import Operators

/// Files of `fixtures/damaged` that only hurt when they are run.
@Suite struct DamagedModelTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let file: String
        let expect: String
        let stage: String
        /// The code that a refusal must have.
        let cls: String?
        let what: String
        var testDescription: String { "\(file): \(what)" }
    }
    private struct Index: Decodable { let cases: [Case] }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/damaged")

    static let cases: [Case] = {
        guard let data = try? Data(contentsOf: folder.appendingPathComponent("index.json")),
            let index = try? JSONDecoder().decode(Index.self, from: data)
        else { return [] }
        return index.cases.filter { $0.stage == "run" }
    }()

    @Test("The index holds cases to run")
    func thereAreCases() {
        #expect(Self.cases.count > 80)
    }

    @Test("Run on zeros it keeps its promise", arguments: cases)
    func keepsItsPromise(_ damaged: Case) throws {
        let path = Self.folder.appendingPathComponent("files/\(damaged.file)").path
        switch Result(catching: { try run(path) }) {
        case .success:
            #expect(damaged.expect != "reject", "ran")
        case .failure(let error):
            let fault = try #require(error as? any Fault)
            // An operator that isn't implemented is as good a refusal as any.
            if fault.codeName == GraphError.Code.unsupportedOperator.rawValue { return }
            #expect(damaged.expect != "accept", "\(error)")
            if damaged.expect == "reject" { #expect(fault.codeName == damaged.cls) }
        }
    }

    /// Runs a model with zeros (one element along dimensions that have only a name), in 256 MB and ten seconds.
    private func run(_ path: String) throws {
        let model = try readModel(FileSource(path: path))
        var options = SessionOptions()
        options.memoryLimit = 256 << 20
        options.timeLimit = .seconds(10)
        let session = try Session(model, options: options)
        var inputs: OrderedDictionary<String, Tensor> = [:]
        for id in model.graph.inputs where model.graph.initializers[id] == nil {
            let type = try #require(model.graph[id].type)
            let elementType = try #require(type.elementType)
            let shape = try #require(type.dimensions).map { dimension in
                if case .size(let size) = dimension { Int(size) } else { 1 }
            }
            let bytes = [UInt8](repeating: 0, count: try Tensor.byteCount(elementType, shape: shape))
            inputs[model.graph[id].name] = try Tensor(elementType, shape: shape, bytes: Bytes(bytes))
        }
        _ = try session.run(inputs)
    }
}
