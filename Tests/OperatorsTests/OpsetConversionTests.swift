import Execution
import GraphIR
import OrderedCollections
import Testing

@testable import Operators

/// Conversions between operator sets: what each rule makes, and that it computes the same.
@Suite struct OpsetConversionTests {
    private func types(_ model: Model) -> [String] { model.graph.nodes.map(\.op.type) }

    private func fault(_ body: () throws -> Void) -> GraphError? {
        do {
            try body()
            return nil
        } catch let error as GraphError {
            return error
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    /// A conversion of one node: what it starts from, and the operators that it ends in but for constants.
    struct Change: Sendable, CustomTestStringConvertible {
        var type: String
        var from: Int64
        var to: Int64
        var shapes: [[Int]] = [[2, 3, 4]]
        var attributes: [Attribute] = []
        /// Constant inputs after the others.
        var constants: [[Int64]] = []
        var result: [String]
        var testDescription: String { "\(type) \(from) to \(to)" }
    }

    private static let changes: [Change] = [
        Change(type: "HardSwish", from: 14, to: 13, result: ["HardSigmoid", "Mul"]),
        Change(type: "Mish", from: 18, to: 17, result: ["Softplus", "Tanh", "Mul"]),
        Change(type: "Swish", from: 24, to: 13, result: ["Sigmoid", "Mul"]),
        Change(
            type: "SwiGLU", from: 28, to: 21, shapes: [[2, 3], [2, 3]], result: ["Sigmoid", "Mul", "Mul"]),
        Change(type: "Celu", from: 12, to: 11, result: ["Div", "Elu", "Mul"]),
        Change(
            type: "GreaterOrEqual", from: 12, to: 11, shapes: [[3], [3]], result: ["Greater", "Equal", "Or"]),
        Change(
            type: "RMSNormalization", from: 23, to: 17, shapes: [[2, 3, 4], [4]],
            result: ["Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul"]),
        Change(
            type: "LayerNormalization", from: 17, to: 16, shapes: [[2, 3, 4], [4]],
            result: ["ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul"]),
        Change(type: "ReduceMean", from: 18, to: 13, constants: [[1]], result: ["ReduceMean"]),
        Change(
            type: "ReduceSumSquare", from: 18, to: 13, attributes: [.int("noop_with_empty_axes", 1)], result: ["Mul"]),
        Change(
            type: "Split", from: 18, to: 17, attributes: [.int("axis", 2), .int("num_outputs", 2)],
            result: ["Split"]),
        Change(type: "Pad", from: 18, to: 13, constants: [[1, 2], [], [-1]], result: ["Pad"]),
        Change(type: "Squeeze", from: 13, to: 12, shapes: [[2, 1, 3]], constants: [[1]], result: ["Squeeze"]),
        Change(
            type: "Squeeze", from: 12, to: 13, shapes: [[2, 1, 3]], attributes: [.ints("axes", [1])],
            result: ["Squeeze"]),
        Change(
            type: "Softmax", from: 13, to: 12, attributes: [.int("axis", 1)],
            result: ["Transpose", "Softmax", "Transpose"]),
        Change(
            type: "Softmax", from: 12, to: 13, attributes: [.int("axis", 1)],
            result: ["Flatten", "Softmax", "Reshape"]),
        Change(type: "Shape", from: 15, to: 14, attributes: [.int("start", 1)], result: ["Shape", "Slice"]),
        Change(type: "Clip", from: 6, to: 13, attributes: [.float("min", 0)], result: ["Clip"]),
        Change(
            type: "Add", from: 6, to: 7, shapes: [[2, 3, 4], [3]],
            attributes: [.int("broadcast", 1), .int("axis", 1)], result: ["Unsqueeze", "Add"]),
        Change(type: "Add", from: 7, to: 6, shapes: [[2, 3, 4], [3, 1]], result: ["Reshape", "Add"]),
        Change(
            type: "MeanVarianceNormalization", from: 13, to: 8, shapes: [[2, 3, 2, 2]],
            result: ["ReduceMean", "Mul", "ReduceMean", "Mul", "Sub", "Sqrt", "Add", "Sub", "Div"]),
        Change(
            type: "TopK", from: 11, to: 10, attributes: [.int("largest", 0)], constants: [[2]],
            result: ["Neg", "TopK", "Neg"]),
    ]

    private func model(of change: Change) throws -> (Model, OrderedDictionary<String, Tensor>) {
        var numbers = SeededGenerator(seed: 7)
        let inputs = try change.shapes.map { shape in
            try floats((0..<shape.reduce(1, *)).map { _ in Float.random(in: -3...3, using: &numbers) }, shape)
        }
        let outputs = ["Split", "TopK"].contains(change.type) ? 2 : 1
        var (result, feeds) = OperatorsTests.model(
            change.type, inputs, change.attributes, outputs: outputs, opset: change.from)
        for (position, values) in change.constants.enumerated() {
            if values.isEmpty {
                result.graph.nodes[0].inputs.append(nil)
                continue
            }
            let id = try result.graph.addInitializer(TensorRecord(ints(values), name: "constant_\(position)"))
            result.graph.nodes[0].inputs.append(id)
        }
        feeds = feeds.filter { $0.key.hasPrefix("input") }
        return (result, feeds)
    }

    @Test(arguments: changes) func changesAreMadeOfTheseAndComputeTheSame(change: Change) throws {
        let (before, feeds) = try model(of: change)
        let after = try convertOpset(before, to: change.to)
        #expect(types(after).filter { $0 != "Constant" } == change.result)
        #expect(checkModel(after).isEmpty)
        #expect(after.opsetVersion() == change.to)
        let expected = try Session(before).run(feeds)
        let found = try Session(after).run(feeds)
        for (name, tensor) in expected {
            let other = try #require(found[name])
            #expect(other.shape == tensor.shape)
            guard tensor.elementType == .float32 else {
                #expect(try other.bytes().array() == tensor.bytes().array())
                continue
            }
            for (a, b) in zip(try tensor.array(of: Float.self), try other.array(of: Float.self)) {
                #expect(abs(a - b) <= 1e-5 * max(1, abs(a)), "\(name): \(b), expected \(a)")
            }
        }
    }

    @Test(arguments: changes) func thereAndBackIsTheSame(change: Change) throws {
        let (before, feeds) = try model(of: change)
        let after = try convertOpset(convertOpset(before, to: change.to), to: change.from)
        #expect(checkModel(after).isEmpty)
        let expected = try Session(before).run(feeds)
        let found = try Session(after).run(feeds)
        #expect(found.keys == expected.keys)
    }

    // MARK: Refusals

    @Test func allNodesWithoutAnOlderFormAreNamed() throws {
        var graph = Graph(name: "three")
        let x = graph.addValue("x", type: .tensor(.float32, [.size(2), .size(2)]))
        graph.inputs = [x]
        let a = graph.addNode(OperatorName("Det"), name: "first", inputs: [x], outputs: ["a"])
        let b = graph.addNode(OperatorName("Round"), name: "second", inputs: [x], outputs: ["b"])
        let c = graph.addNode(OperatorName("Relu"), name: "third", inputs: [x], outputs: ["c"])
        graph.outputs = a + b + c
        let model = Model(graph: graph, irVersion: 8, opsetImports: [OpsetImport("", 17)])
        let found = try #require(fault { _ = try convertOpset(model, to: 10) })
        #expect(found.node == "first")
        #expect(found.problem.contains("'Det'") && found.problem.contains("second: 'Round'"))
        #expect(!found.problem.contains("third"))
    }

    @Test func typesThatAnOlderVersionDoesNotTakeAreRefused() throws {
        let (new, _) = OperatorsTests.model("Max", [try ints([1]), try ints([2])], opset: 13)
        let found = try #require(fault { _ = try convertOpset(new, to: 11) })
        #expect(found.code == .unsupportedArgument)
        #expect(found.problem.contains("tensor(int64)"))
    }

    @Test func attributesThatSayNothingAreLeftOut() throws {
        let x = try floats([Float](repeating: 1, count: 16), [1, 1, 4, 4])
        let attributes: [Attribute] = [.ints("kernel_shape", [2, 2]), .ints("dilations", [1, 1])]
        let (new, _) = OperatorsTests.model("AveragePool", [x], attributes, opset: 19)
        #expect(try convertOpset(new, to: 13).graph.nodes[0].attribute("dilations") == nil)
        let wide: [Attribute] = [.ints("kernel_shape", [2, 2]), .ints("dilations", [2, 2])]
        let (other, _) = OperatorsTests.model("AveragePool", [x], wide, opset: 19)
        #expect(fault { _ = try convertOpset(other, to: 13) }?.argument == "dilations")
    }

    @Test(arguments: [-7, 3, Int64.min, Int64.max] as [Int64]) func axesOutsideAreRefused(axis: Int64) throws {
        for (type, from, to) in [("Softmax", 13, 12), ("Softmax", 12, 13), ("Flatten", 13, 9)]
            as [(String, Int64, Int64)]
        {
            let (model, _) = OperatorsTests.model(
                type, [try floats([1, 2, 3, 4], [1, 2, 2])], [.int("axis", axis)], opset: from)
            // Flatten takes the rank itself.
            if (type == "Flatten" || from == 12) && (axis == 3 || axis > 0) { continue }
            #expect(fault { _ = try convertOpset(model, to: to) } != nil)
        }
    }

    @Test(arguments: [0, -1, 7, Int64.max] as [Int64]) func partsThatCannotBeAreRefused(count: Int64) throws {
        let (model, _) = OperatorsTests.model(
            "Split", [try floats([1, 2, 3, 4])], [.int("num_outputs", count)], outputs: 2, opset: 18)
        #expect(fault { _ = try convertOpset(model, to: 17) } != nil)
    }

    @Test func aVersionBeyondAllKnownIsRefused() throws {
        for version in [0, 29, Int64.max, Int64.min] {
            let (model, _) = OperatorsTests.model("Relu", [try floats([1])], opset: version)
            #expect(fault { _ = try convertOpset(model, to: 13) }?.code == .unsupportedOperator)
        }
    }

    @Test func graphsNestedWithoutEndAreRefused() throws {
        var inner = Graph(name: "inner")
        for depth in 0..<100 {
            var outer = Graph(name: "depth \(depth)")
            let condition = outer.addValue("condition_\(depth)", type: .tensor(.bool, []))
            outer.inputs = depth == 99 ? [condition] : []
            outer.nodes = [
                Node(
                    OperatorName("If"), name: "if", inputs: [condition], outputs: [],
                    attributes: [Attribute("then_branch", .graph(inner)), Attribute("else_branch", .graph(inner))])
            ]
            // Doubling would take for ever: only one branch nests.
            outer.nodes[0].attributes[1].value = .graph(Graph(name: "empty"))
            inner = outer
        }
        let model = Model(graph: inner, irVersion: 8, opsetImports: [OpsetImport("", 13)])
        #expect(fault { _ = try convertOpset(model, to: 12) }?.code == .depth)
    }

    // MARK: Bodies and functions

    /// `if condition then Softmax(x, axis 0) else x`, where the body takes `x` from the graph around it.
    private func branching() -> Model {
        var then = Graph(name: "then")
        then.outputs = then.addNode(
            OperatorName("Softmax"), name: "inner", inputs: [then.value(named: "x")], outputs: ["soft"],
            attributes: [.int("axis", 0)])
        var other = Graph(name: "else")
        other.outputs = other.addNode(
            OperatorName("Identity"), name: "same", inputs: [other.value(named: "x")], outputs: ["kept"])
        var graph = Graph(name: "branching")
        let x = graph.addValue("x", type: .tensor(.float32, [.size(2), .size(3)]))
        let condition = graph.addValue("condition", type: .tensor(.bool, []))
        graph.inputs = [x, condition]
        graph.outputs = graph.addNode(
            OperatorName("If"), name: "if", inputs: [condition], outputs: ["y"],
            attributes: [Attribute("then_branch", .graph(then)), Attribute("else_branch", .graph(other))])
        graph[graph.outputs[0]].type = .tensor(.float32, [.size(2), .size(3)])
        return Model(graph: graph, irVersion: 8, opsetImports: [OpsetImport("", 13)])
    }

    @Test func bodiesSeeTheTypesAroundThem() throws {
        let old = try convertOpset(branching(), to: 12)
        let body = try #require(old.graph.nodes[0].bodies.first)
        #expect(body.nodes.map(\.op.type) == ["Transpose", "Softmax", "Transpose"])
    }

    @Test func newNamesHideNone() throws {
        var model = branching()
        // The name that the first step would get.
        _ = model.graph.addValue("inner/Transpose")
        let old = try convertOpset(model, to: 12)
        let body = try #require(old.graph.nodes[0].bodies.first)
        #expect(body.id(named: "inner/Transpose") == nil)
        #expect(body.id(named: "inner/Transpose_1") != nil)
    }

    private func calling(_ attributes: [Attribute]) -> Model {
        var body = Graph(name: "")
        let inner = body.addValue("a")
        body.inputs = [inner]
        body.outputs = body.addNode(
            OperatorName("Softmax"), name: "soft", inputs: [inner], outputs: ["b"], attributes: attributes)
        var function = Function(OperatorName("Soft", domain: "local"), body: body)
        function.opsetImports = [OpsetImport("", 13)]
        function.attributeNames = ["around"]
        var graph = Graph(name: "calling")
        let x = graph.addValue("x", type: .tensor(.float32, [.size(2), .size(3)]))
        graph.inputs = [x]
        graph.outputs = graph.addNode(
            OperatorName("Soft", domain: "local"), name: "call", inputs: [x], outputs: ["y"],
            attributes: [.int("around", 0)])
        graph[graph.outputs[0]].type = .tensor(.float32, [.size(2), .size(3)])
        var model = Model(
            graph: graph, irVersion: 8, opsetImports: [OpsetImport("", 13), OpsetImport("local", 1)])
        model.functions = [function]
        return model
    }

    @Test func functionsAreConvertedByTheTypesOfTheirCalls() throws {
        let old = try convertOpset(calling([.int("axis", 0)]), to: 12)
        #expect(old.functions[0].body.nodes.map(\.op.type) == ["Transpose", "Softmax", "Transpose"])
        #expect(old.functions[0].opsetImports.map(\.version) == [12])
        #expect(old.irVersion == 8)
    }

    @Test func anAttributeOfTheCallIsRefusedWhereARuleNeedsIt() throws {
        let model = calling([Attribute("axis", .reference(name: "around", type: 2))])
        #expect(fault { _ = try convertOpset(model, to: 12) }?.argument == "axis")
        #expect(try convertOpset(model, to: 14).functions[0].body.nodes.map(\.op.type) == ["Softmax"])
    }

    // MARK: IR versions

    @Test func theIRVersionAllowsWhatTheModelHolds() throws {
        var (model, _) = OperatorsTests.model("Relu", [try floats([1])], opset: 13)
        #expect(try convertOpset(model, to: 7).irVersion == 3)
        let weight = try model.graph.addInitializer(TensorRecord(floats([2]), name: "weight"))
        model.graph.outputs.append(weight)
        #expect(try convertOpset(model, to: 7).irVersion == 4)
    }

    @Test func machineLearningHasVersionsOfItsOwn() throws {
        var graph = Graph(name: "labels")
        let x = graph.addValue("x", type: .tensor(.string, [.size(2)]))
        graph.inputs = [x]
        graph.outputs = graph.addNode(
            OperatorName("LabelEncoder", domain: "ai.onnx.ml"), name: "labels", inputs: [x], outputs: ["y"],
            attributes: [Attribute("classes_strings", .strings([Array("a".utf8), Array("b".utf8)]))])
        let model = Model(
            graph: graph, irVersion: 8, opsetImports: [OpsetImport("", 13), OpsetImport("ai.onnx.ml", 1)])
        let new = try convertOpset(model, to: 4, domain: "ai.onnx.ml")
        #expect(new.opsetVersion(of: "ai.onnx.ml") == 4 && new.opsetVersion() == 13)
        #expect(new.graph.nodes[0].attribute("keys_strings") != nil)
        let old = try convertOpset(new, to: 1, domain: "ai.onnx.ml")
        #expect(old.graph.nodes[0].attribute("classes_strings") != nil)
        #expect(throws: FormatError.self) { try convertOpset(model, to: 6, domain: "ai.onnx.ml") }
    }
}

extension Attribute {
    fileprivate static func int(_ name: String, _ value: Int64) -> Attribute { Attribute(name, .int(value)) }
    fileprivate static func ints(_ name: String, _ values: [Int64]) -> Attribute { Attribute(name, .ints(values)) }
    fileprivate static func float(_ name: String, _ value: Float) -> Attribute { Attribute(name, .float(value)) }
}

extension Node {
    fileprivate var bodies: [Graph] {
        attributes.compactMap { if case .graph(let inner) = $0.value { inner } else { nil } }
    }
}
