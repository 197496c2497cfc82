import Execution
import GraphIR
import Testing

@testable import Operators

@Suite struct InferenceTests {
    /// A graph of float32 inputs, built node by node.
    struct Builder {
        var graph = Graph(name: "test")
        var opset: Int64 = 20

        mutating func input(_ name: String, _ shape: [Dimension]?, _ type: ElementType = .float32) -> ValueID {
            let id = graph.addValue(name, type: .tensor(type, shape))
            graph.inputs.append(id)
            return id
        }

        mutating func constant(_ name: String, _ values: [Int64], shape: [Int]? = nil) throws -> ValueID {
            try graph.addInitializer(TensorRecord(ints(values, shape), name: name))
        }

        mutating func node(_ op: String, _ inputs: [ValueID?], _ attributes: [Attribute] = [], to name: String)
            -> ValueID
        {
            graph.addNode(OperatorName(op), name: "", inputs: inputs, outputs: [name], attributes: attributes)[0]
        }

        func infer(outputs: [ValueID]) -> ShapeInference {
            var graph = graph
            graph.outputs = outputs
            return inferShapes(Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("", opset)]))
        }

        /// The type of a value as text.
        func type(of id: ValueID) -> String? { infer(outputs: [id]).model.graph[id].type?.text }
    }

    @Test("Shapes are followed through the arithmetic that makes them")
    func dataPropagation() throws {
        var net = Builder()
        let x = net.input("x", [.named("batch"), .size(3), .named("h"), .size(8)])
        let shape = net.node("Shape", [x], to: "shape")
        let first = net.node("Gather", [shape, try net.constant("zero", [0], shape: [])], to: "first")
        let column = net.node("Unsqueeze", [first, try net.constant("axes", [0])], to: "column")
        let rest = net.node(
            "Concat", [column, try net.constant("minus", [-1])], [Attribute("axis", .int(0))], to: "rest")
        let flat = net.node("Reshape", [x, rest], to: "flat")
        #expect(net.type(of: flat) == "float32[batch, unk__0]")
        let last = net.node("Gather", [shape, try net.constant("three", [3])], to: "last")
        let half = net.node("Div", [last, try net.constant("two", [2])], to: "half")
        let wanted = net.node("Concat", [column, half], [Attribute("axis", .int(0))], to: "wanted")
        let filled = net.node("ConstantOfShape", [wanted], to: "filled")
        #expect(net.type(of: filled) == "float32[batch, 4]")
    }

    @Test("Constants are computed, whatever the operator")
    func folding() throws {
        var net = Builder()
        let x = net.input("x", [.size(6)])
        let a = net.node("Sub", [try net.constant("a", [7, 2]), try net.constant("b", [4, 0])], to: "ab")
        let b = net.node("Max", [a, try net.constant("c", [1, 1])], to: "max")
        let y = net.node("Reshape", [x, b], to: "y")
        #expect(net.type(of: y) == "float32[3, 2]")
        #expect(net.type(of: b) == "int64[2]")
    }

    @Test("Equal unknown dimensions get one name, which is none of the model's")
    func names() throws {
        var net = Builder()
        let x = net.input("x", [.unknown, .named("unk__0")])
        let y = net.node("Concat", [x, x], [Attribute("axis", .int(1))], to: "y")
        let z = net.node("Relu", [y], to: "z")
        #expect(net.type(of: z) == "float32[unk__1, unk__2]")
        #expect(net.infer(outputs: [z]).model.graph[y].type?.text == "float32[unk__1, unk__2]")
    }

    @Test("A number tells more than a name, in what is declared and in what follows")
    func merging() throws {
        var net = Builder()
        let x = net.input("x", [.size(2), .named("n")])
        let y = net.node("Relu", [x], to: "y")
        net.graph[y].type = .tensor(.float32, [.named("batch"), .size(5)])
        #expect(net.type(of: y) == "float32[2, 5]")
        net.graph[y].type = .tensor(.float32, [.size(3), .size(5)])
        let faults = net.infer(outputs: [y]).faults
        #expect(faults.count == 1 && faults[0].description.contains("float32[3, 5]"), "\(faults)")
    }

    struct Contradiction: Sendable, CustomTestStringConvertible {
        let op: String
        let shapes: [[Int64]]
        var attributes: [Attribute] = []
        let says: String
        var testDescription: String { "\(op): \(says)" }
    }

    @Test(
        "What can't be is said with the node",
        arguments: [
            Contradiction(op: "Add", shapes: [[2, 3], [2, 4]], says: "3 and 4"),
            Contradiction(op: "MatMul", shapes: [[2, 3], [4, 5]], says: "3 columns against 4 rows"),
            Contradiction(
                op: "Concat", shapes: [[2, 3], [2, 4]], attributes: [Attribute("axis", .int(0))], says: "3 and 4"),
            Contradiction(
                op: "Concat", shapes: [[2], [2, 4]], attributes: [Attribute("axis", .int(0))], says: "anks"),
            Contradiction(op: "Softmax", shapes: [[2, 3]], attributes: [Attribute("axis", .int(2))], says: "axis 2"),
            Contradiction(op: "Gemm", shapes: [[2, 3], [4, 5]], says: "same size"),
            Contradiction(
                op: "Conv", shapes: [[1, 4, 8, 8], [8, 3, 3, 3]], says: "4 channels in 1 groups"),
            Contradiction(
                op: "Conv", shapes: [[1, 3, 8, 8], [8, 3, 3, 3]], attributes: [Attribute("pads", .ints([1, 1, 1]))],
                says: "3 numbers, expected 4"),
            Contradiction(
                op: "Transpose", shapes: [[1, 3]], attributes: [Attribute("perm", .ints([0, 0]))], says: "no order"),
        ])
    func contradictions(_ example: Contradiction) {
        var net = Builder()
        let inputs = example.shapes.enumerated().map { net.input("x\($0)", $1.map { .size($0) }) }
        let y = net.node(example.op, inputs, example.attributes, to: "y")
        let faults = net.infer(outputs: [y]).faults
        #expect(faults.count == 1 && faults[0].node == "\(example.op) -> y", "\(faults)")
        #expect(faults.first?.problem.contains(example.says) == true, "\(faults)")
    }

    @Test("Types of two kinds where the schema says one, and types that the operator doesn't take")
    func elementTypes() {
        var net = Builder()
        let x = net.input("x", [.size(2)])
        let y = net.input("y", [.size(2)], .int64)
        let sum = net.node("Add", [x, y], to: "z")
        let faults = net.infer(outputs: [sum]).faults
        #expect(faults.first?.description.contains("tensor(int64), but A is tensor(float)") == true, "\(faults)")
        let text = net.input("text", [.size(2)], .string)
        let rectified = net.node("Relu", [text], to: "w")
        let others = net.infer(outputs: [rectified]).faults
        #expect(others.contains { $0.description.contains("tensor(string)") }, "\(others)")
    }

    @Test("Functions are followed with the types, constants and attributes of each call")
    func functions() throws {
        var body = Graph()
        let x = body.addValue("x")
        let shape = body.addValue("shape")
        body.inputs = [x, shape]
        let y = body.addNode(OperatorName("Reshape"), name: "r", inputs: [x, shape], outputs: ["y"])
        body.outputs = body.addNode(
            OperatorName("Softmax"), name: "s", inputs: y, outputs: ["z"],
            attributes: [Attribute("axis", .reference(name: "along", type: 2))])
        var function = Function(OperatorName("Ours", domain: "test"), body: body)
        function.attributeNames = ["along"]
        function.opsetImports = [OpsetImport("", 20)]
        var net = Builder()
        let input = net.input("x", [.size(6)])
        func result(along axis: Int64) throws -> ShapeInference {
            var graph = net.graph
            let wanted = try graph.addInitializer(TensorRecord(ints([2, 3]), name: "wanted"))
            graph.outputs = graph.addNode(
                OperatorName("Ours", domain: "test"), name: "call", inputs: [input, wanted], outputs: ["out"],
                attributes: [Attribute("along", .int(axis))])
            var model = Model(
                graph: graph, irVersion: 9, opsetImports: [OpsetImport("", 20), OpsetImport("test", 1)])
            model.functions = [function]
            return inferShapes(model)
        }
        let sound = try result(along: 1)
        #expect(sound.faults.isEmpty)
        #expect(sound.model.graph[sound.model.graph.outputs[0]].type?.text == "float32[2, 3]")
        let broken = try result(along: 2)
        #expect(broken.faults.first?.node == "call (test.Ours)/s (Softmax)")
    }

    @Test("Functions that double are not followed forever")
    func doubling() {
        var functions: [Function] = []
        for level in 0..<30 {
            var body = Graph()
            let x = body.addValue("x")
            body.inputs = [x]
            let next = OperatorName(level == 29 ? "Relu" : "F\(level + 1)", domain: level == 29 ? "" : "test")
            let y = body.addNode(next, name: "a", inputs: [x], outputs: ["y"])
            body.outputs = body.addNode(next, name: "b", inputs: y, outputs: ["z"])
            var function = Function(OperatorName("F\(level)", domain: "test"), body: body)
            function.opsetImports = [OpsetImport("", 20), OpsetImport("test", 1)]
            functions.append(function)
        }
        var net = Builder()
        let x = net.input("x", [.size(1)])
        net.graph.outputs = net.graph.addNode(
            OperatorName("F0", domain: "test"), name: "call", inputs: [x], outputs: ["y"])
        var model = Model(
            graph: net.graph, irVersion: 9, opsetImports: [OpsetImport("", 20), OpsetImport("test", 1)])
        model.functions = functions
        #expect(inferShapes(model).faults.map(\.code) == [.count])
    }

    @Test("Hostile numbers in shapes and attributes make faults or unknowns, no traps")
    func hostile() throws {
        for number in [Int64.min, Int64.min + 1, -1, 0, Int64.max - 1, Int64.max] {
            var net = Builder()
            let x = net.input("x", [.size(4), .size(Int64.max), .named("n")])
            let values = try net.constant("values", [number, 1, 2])
            let scalar = try net.constant("scalar", [number], shape: [])
            let axis = Attribute("axis", .int(number))
            var results: [ValueID] = []
            for (op, inputs, attributes) in [
                ("Reshape", [x, values], []), ("Expand", [x, values], []), ("Tile", [x, values], []),
                ("Slice", [x, values, values], []), ("Pad", [x, values], []), ("ConstantOfShape", [values], []),
                ("Range", [scalar, scalar, scalar], []), ("TopK", [x, values], [axis]),
                ("Gather", [x, values], [axis]),
                ("Squeeze", [x, values], []), ("Unsqueeze", [x, values], []), ("Split", [x, values], [axis]),
                ("Concat", [x, x], [axis]), ("Flatten", [x], [axis]), ("Softmax", [x], [axis]), ("ArgMax", [x], [axis]),
                ("ReduceSum", [x, values], []), ("LayerNormalization", [x, x], [axis]),
                ("Shape", [x], [Attribute("start", .int(number)), Attribute("end", .int(number))]),
                (
                    "MaxPool", [x],
                    [Attribute("kernel_shape", .ints([number])), Attribute("pads", .ints([number, number]))]
                ), ("Conv", [x, x], [Attribute("group", .int(number)), Attribute("dilations", .ints([number]))]),
                ("Mul", [values, values], []), ("Add", [values, values], []), ("Div", [values, values], []),
                ("Cast", [values], [Attribute("to", .int(number))]),
            ] as [(String, [ValueID?], [Attribute])] {
                results.append(net.node(op, inputs, attributes, to: "\(op) \(results.count)"))
            }
            #expect(net.infer(outputs: results).model.graph.nodes.count == results.count)
        }
    }
}
