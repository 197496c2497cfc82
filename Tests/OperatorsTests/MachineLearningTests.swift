import Execution
import Formats
import Foundation
import GraphIR
import OrderedCollections
import Testing

@testable import Operators

/// Damaged attributes of ai.onnx.ml's operators and of derivatives; what good ones give is in `fixtures/onnx_cases`.
@Suite struct MachineLearningTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/onnx_cases").path

    private static func cases(_ area: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(area)")) ?? []
        return names.sorted().map { "\(area)/\($0)" }
    }

    private func load(_ name: String) throws -> (Model, OrderedDictionary<String, RuntimeValue>) {
        let path = "\(Self.folder)/\(name)"
        let model = try readModel(FileSource(path: "\(path)/model.onnx"))
        var feeds: OrderedDictionary<String, RuntimeValue> = [:]
        for (position, id) in model.graph.inputs.enumerated() {
            let file = try FileSource(path: "\(path)/test_data_set_0/input_\(position).pb")
            feeds[model.graph[id].name] = try readValueProto(file, as: model.graph[id].type)
        }
        return (model, feeds)
    }

    /// The code of what is thrown; nothing but typed errors may be.
    private func fault(_ model: Model, _ feeds: OrderedDictionary<String, RuntimeValue>) -> GraphError.Code? {
        var options = SessionOptions()
        options.memoryLimit = 1 << 24
        options.timeLimit = .seconds(20)
        do {
            _ = try Session(model, options: options).run(values: feeds)
            return nil
        } catch {
            if !(error is GraphError) && !(error is FormatError) { Issue.record("\(error)") }
            return (error as? GraphError)?.code
        }
    }

    @Test("Attributes that are left out, cut short or beyond all bounds are refused or run, and nothing crashes")
    func damagedAttributes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for name in Self.cases("ml") {
            let (model, feeds) = try load(name)
            if model.graph.nodes[0].attributes.isEmpty { continue }
            for _ in 0..<12 {
                var damaged = model
                let index = Int.random(in: 0..<damaged.graph.nodes[0].attributes.count, using: &random)
                damage(&damaged.graph.nodes[0].attributes, index, &random)
                _ = fault(damaged, feeds)
            }
        }
        print("damaged attributes: seed \(seed)")
    }

    private func damage(_ attributes: inout [Attribute], _ index: Int, _ random: inout SeededGenerator) {
        let number = [Int64.min, -1, 0, 1, 7, 1 << 40, .max].randomElement(using: &random) ?? 0
        let real = [-Float.infinity, .nan, 0, -1e30, .greatestFiniteMagnitude].randomElement(using: &random) ?? 0
        switch attributes[index].value {
        case .ints(var values) where !values.isEmpty && Bool.random(using: &random):
            values[Int.random(in: values.indices, using: &random)] = number
            attributes[index].value = .ints(values)
        case .ints(let values): attributes[index].value = .ints(Array(values.dropLast()))
        case .floats(var values) where !values.isEmpty && Bool.random(using: &random):
            values[Int.random(in: values.indices, using: &random)] = real
            attributes[index].value = .floats(values)
        case .floats(let values): attributes[index].value = .floats(values + values)
        case .strings(let values): attributes[index].value = .strings(Array(values.dropFirst()) + [[0xFF, 0x00]])
        case .int where Bool.random(using: &random): attributes[index].value = .int(number)
        case .float where Bool.random(using: &random): attributes[index].value = .float(real)
        default: attributes.remove(at: index)
        }
    }

    /// A regressor of one tree: a node and its two leaves.
    private func tree(_ change: (inout [String: AttributeValue]) -> Void) throws -> GraphError.Code? {
        var values: [String: AttributeValue] = [
            "nodes_treeids": .ints([0, 0, 0]), "nodes_nodeids": .ints([0, 1, 2]), "nodes_featureids": .ints([0, 0, 0]),
            "nodes_modes": .strings(["BRANCH_LEQ", "LEAF", "LEAF"].map { Array($0.utf8) }),
            "nodes_values": .floats([1, 0, 0]), "nodes_truenodeids": .ints([1, 0, 0]),
            "nodes_falsenodeids": .ints([2, 0, 0]), "target_treeids": .ints([0, 0]), "target_nodeids": .ints([1, 2]),
            "target_ids": .ints([0, 0]), "target_weights": .floats([1, 2]), "n_targets": .int(1),
        ]
        change(&values)
        let (built, feeds) = model(
            "TreeEnsembleRegressor", [try floats([1, 2], [2, 1])],
            values.sorted { $0.key < $1.key }.map { Attribute($0.key, $0.value) })
        var model = built
        model.graph.nodes[0].op.domain = "ai.onnx.ml"
        model.opsetImports.append(OpsetImport("ai.onnx.ml", 3))
        return fault(model, feeds.mapValues { .tensor($0) })
    }

    @Test("Trees whose nodes go in circles, are missing or shared, are refused")
    func trees() throws {
        #expect(try tree { _ in } == nil)
        #expect(try tree { $0["nodes_truenodeids"] = .ints([0, 0, 0]) } == .argument)
        #expect(try tree { $0["nodes_truenodeids"] = .ints([2, 0, 0]) } == .argument)
        #expect(try tree { $0["nodes_falsenodeids"] = .ints([9, 0, 0]) } == .argument)
        #expect(try tree { $0["nodes_nodeids"] = .ints([0, 1, 1]) } == .argument)
        #expect(try tree { $0["nodes_featureids"] = .ints([5, 0, 0]) } == .argument)
        #expect(try tree { $0["nodes_featureids"] = .ints([-1, 0, 0]) } == .argument)
        #expect(try tree { $0["target_ids"] = .ints([0, 3]) } == .argument)
        #expect(try tree { $0["target_ids"] = .ints([0, -1]) } == .argument)
        #expect(try tree { $0["target_nodeids"] = .ints([1, 7]) } == .argument)
        #expect(try tree { $0["n_targets"] = .int(.max) } == .argument)
        #expect(try tree { $0["n_targets"] = .int(1 << 31) } == .memory)
        #expect(try tree { $0["nodes_modes"] = .strings([[0x41], [0x42], [0x43]]) } == .argument)
        #expect(try tree { $0["post_transform"] = .string(Array("COSINE".utf8)) } == .argument)
        #expect(try tree { $0["base_values"] = .floats([1, 2]) } == .argument)
    }

    @Test("Derivatives without a rule, of values that aren't there, or by more than is given, are refused")
    func derivatives() throws {
        func code(
            _ op: String, xs: [String] = ["x"], y: String = "y", inputs: Int = 1, opset: Int64 = 17
        ) throws -> GraphError.Code? {
            var model = model(op, [try floats([1, 2])], opset: opset).0
            let x = model.graph.inputs[0]
            model.graph[x].name = "x"
            model.graph[model.graph.outputs[0]].name = "y"
            model.graph.outputs = model.graph.addNode(
                OperatorName("Gradient", domain: "ai.onnx.preview.training"), name: "gradient",
                inputs: [ValueID?](repeating: x, count: inputs), outputs: ["dx"],
                attributes: [
                    Attribute("xs", .strings(xs.map { Array($0.utf8) })), Attribute("y", .string(Array(y.utf8))),
                ])
            model.opsetImports.append(OpsetImport("ai.onnx.preview.training", 1))
            return fault(model, ["x": .tensor(try floats([1, 2]))])
        }
        #expect(try code("Tanh") == nil)
        #expect(try code("Shape") == .unsupportedOperator)
        #expect(try code("Tanh", xs: ["nowhere"]) == .argument)
        #expect(try code("Tanh", y: "nowhere") == .argument)
        #expect(try code("Tanh", xs: [], inputs: 0) == .argument)
        #expect(try code("Tanh", inputs: 2) == .argument)
        #expect(try code("Tanh", xs: ["x", "x"], inputs: 2) == .argument)
        #expect(try code("Tanh", opset: 6) == .unsupportedOperator)
    }
}
