import Execution
import Formats
import GraphIR
import OrderedCollections
import Testing

@testable import ExportedPrograms

/// Sizes that depend on the inputs: their arithmetic, where a run reads them, and what settles them.
@Suite struct SizeTests {
    private static func size(_ text: String) throws -> SymbolicInt {
        try SymbolicExpression.parse(text).substituting { _ in nil }
    }

    private static func value(_ size: SymbolicInt, _ numbers: [String: Int64]) throws -> Int64? {
        try size.substituting { numbers[$0].map { .number($0) } }.known
    }

    /// Two ways to write one size are one value.
    @Test(arguments: [
        ("(s0//4)//2", "s0//8"), ("((s0 + 3)//4 + 1)//2", "(s0 + 7)//8"), ("((s0//2)//2)//2", "s0//8"),
        ("(s0 - 1)//2 + 1", "(s0 + 1)//2"), ("((s0//3) + 9)//4", "(s0 + 27)//12"),
        ("(4*s0 + s1//2 + 5)//4", "s0 + 1 + (s1 + 2)//8"), ("(32*s0)//8", "4*s0"),
        ("((s0 - 1)//2)//2 + 1", "(s0 + 3)//4"),
    ]) func nestedDivisions(_ a: String, _ b: String) throws {
        #expect(try Self.size(a) == Self.size(b))
        #expect(try !Self.size(a).differs(from: Self.size(b)))
    }

    /// The normal form has the value of what was written, whatever the sizes.
    @Test(arguments: [
        "(s0//4)//2", "((s0 + 3)//4 + 1)//2", "((s0//2) + (s1//2))//2", "(2*(s0//3) + 1)//4", "(s0//2)*(s1//2)//4",
        "((s0//5) - s1)//2", "(s0//4)%3", "((7 - s0//2)//3)", "s0*s1//4 + (s0//2)//3",
    ]) func normalFormsKeepTheValue(_ text: String) throws {
        func floored(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }
        func evaluate(_ size: SymbolicInt, _ numbers: [String: Int64]) -> Int64 {
            switch size {
            case .number(let value): value
            case .symbol(let name): numbers[name] ?? 0
            case .sum(let items): items.reduce(0) { $0 + evaluate($1, numbers) }
            case .product(let items): items.reduce(1) { $0 * evaluate($1, numbers) }
            case .quotient(let a, let b): floored(evaluate(a, numbers), evaluate(b, numbers))
            case .remainder(let a, let b):
                evaluate(a, numbers) - evaluate(b, numbers) * floored(evaluate(a, numbers), evaluate(b, numbers))
            case .unknown: .min
            }
        }
        let written = SymbolicExpression.parse(text)
        let normal = try Self.size(text)
        for first in Int64(1)...40 {
            for second in [Int64](arrayLiteral: 1, 2, 5, 8, 13) {
                let numbers = ["s0": first, "s1": second]
                #expect(evaluate(written, numbers) == evaluate(normal, numbers), "\(text) at \(numbers)")
            }
        }
    }

    @Test(arguments: [
        ("s0", "s0 + 1", true), ("3*s0", "4*s0", true), ("s0*s1", "s0*s1 + s0", true), ("8", "9", true),
        ("s0", "s1", false), ("s0//2", "s0//3", false), ("s0 + s0//2", "s0", false), ("12", "3*s0", false),
    ]) func whatDiffersForCertain(_ a: String, _ b: String, _ isCertain: Bool) throws {
        #expect(try Self.size(a).differs(from: Self.size(b)) == isCertain)
        #expect(try Self.size(b).differs(from: Self.size(a)) == isCertain)
    }

    @Test func whatTakesNoSymbolApart() throws {
        for (text, expected) in [("32*h", [32, 0]), ("h", [1, 0]), ("4*h + 1", [4, 1]), ("h - 3", [1, -3])] {
            let found = try #require(try Self.size(text).linear)
            #expect(found.symbol == "h" && [found.factor, found.offset] == expected.map(Int64.init))
        }
        for text in ["h*w", "h + w", "h//2", "7", "-1*h", "h*h"] {
            #expect(try Self.size(text).linear == nil, "\(text)")
        }
    }

    // MARK: Programs

    /// A program of one input `x` of float32 whose only node makes `y` of it.
    private static func program(_ shape: [String], _ target: String, _ arguments: [(name: String, value: ATenArgument)])
        throws -> ExportedProgram
    {
        var graph = ATenGraph()
        graph.inputs = [.tensor("x")]
        graph.types["x"] = ATenTensorType(.float32, try shape.map(size))
        graph.nodes = [
            ATenNode(target, name: "y", arguments: [("self", .tensor("x"))] + arguments, outputs: [.tensor("y")])
        ]
        graph.outputs = [.tensor("y")]
        return ExportedProgram(
            name: "made", graph: graph, inputs: [.user(name: "x")], outputs: [.user(name: "output")])
    }

    private static func shape(_ model: Model, of shape: [Int]) throws -> [Int]? {
        let input = try Tensor([Float](repeating: 1, count: shape.reduce(1, *)), shape: shape)
        return try Session(model).run(["x": input]).values.first?.shape
    }

    /// A symbol that no input has bare is read from the size that it is part of.
    @Test(arguments: [("2*h", [1, 3, 8, 5], 4), ("2*h + 1", [2, 3, 9, 5], 4), ("h - 2", [1, 3, 6, 5], 8)])
    func symbolsInsideOfSizes(_ height: String, _ shape: [Int], h: Int) throws {
        let model = try model(
            of: Self.program(
                ["n", "3", height, "5"], "aten.new_zeros.default",
                [("size", .ints([try Self.size("n*3*h"), .number(7)]))]))
        #expect(try Self.shape(model, of: shape) == [shape[0] * 3 * h, 7])
    }

    /// What can't be told ahead is taken as the program says it, and compared when the model runs.
    @Test func sizesThatOnlyARunCanCompare() throws {
        let made = try Self.program(
            ["n", "a", "b"], "aten.reshape.default", [("shape", .ints([.symbol("n"), .symbol("b"), .symbol("a")]))])
        #expect(try Self.shape(model(of: made), of: [2, 3, 4]) == [2, 4, 3])
        let doubtful = try Self.program(
            ["a", "b"], "aten.reshape.default", [("shape", .ints([.symbol("b"), .symbol("b")]))])
        let model = try model(of: doubtful)
        #expect(try Self.shape(model, of: [4, 4]) == [4, 4])
        #expect(throws: (any Error).self) { try Self.shape(model, of: [3, 4]) }
        let contradictory = try Self.program(
            ["a", "3"], "aten.reshape.default", [("shape", .ints([.symbol("a"), .number(4)]))])
        #expect(throws: GraphError.self) { try ExportedPrograms.model(of: contradictory) }
    }

    /// Pools that round up have PyTorch's count of windows at any size.
    @Test(arguments: [
        (2, 2, 0, [1, 1, 2, 2, 3]), (3, 2, 1, [1, 2, 2, 3, 3]), (3, 2, 0, [nil, 1, 1, 2, 2]),
        (1, 2, 0, [1, 1, 2, 2, 3]), (2, 3, 1, [1, 1, 2, 2, 2]), (3, 1, 1, [1, 2, 3, 4, 5]),
        (3, 1, 0, [nil, nil, 1, 2, 3]),
    ]) func poolsThatRoundUp(kernel: Int64, stride: Int64, padding: Int64, wanted: [Int?]) throws {
        func pool(_ size: String) throws -> ExportedProgram {
            try Self.program(
                ["1", "1", size, "7"], "aten.max_pool2d.default",
                [
                    ("kernel_size", .ints([.number(kernel), .number(1)])),
                    ("stride", .ints([.number(stride), .number(1)])),
                    ("padding", .ints([.number(padding), .number(0)])), ("ceil_mode", .bool(true)),
                ])
        }
        let open = try model(of: pool("h"))
        for (index, count) in wanted.enumerated() {
            let size = index + 1
            guard let count else {
                #expect(throws: GraphError.self) { try model(of: pool("\(size)")) }
                continue
            }
            let fixed = try model(of: pool("\(size)"))
            #expect(try Self.shape(fixed, of: [1, 1, size, 7]) == [1, 1, count, 7], "\(size)")
            #expect(try Self.shape(open, of: [1, 1, size, 7]) == [1, 1, count, 7], "\(size)")
        }
    }

    @Test func askedShapesSettleSymbols() throws {
        var made = try Self.program(["n", "3", "32*h", "32*w"], "aten.relu.default", [])
        made.symbols = ["h": 2...20, "w": 2...20]
        #expect(try made.symbolSizes(ofInputs: [[nil, nil, 64, 96]]) == ["h": 2, "w": 3])
        #expect(try made.symbolSizes(ofInputs: [[4, 3, 64, 96]]) == ["n": 4, "h": 2, "w": 3])
        #expect(try made.symbolSizes(ofInputs: []).isEmpty)
        for shape in [[4, 3, 64, 95], [4, 1, 64, 96], [4, 3, 64], [4, 3, 64, 32 * 21], [4, 3, 0, 64]] as [[Int64?]] {
            #expect(failure { _ = try made.symbolSizes(ofInputs: [shape]) } == .usage, "\(shape)")
        }
        #expect(failure { _ = try made.symbolSizes(ofInputs: [[1], [1]]) } == .usage)
    }

    /// What an attribute has to hold is refused with the option that settles it.
    @Test(arguments: [
        (["n", "3", "h", "w"], "h", "--image-size"), (["n", "3", "h", "w"], "n", "--batch"),
        (["n", "3", "h", "w"], "n*h", "--input-shape"),
    ]) func openNumbersNameTheOption(shape: [String], size: String, option: String) throws {
        let made = try Self.program(
            shape, "aten.constant_pad_nd.default", [("pad", .ints([.number(0), try Self.size(size)]))])
        do {
            _ = try model(of: made)
            Issue.record("it was translated")
        } catch let error as GraphError {
            #expect(error.code == .unsupportedArgument && error.hint?.contains(option) == true, "\(error)")
        }
    }

    /// fixtures/exported_programs/make_sizes.py: what PyTorch computes at several sizes, of the open model and of those
    /// that are settled for each size.
    @Test(arguments: [
        ("multiples", ["16x24", "8x40", "12x12"], 5), ("free", ["16x24", "13x9", "14x19", "11x10"], 2),
    ])
    func agreesWithPyTorchAtEverySize(name: String, sizes: [String], count: Int) throws {
        let program = try ProgramFixtures.program("sizes-\(name).pt2")
        let arrays = try ATenTests.arrays("sizes-\(name)", prefix: "")
        let open = try Session(model(of: program))
        for size in sizes {
            let x = try #require(arrays["\(size).x"])
            var options = ExportOptions()
            options.sizes = try program.symbolSizes(ofInputs: [x.shape.map(Int64.init)])
            let settled = try model(of: program, options: options)
            #expect(settled.graph[settled.graph.inputs[0]].type?.dimensions == x.shape.map { .size(Int64($0)) })
            for (kind, session) in try [("open", open), ("settled", Session(settled))] {
                let found = try session.run(["x": x])
                #expect(found.count == count)
                for (place, tensor) in found.values.enumerated() {
                    let wanted = try #require(arrays["\(size).output.\(place)"])
                    #expect(tensor.shape == wanted.shape, "\(kind), \(size), output \(place)")
                    guard tensor.shape == wanted.shape else { continue }
                    let (error, scale) = try ATenTests.difference(tensor, wanted)
                    #expect(error <= 20 * 0x1p-24 * scale, "\(kind), \(size), output \(place): \(error) of \(scale)")
                }
            }
        }
    }
}
