import Execution
import GraphIR
import Testing

@testable import Operators

/// What the thorough check finds in one node whose inputs are known by type and shape only: what
/// `onnx.checker.check_model(full_check=True)` finds too.
@Suite struct RefusedModelTests {
    /// A node with inputs of some shapes, `nil` where one is left out.
    struct Case: Sendable, CustomTestStringConvertible {
        var op: String
        var shapes: [[Int64]?]
        var attributes: [Attribute] = []
        var outputs = 1
        var opset: Int64 = 25
        var domain = ""
        var types: [Int: ElementType] = [:]
        /// Part of what is said; `nil` where the node is sound.
        var says: String?

        var testDescription: String { "\(op) \(shapes.map { $0.map { "\($0)" } ?? "-" }) \(says ?? "is sound")" }

        var faults: [GraphError] {
            var graph = Graph(name: "one node")
            let ids = shapes.enumerated().map { position, shape -> ValueID? in
                guard let shape else { return nil }
                let type = types[position] ?? .float32
                let id = graph.addValue("x\(position)", type: .tensor(type, shape.map { .size($0) }))
                graph.inputs.append(id)
                return id
            }
            graph.outputs = graph.addNode(
                OperatorName(op, domain: domain), name: "node", inputs: ids, outputs: (0..<outputs).map { "y\($0)" },
                attributes: attributes)
            let model = Model(
                graph: graph, irVersion: 10, opsetImports: [OpsetImport("", opset), OpsetImport(domain, opset)])
            return inferShapes(model).faults
                + (checkModelFully(model).faults.filter { $0.problem.contains("left out") })
        }
    }

    static let attention: [Case] = [
        Case(op: "Attention", shapes: [[2, 3, 4, 8], [2, 3, 6, 8], [2, 3, 6, 8]]),
        Case(
            op: "Attention", shapes: [[2, 3, 4, 8], [2, 3, 6, 8], [2, 3, 6, 8], nil, [2, 3, 5, 8]],
            says: "comes with the other one"),
        Case(
            op: "Attention", shapes: [[2, 3, 4, 8], [2, 3, 6, 8], [2, 3, 6, 8], nil, [1, 3, 5, 8], [1, 3, 5, 8]],
            says: "1 for B, found 2 before"),
        Case(
            op: "Attention", shapes: [[2, 3, 4, 8], [2, 3, 6, 8], [2, 3, 6, 8]], outputs: 2,
            says: "comes with the other one"),
        Case(
            op: "Attention", shapes: [[2, 4, 24], [2, 6, 24], [2, 6, 24]],
            attributes: [Attribute("q_num_heads", .int(100)), Attribute("kv_num_heads", .int(100))],
            says: "don't cut into 100 heads"),
        Case(
            op: "CausalConvWithState", shapes: [[2, 3, 9], [3, 1, 4], [3], [2, 3, 3]], opset: 27),
        Case(
            op: "CausalConvWithState", shapes: [[2, 3, 9], [3, 1, 4], [3], [2, 3, 4]], opset: 27,
            says: "4 for K-1, found 3 before"),
        Case(
            op: "CausalConvWithState", shapes: [[2, 3, 9], [3, 1, 4]], attributes: [text("activation", "tanh")],
            opset: 27, says: "none of none, silu, swish"),
        Case(
            op: "LinearAttention", shapes: [[2, 5, 8], [2, 5, 4], [2, 5, 6], nil, [2, 5, 2]], attributes: linear,
            opset: 27),
        Case(
            op: "LinearAttention", shapes: [[2, 5, 8], [2, 5, 4], [2, 5, 6], nil, [2, 5, 3]], attributes: linear,
            opset: 27, says: "3 numbers for a step"),
        Case(
            op: "LinearAttention", shapes: [[2, 5, 8], [2, 5, 4], [2, 5, 6]], attributes: linear, opset: 27,
            says: "the update rule needs the input"),
        Case(
            op: "RotaryEmbedding", shapes: [[2, 4, 8], [50, 4], [50, 4], [2, 4]], types: [3: .int64], says: "num_heads"),
    ]

    private static let linear = [
        Attribute("q_num_heads", .int(4)), Attribute("kv_num_heads", .int(2)), text("update_rule", "gated"),
    ]

    private static func text(_ name: String, _ value: String) -> Attribute {
        Attribute(name, .string(Array(value.utf8)))
    }

    static let windows: [Case] = [
        Case(
            op: "MaxUnpool", shapes: [[1, 1, 2, 2], [1, 1, 2, 2], [4]], attributes: square,
            types: [1: .int64, 2: .int64]),
        Case(
            op: "MaxUnpool", shapes: [[1, 1, 2, 2], [1, 1, 2, 2], []], attributes: square,
            types: [1: .int64, 2: .int64], says: "expected rank 1"),
        Case(
            op: "MaxUnpool", shapes: [[1, 1, 2, 2, 2], [1, 1, 2, 2, 2]], attributes: square, types: [1: .int64],
            says: "2 numbers for 3 spatial axes"),
        Case(
            op: "MaxRoiPool", shapes: [[1, 3, 8, 8], [2, 5]], attributes: [Attribute("pooled_shape", .ints([2]))],
            says: "expected height and width"),
        Case(
            op: "RoiAlign", shapes: [[1, 3, 8, 8], [2, 4], [3]], types: [2: .int64], says: "3 for R, found 2 before"),
        Case(
            op: "RoiAlign", shapes: [[1, 3, 8, 8], [2, 4], [2]], attributes: [Attribute("output_height", .int(-1))],
            types: [2: .int64], says: "is no size"),
        Case(op: "Col2Im", shapes: [[1, 5, 5], [], [2]], types: [1: .int64, 2: .int64], says: "expected rank 1"),
        Case(
            op: "Col2Im", shapes: [[1, 5, 5], [2], [2]], attributes: [Attribute("pads", .ints([1, 1]))],
            types: [1: .int64, 2: .int64], says: "1 for axes, found 2 before"),
        Case(
            op: "ConvTranspose", shapes: [[1, 1, 3, 3], [1, 2, 3, 3]],
            attributes: [Attribute("kernel_shape", .ints([3]))],
            says: "1 numbers, expected 2"),
        Case(op: "Conv", shapes: [[1, 3], [2, 3]], says: "expected rank at least 3"),
        Case(
            op: "ConvTranspose", shapes: [[1, 3, 3], [3, 2, 1]], attributes: [Attribute("group", .int(2))],
            says: "3 channels in 2 groups"),
        Case(op: "GridSample", shapes: [[1, 3, 8, 8], [1, 4, 4, 2]]),
        Case(op: "GridSample", shapes: [[1, 3, 8, 8], [1, 4, 4, 4, 3]], says: "expected rank 4"),
        Case(op: "AffineGrid", shapes: [[1, 2, 3], [1, 4]], types: [1: .int64], says: "expected rank 1"),
    ]

    private static let square = [Attribute("kernel_shape", .ints([2, 2]))]

    static let shapes: [Case] = [
        Case(op: "Reshape", shapes: [[2, 3], []], types: [1: .int64], says: "expected rank 1"),
        Case(op: "Expand", shapes: [[2, 3], [1, 2]], types: [1: .int64], says: "expected rank 1"),
        Case(op: "ConstantOfShape", shapes: [[2, 2]], types: [0: .int64], says: "expected rank 1"),
        Case(
            op: "Resize", shapes: [[1, 1, 4, 4], nil, [4], [4]], types: [3: .int64], says: "both of scales and sizes"),
        Case(op: "Resize", shapes: [[1, 1, 4, 4]], says: "neither of scales and sizes"),
        Case(op: "Resize", shapes: [[1, 1, 4, 4], nil, nil, [3]], types: [3: .int64], says: "3 numbers for 4 axes"),
        Case(op: "Split", shapes: [[6]], outputs: 3, says: "num_outputs"),
        Case(op: "Split", shapes: [[6]], outputs: 4, opset: 13, says: "don't cut into 4 equal parts"),
        Case(op: "OneHot", shapes: [[3], [], [2, 1]], says: "expected rank 1"),
        Case(op: "Dropout", shapes: [[3], [], [1]], types: [2: .bool], says: "expected rank 0"),
        Case(op: "Hardmax", shapes: [[3, 4]], attributes: [Attribute("axis", .int(2))], says: "axis"),
        Case(op: "Hardmax", shapes: [[3, 4]], attributes: [Attribute("axis", .int(2))], opset: 11),
        Case(
            op: "DFT", shapes: [[1, 4, 4, 2]], attributes: [Attribute("axis", .int(3))], opset: 19,
            says: "the last axis holds the parts"),
        Case(op: "ReverseSequence", shapes: [[4, 2], [2, 1]], types: [1: .int64], says: "expected rank 1"),
        Case(op: "ReverseSequence", shapes: [[4], [4]], types: [1: .int64], says: "expected rank at least 2"),
        Case(
            op: "RandomNormal", shapes: [], attributes: [Attribute("shape", .ints([2, -1]))], says: "-1 is no dimension"
        ),
        Case(op: "Compress", shapes: [[], [1]], types: [1: .bool], says: "expected rank at least 1"),
        Case(op: "GatherND", shapes: [[2, 3], []], types: [1: .int64], says: "expected rank at least 1"),
        Case(op: "Trilu", shapes: [[3]], says: "expected rank at least 2"),
        Case(op: "EyeLike", shapes: [[3, 3, 3]], says: "expected rank 2"),
        Case(op: "Multinomial", shapes: [[3]], says: "expected rank 2"),
        Case(op: "TensorScatter", shapes: [[2, 8, 4], [2, 1, 4], [2]], types: [2: .int64]),
        Case(
            op: "TensorScatter", shapes: [[2, 8, 4], [2, 1, 3], [2]], types: [2: .int64], says: "expected the same size"
        ),
        Case(op: "Concat", shapes: [[2], nil], attributes: [Attribute("axis", .int(0))], says: "left out"),
        Case(op: "Max", shapes: [nil, [2]], says: "left out"),
        Case(op: "SequenceConstruct", shapes: [nil, [2]], says: "left out"),
        Case(
            op: "Gemm", shapes: [[2, 3], [3, 4]], attributes: [Attribute("transB", .int(1 << 62))],
            says: "expected 0 or 1"),
    ]

    static let others: [Case] = [
        Case(
            op: "NegativeLogLikelihoodLoss", shapes: [[4, 5], [4], [4]], types: [1: .int64],
            says: "expected the same size"),
        Case(
            op: "BatchNormalization", shapes: [[2, 3, 4], [3], [3], [3], [3]], outputs: 3,
            says: "3 outputs, expected 3 for training and 1 else"),
        Case(
            op: "StringNormalizer", shapes: [[2, 3]], types: [0: .string], says: "expected [C] or [1, C]"),
        Case(
            op: "Momentum", shapes: [[], [], [2], [2], [2], [2]], attributes: momentum, opset: 1,
            domain: "ai.onnx.preview.training", types: [1: .int64], says: "expected a multiple of 3"),
        Case(
            op: "LabelEncoder", shapes: [[2]],
            attributes: [
                Attribute("keys_int64s", .ints([1, 2])), Attribute("values_floats", .floats([1])),
            ], opset: 4, domain: "ai.onnx.ml", types: [0: .int64], says: "1 values for 2 keys"),
    ]

    private static let momentum = [
        Attribute("alpha", .float(1)), Attribute("beta", .float(1)), Attribute("norm_coefficient", .float(0)),
        text("mode", "standard"),
    ]

    @Test(arguments: attention + windows + shapes + others)
    func oneNode(_ node: Case) throws {
        let faults = node.faults
        guard let says = node.says else {
            #expect(faults.isEmpty, "\(faults)")
            return
        }
        #expect(
            faults.contains {
                ($0.node ?? "").hasPrefix("node (") && ($0.problem + " " + ($0.argument ?? "")).contains(says)
            },
            "\(faults)")
    }

    @Test("keepdims means 1 and nothing else, as all implementations have it")
    func keepsDimensions() throws {
        for (number, rank) in [(0, 1), (1, 2), (7, 1), (-1, 1)] as [(Int64, Int)] {
            let attributes = [Attribute("keepdims", .int(number)), Attribute("axis", .int(0))]
            let found = try run("ArgMax", [floats([1, 2, 3, 4], [2, 2])], attributes)
            #expect(found[0].shape.count == rank, "\(number)")
        }
    }

    // MARK: Bodies

    /// A graph whose only value goes out as it came in, as a type that may be another.
    private func body(_ inputs: [ValueType], from source: Int, casts: ElementType? = nil, also: Bool = false) -> Graph {
        var graph = Graph(name: "body")
        graph.inputs = inputs.enumerated().map { graph.addValue("in\($0)", type: $1) }
        if also {
            graph.outputs = graph.addNode(
                OperatorName("Identity"), name: "", inputs: [graph.inputs[1]], outputs: ["go"])
        }
        graph.outputs += graph.addNode(
            OperatorName(casts == nil ? "Identity" : "Cast"), name: "", inputs: [graph.inputs[source]],
            outputs: ["out"],
            attributes: casts.map { [Attribute("to", .int(Int64($0.rawValue)))] } ?? [])
        return graph
    }

    private func faults(_ op: String, _ inputs: [ValueType], _ body: Graph, _ more: [Attribute] = [], outputs: Int = 1)
        -> [String]
    {
        var graph = Graph(name: "main")
        graph.inputs = inputs.enumerated().map { graph.addValue("x\($0)", type: $1) }
        graph.outputs = graph.addNode(
            OperatorName(op), name: "node", inputs: graph.inputs, outputs: (0..<outputs).map { "y\($0)" },
            attributes: more + [Attribute("body", .graph(body))])
        return inferShapes(Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("", 21)])).faults.map(\.problem)
    }

    @Test("What a loop hands on keeps its type; its shape may change")
    func loopState() {
        let (count, go) = (ValueType.tensor(.int64, []), ValueType.tensor(.bool, []))
        let state = ValueType.tensor(.float32, [.size(2)])
        #expect(faults("Loop", [count, go, state], body([count, go, state], from: 2, also: true)).isEmpty)
        let cast = faults("Loop", [count, go, state], body([count, go, state], from: 2, casts: .int32, also: true))
        #expect(
            cast.contains { $0.contains("goes into an iteration as float32[2] and comes out as int32[2]") }, "\(cast)")
        let vector = faults(
            "Loop", [count, .tensor(.bool, [.size(1)]), state], body([count, go, state], from: 2, also: true))
        #expect(vector.contains { $0.contains("is declared as bool[], but the node gives bool[1]") }, "\(vector)")
        let more = faults("Loop", [count, go, state], body([count, go, state], from: 2, also: true), outputs: 2)
        #expect(more.contains { $0.contains("gives 1 values for the node's 2 outputs") }, "\(more)")
    }

    @Test("What a scan hands on keeps its type and shape")
    func scanState() {
        let (state, x) = (ValueType.tensor(.float32, [.size(2)]), ValueType.tensor(.float32, [.size(5), .size(2)]))
        let attributes = [Attribute("num_scan_inputs", .int(1))]
        #expect(faults("Scan", [state, x], body([state, state], from: 0), attributes).isEmpty)
        let other = faults("Scan", [.tensor(.int64, [.size(2)]), x], body([state, state], from: 0), attributes)
        #expect(other.contains { $0.contains("is declared as float32[2], but the node gives int64[2]") }, "\(other)")
        let cast = faults("Scan", [state, x], body([state, state], from: 0, casts: .int32), attributes)
        #expect(cast.contains { $0.contains("expected the same type and shape") }, "\(cast)")
        for name in ["scan_output_axes", "scan_output_directions"] {
            let uneven = faults(
                "Scan", [state, x], body([state, state], from: 0), attributes + [Attribute(name, .ints([0, 0]))])
            #expect(uneven.contains { $0.contains("2 numbers for 0 outputs") }, "\(uneven)")
        }
    }

    @Test("A function whose caller leaves out what its body needs")
    func functionCalls() throws {
        var body = Graph(name: "ours")
        body.inputs = [body.addValue("a"), body.addValue("b")]
        body.outputs = body.addNode(
            OperatorName("Concat"), name: "join", inputs: body.inputs, outputs: ["c"],
            attributes: [Attribute("axis", .reference(name: "axis", type: 2))])
        var function = Function(OperatorName("Join", domain: "ours"), body: body)
        function.attributeNames = ["axis"]
        function.opsetImports = [OpsetImport("", 20)]
        func faults(_ count: Int, _ attributes: [Attribute]) -> [String] {
            var graph = Graph(name: "main")
            let x = graph.addValue("x", type: .tensor(.float32, [.size(2)]))
            graph.inputs = [x]
            graph.outputs = graph.addNode(
                function.name, name: "call", inputs: [ValueID?](repeating: x, count: count), outputs: ["y"],
                attributes: attributes)
            var model = Model(
                graph: graph, irVersion: 9, opsetImports: [OpsetImport("", 20), OpsetImport("ours", 1)])
            model.functions = [function]
            return inferShapes(model).faults.map { "\($0.node ?? ""): \($0.problem) \($0.argument ?? "")" }
        }
        let axis = Attribute("axis", .int(0))
        #expect(faults(2, [axis]).isEmpty)
        #expect(faults(1, [axis]).contains { $0.contains("the function's caller leaves it out") })
        #expect(faults(2, []).contains { $0.contains("the attribute is required axis") })
    }
}
