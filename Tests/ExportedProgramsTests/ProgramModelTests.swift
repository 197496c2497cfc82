import Architectures
import Execution
import ExportedPrograms
import Formats
import GraphIR
import Testing

/// What a program as a whole becomes: batch, names, weights, and what is refused.
@Suite struct ProgramModelTests {
    /// Three samples at once give what each gives alone, from a program of one sample and from one of any number.
    @Test(arguments: ["blocks", "blocks-dynamic"])
    func samplesStayApart(theme: String) throws {
        var options = ExportOptions()
        options.batch = .named("batch")
        let model = try model(of: ATenTests.program(theme), options: options)
        let input = try #require(model.graph.inputs.first)
        #expect(model.graph[input].type?.dimensions == [.named("batch"), .size(3), .size(8), .size(8)])
        let output = try #require(model.graph.outputs.first)
        #expect(model.graph[output].type?.dimensions == [.named("batch"), .size(5)])
        let image = try #require(ATenTests.arrays("blocks-dynamic")["image"])
        let wanted = try #require(ATenTests.arrays("blocks-dynamic")["output.0"])
        let found = try #require(Session(model).run(["image": image]).values.first)
        #expect(found.shape == wanted.shape)
        let (error, scale) = try ATenTests.difference(found, wanted)
        #expect(error <= 20 * 0x1p-24 * scale)
    }

    @Test func aBatchCanBeFixed() throws {
        for theme in ["blocks", "blocks-dynamic"] {
            var options = ExportOptions()
            options.batch = .fixed(3)
            let model = try model(of: ATenTests.program(theme), options: options)
            #expect(model.graph[model.graph.inputs[0]].type?.dimensions?.first == .size(3))
            let image = try #require(ATenTests.arrays("blocks-dynamic")["image"])
            #expect(try Session(model).run(["image": image]).values.first?.shape == [3, 5])
        }
    }

    @Test func nodesAndValuesAreNamedAfterModules() throws {
        let graph = try model(of: ATenTests.program("blocks")).graph
        let names = graph.nodes.map(\.name)
        #expect(names.contains("/stem/Conv") && names.contains("/act/Relu") && names.contains("/head/Gemm"))
        #expect(graph.moduleOutputs.keys.map(\.string).contains("norm"))
        #expect(graph.initializers.values.map(\.name).first == "token")
        try graph.checkInvariants()
    }

    @Test(arguments: [false, true])
    func theStateDictComesBack(folds: Bool) throws {
        let program = try ATenTests.program("blocks")
        var options = ExportOptions()
        options.foldsConstants = folds
        let restored = try restoredStateDict(of: model(of: program, options: options))
        #expect(restored.names == program.stateDict.names)
        for (name, tensor) in program.stateDict.tensors {
            let found = try #require(restored[name.string])
            #expect(found.elementType == tensor.elementType && found.shape == tensor.shape)
            #expect(try found.bytes().array() == tensor.bytes().array(), "\(name.string)")
        }
    }

    @Test func otherTypesToComputeIn() throws {
        var options = ExportOptions()
        options.computeType = .float64
        let model = try model(of: ATenTests.program("blocks"), options: options)
        let arrays = try ATenTests.arrays("blocks")
        let image = try #require(arrays["image"])
        let wide = try Tensor(ATenTests.numbers(image), shape: image.shape)
        let found = try #require(Session(model).run(["image": wide]).values.first)
        let (error, _) = try ATenTests.difference(found, #require(arrays["output64.0"]))
        #expect(error <= 1e-10)
    }

    // MARK: What is refused

    /// A program of one input `x` of float32 and these nodes; the last node's first result is returned.
    private func program(_ shape: [Int64], _ nodes: [ATenNode], type: ElementType = .float32) -> ExportedProgram {
        var graph = ATenGraph()
        graph.inputs = [.tensor("x")]
        graph.types["x"] = ATenTensorType(type, shape.map { .number($0) })
        graph.nodes = nodes
        graph.outputs = Array(nodes.last?.outputs.prefix(1) ?? [.tensor("x")])
        return ExportedProgram(
            name: "made", graph: graph, inputs: [.user(name: "x")], outputs: [.user(name: "output")])
    }

    private func node(_ target: String, _ arguments: [(name: String, value: ATenArgument)] = []) -> ATenNode {
        ATenNode(
            target, name: "y", arguments: [("self", .tensor("x"))] + arguments, outputs: [.tensor("y")], module: "m")
    }

    @Test func allMissingOperatorsAreNamedAtOnce() {
        let made = program(
            [2], [node("aten.made_up.default"), node("aten.relu.default"), node("mine::op"), node("mine::op")])
        do {
            _ = try translated(made)
            Issue.record("it was translated")
        } catch {
            #expect(error.code == .unsupportedOperator)
            #expect(
                error.problem.contains("aten.made_up.default") && error.problem.contains("mine::op at m (y), m (y)"))
        }
    }

    private func translated(_ program: ExportedProgram, _ batch: ExportOptions.Batch = .asExported) throws(GraphError)
        -> Model
    {
        var options = ExportOptions()
        options.batch = batch
        do {
            return try model(of: program, options: options)
        } catch let error as GraphError {
            throw error
        } catch {
            Issue.record("\(error)")
            throw GraphError(.invalid, "\(error)")
        }
    }

    @Test func samplesThatMeetAreRefused() throws {
        for nodes in [
            [node("aten.sum.dim_IntList", [("dim", .ints([.number(0)]))])],
            [node("aten.softmax.int", [("dim", .int(.number(0)))])],
            [node("aten.select.int", [("dim", .int(.number(0))), ("index", .int(.number(0)))])],
        ] {
            let made = program([1, 4], nodes)
            _ = try translated(made)
            #expect(throws: GraphError.self) { try translated(made, .named("batch")) }
        }
        #expect(throws: GraphError.self) {
            try translated(program([2, 4], [node("aten.relu.default")]), .named("batch"))
        }
    }

    @Test func numbersThatCannotBeMeantAreRefused() {
        let huge = Int64.max
        for bad in [
            node("aten.permute.default", [("dims", .ints([.number(0), .number(0)]))]),
            node("aten.select.int", [("dim", .int(.number(9))), ("index", .int(.number(0)))]),
            node("aten.select.int", [("dim", .int(.number(0))), ("index", .int(.number(huge)))]),
            node("aten.reshape.default", [("shape", .ints([.number(huge), .number(huge)]))]),
            node("aten.view.default", [("size", .ints([.number(-5), .number(-1)]))]),
            node("aten.repeat.default", [("repeats", .ints([.number(huge), .number(huge)]))]),
            node("aten.max_pool2d.default", [("kernel_size", .ints([.number(0)]))]),
            node("aten.constant_pad_nd.default", [("pad", .ints([.number(huge), .number(huge)]))]),
            node("aten.split.Tensor", [("split_size", .int(.number(0)))]),
            node("aten.chunk.default", [("chunks", .int(.number(huge)))]),
            node("aten.unsqueeze.default", [("dim", .int(.number(huge)))]),
            node("aten.expand.default", [("size", .ints([.number(-1), .number(-1), .number(-1)]))]),
            node("aten.relu.default", [("surprise", .int(.number(1)))]),
            node("aten.add.Tensor", [("other", .tensor("nobody"))]),
            node("aten.add.Tensor", [("other", .int(.symbol("nobody")))]),
            node("aten.mT.default"),
        ] {
            let made = program([4], [bad])
            #expect(throws: GraphError.self, "\(bad.target)") { try translated(made) }
        }
    }

    @Test func whatTheProgramSaysOfItsValuesMustHold() {
        var made = program([2, 3], [node("aten.relu.default")])
        made.graph.types["y"] = ATenTensorType(.float32, [.number(3), .number(2)])
        #expect(throws: GraphError.self) { try translated(made) }
    }

    /// Statistics of the batch in place of the running ones, and dropout, are what training does.
    @Test(
        arguments: [
            ("aten.dropout.default", [("p", .float(0.5)), ("train", .bool(true))]),
            ("aten.batch_norm.default", statistics + [("training", .bool(true))]),
            ("aten.native_batch_norm.default", statistics + [("training", .bool(true))]),
            ("aten._native_batch_norm_legit.default", statistics + [("training", .bool(true))]),
            ("aten._native_batch_norm_legit_functional.default", statistics + [("training", .bool(true))]),
            ("aten.instance_norm.default", statistics + [("use_input_stats", .bool(true))]),
        ] as [(String, [(name: String, value: ATenArgument)])])
    func trainingIsRefused(target: String, arguments: [(name: String, value: ATenArgument)]) throws {
        let numbers: [(name: String, value: ATenArgument)] = [
            ("momentum", .float(0.1)), ("eps", .float(1e-5)), ("cudnn_enabled", .bool(false)),
        ]
        let isNorm = target.contains("norm")
        let layer = ATenNode(
            target, name: "y", arguments: [("input", .tensor("x"))] + arguments + (isNorm ? numbers : []),
            outputs: [.tensor("y")])
        do {
            _ = try translated(program([2, 4, 3], [layer]))
            Issue.record("it was translated")
        } catch {
            #expect(error.code == .unsupportedArgument)
            #expect(error.problem.contains("training mode") && error.hint?.contains("model.eval()") == true)
        }
    }

    private static let statistics: [(name: String, value: ATenArgument)] = [
        ("weight", .none), ("bias", .none), ("running_mean", .tensor("x")), ("running_var", .tensor("x")),
    ]

    /// How many a buffer's mask leaves is a number of the model; of a computed mask only a run tells it.
    @Test func masksOfBuffersHaveKnownSizes() throws {
        let graph = try model(of: ProgramFixtures.program("masks-2.13.0.pt2")).graph
        let shapes = graph.outputs.map { graph[$0].type?.dimensions }
        #expect(shapes[0] == [.size(2), .size(3), .size(3)] && shapes[1] == [.size(2), .size(4)])
        #expect(shapes[3] == [.unknown] && shapes[5] == [.unknown, .size(3)])
        #expect(graph.initializers.values.map(\.name).contains("kept"))
    }

    @Test(arguments: [[2, 3], [3, 2], [2, 3, 1], []] as [[Int64]])
    func masksHaveTheSizesOfWhatTheyPick(from shape: [Int64]) throws {
        let mask = ATenNode(
            "aten.gt.Scalar", name: "m", arguments: [("self", .tensor("k")), ("other", .int(.number(0)))],
            outputs: [.tensor("m")])
        var made = program([2, 3], [mask, node("aten.index.Tensor", [("indices", .tensors(["m"]))])])
        made.graph.inputs.append(.tensor("k"))
        made.inputs.append(.user(name: "k"))
        made.graph.types["k"] = ATenTensorType(.float32, shape.map { .number($0) })
        if shape == [2, 3] {
            #expect(try translated(made).graph.nodes.contains { $0.op.type == "NonZero" })
        } else {
            #expect(throws: GraphError.self) { try translated(made) }
        }
    }

    /// Norms that keep no running statistics have only those of what they are given (weight standardisation).
    @Test func statisticsOfTheInputAloneAreTaken() throws {
        let layer = ATenNode(
            "aten.batch_norm.default", name: "y",
            arguments: [
                ("input", .tensor("x")), ("weight", .none), ("bias", .none), ("running_mean", .none),
                ("running_var", .none), ("training", .bool(true)), ("momentum", .float(0)), ("eps", .float(1e-5)),
                ("cudnn_enabled", .bool(false)),
            ], outputs: [.tensor("y")])
        #expect(try translated(program([1, 4, 3], [layer])).graph.nodes.count > 3)
    }

    /// Of several inputs the one dynamic first dimension counts the samples.
    @Test func theOnlyDynamicDimensionCountsTheSamples() throws {
        var made = program([2, 3], [node("aten.relu.default")])
        made.graph.inputs.append(.tensor("k"))
        made.inputs.append(.user(name: "k"))
        made.graph.types["x"] = ATenTensorType(.float32, [.symbol("B"), .number(3)])
        made.graph.types["k"] = ATenTensorType(.float32, [.number(2)])
        let fixed = try translated(made, .fixed(5)).graph
        #expect(fixed.inputs.map { fixed[$0].type?.dimensions } == [[.size(5), .size(3)], [.size(2)]])
        let named = try translated(made, .named("N")).graph
        #expect(named.inputs.map { named[$0].type?.dimensions } == [[.named("N"), .size(3)], [.size(2)]])
        made.graph.types["k"] = ATenTensorType(.float32, [.symbol("K")])
        #expect(throws: GraphError.self) { try translated(made, .fixed(5)) }
    }
}
