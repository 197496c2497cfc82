import Formats
import GraphIR
import Testing

@testable import ExportedPrograms

/// Numbers in programs that no exporter writes: whatever stands there, a node is translated or refused by a fault.
@Suite struct HostileNumberTests {
    /// One call on inputs of the given shapes, in a graph of its own.
    private func failure(
        _ target: String, _ arguments: [(name: String, value: ATenArgument)], shapes: [[Int64]]
    ) throws -> GraphError.Code? {
        let net = ATenTranslator(
            ExportedProgram(name: "", graph: ATenGraph(), inputs: [], outputs: []), options: .init())
        for (place, shape) in shapes.enumerated() {
            net.declare("x\(place)", .float32, shape.map { .number($0) })
        }
        do {
            try net.translate(ATenNode(target, name: "node", arguments: arguments, outputs: [.tensor("y")]))
            return nil
        } catch let error as GraphError {
            return error.code
        }
    }

    private static func ints(_ values: Int64...) -> ATenArgument { .ints(values.map { .number($0) }) }

    @Test(arguments: [
        ("padding", ints(.max, .max)), ("padding", ints(.min, .min)), ("padding", ints(1 << 62, 0)),
        ("padding", ints(-1, -1)), ("dilation", ints(.max, 1)), ("stride", ints(.min, 1)), ("stride", ints(0, 1)),
        ("groups", .int(.number(.min))),
    ]) func convolutionsAreRefused(_ name: String, _ value: ATenArgument) throws {
        let found = try failure(
            "aten.conv2d.default", [("input", .tensor("x0")), ("weight", .tensor("x1")), (name, value)],
            shapes: [[1, 3, 8, 8], [4, 3, 3, 3]])
        #expect(found == .argument)
    }

    @Test func aKernelOfOtherRankIsRefused() throws {
        let found = try failure(
            "aten.conv2d.default", [("input", .tensor("x0")), ("weight", .tensor("x1"))],
            shapes: [[1, 3, 8, 8, 8], [4, 3, 3, 3, 3]])
        #expect(found == .argument)
    }

    @Test(arguments: ["mean.dim", "sum.dim_IntList", "amax.default", "var.dim"])
    func anAxisThatIsNamedTwiceIsRefused(_ name: String) throws {
        for axes in [Self.ints(3, 3), Self.ints(3, -1), Self.ints(0, 1, 0)] {
            let found = try failure(
                "aten.\(name)", [("self", .tensor("x0")), ("dim", axes)], shapes: [[1, 2, 3, 4]])
            #expect(found == .argument)
        }
    }

    @Test func diagonalsFarAwayAreRefused() throws {
        for offset in [Int64.min, .max, 1 << 40] {
            let found = try failure(
                "aten.diagonal.default", [("self", .tensor("x0")), ("offset", .int(.number(offset)))],
                shapes: [[3, 4]])
            #expect(found == .unsupportedArgument)
        }
    }

    @Test func hugeSizesAreRefused() throws {
        let pool: [(name: String, value: ATenArgument)] = [
            ("self", .tensor("x0")), ("kernel_size", Self.ints(3)), ("stride", Self.ints(2)), ("padding", Self.ints(1)),
            ("ceil_mode", .bool(true)),
        ]
        #expect(
            try failure("aten.max_pool2d.default", pool, shapes: [[1, 1, .max, 8]]) == .unsupportedArgument)
        // Turned by almost its whole length, an axis of 2^63 - 1 is cut at 1.
        #expect(
            try failure(
                "aten.roll.default",
                [("self", .tensor("x0")), ("shifts", Self.ints(.max - 1)), ("dims", Self.ints(0))], shapes: [[.max]])
                == nil)
        #expect(
            try failure(
                "aten.cosine_similarity.default", [("x1", .tensor("x0")), ("x2", .tensor("x1"))],
                shapes: [[2, 3], [3]]) == .argument)
    }

    /// Division rounds down for all whole numbers, without a step outside of them.
    @Test func quotientsAreExact() throws {
        for dividend in [Int64.min, .min + 1, -7, -6, -1, 0, 5, .max] {
            for divisor in [Int64(1), 2, 3, 7, 1 << 62, .max, -2, -7, .min] {
                let quotient = try SymbolicInt.number(dividend) / .number(divisor)
                let rest = try SymbolicInt.number(dividend) % .number(divisor)
                let found = try #require(quotient.known), left = try #require(rest.known)
                #expect(left == 0 || (left < 0) == (divisor < 0) && left.magnitude < divisor.magnitude)
                #expect(Int128(found) * Int128(divisor) + Int128(left) == Int128(dividend))
            }
        }
        #expect(throws: GraphError.self) { try SymbolicInt.number(.min) / .number(-1) }
        #expect(try SymbolicInt.number(.min) % .number(-1) == .number(0))
        // 7·s // 3 is 2·s + (s // 3).
        let s = SymbolicInt.symbol("s")
        #expect(try s * .number(-7) / .number(3) == s * .number(-3) + s * .number(2) / .number(3))
    }

    /// A few letters that would unfold to more than any memory holds.
    @Test func expressionsStaySmall() throws {
        let powers = "s" + String(repeating: "**8", count: 20)
        #expect(SymbolicExpression.parse(powers) == .unknown(powers))
        let ones = "1" + String(repeating: "**8", count: 20)
        #expect(SymbolicExpression.parse(ones) == .unknown(ones))
        var size = SymbolicInt.symbol("s")
        #expect(throws: GraphError.self) { for _ in 0..<200 { size = try size / (size + .number(1)) } }
    }

    // MARK: Each number of each operator

    static let extremes: [Int64] = [
        .min, .min + 1, -1 << 62, -2, -1, 0, 1, 2, 5, 1 << 20, 1 << 31, 1 << 40, 1 << 62, .max,
    ]
    static let reals: [Double] = [.nan, .infinity, -.infinity, 0, -1, 1e308, 1e-300, 0x1p63, 0.5]

    /// Everything that can stand in an argument's place.
    static func replacements(of value: ATenArgument?, tensor: String) -> [ATenArgument] {
        var result: [ATenArgument] = [
            .none, .tensor(tensor), .tensors([]), .tensors([tensor]), .tensors([nil, tensor]), .ints([]),
            .bool(true), .bool(false), .string("same"), .string("..."), .elementType(.int32), .elementType(.bool),
            .elementType(.float16), .unknown("as_thing"), .int(.symbol("nowhere")),
        ]
        result += extremes.flatMap { [.int(.number($0)), .ints([.number($0)]), .ints([.number($0), .number($0)])] }
        result += reals.flatMap { [.float($0), .floats([$0]), .floats([$0, $0])] }
        switch value {
        case .ints(let items)?:
            for place in items.indices {
                for extreme in extremes {
                    var changed = items
                    changed[place] = .number(extreme)
                    result.append(.ints(changed))
                }
                result += edits(items, place).map { .ints($0) }
            }
        case .tensors(let items)?: for place in items.indices { result += edits(items, place).map { .tensors($0) } }
        case .floats(let items)?: for place in items.indices { result += edits(items, place).map { .floats($0) } }
        default: break
        }
        return result
    }

    /// A list with an item left out, and with one twice.
    private static func edits<Item>(_ items: [Item], _ place: Int) -> [[Item]] {
        var (fewer, more) = (items, items)
        fewer.remove(at: place)
        more.insert(items[place], at: place)
        return [fewer, more]
    }

    /// A node with one thing changed.
    static func mutants(of node: ATenNode) -> [ATenNode] {
        var result: [ATenNode] = []
        let tensor = node.arguments.flatMap(\.value.tensorNames).first ?? ""
        for place in node.arguments.indices {
            var changed = node
            for value in replacements(of: node.arguments[place].value, tensor: tensor) {
                changed.arguments[place].value = value
                result.append(changed)
            }
            changed.arguments.remove(at: place)
            result.append(changed)
        }
        let given = Set(node.arguments.map(\.name))
        for formal in ATenSchema.find(target: node.target)?.schema.arguments ?? [] where !given.contains(formal.name) {
            for value in replacements(of: nil, tensor: tensor) {
                var changed = node
                changed.arguments.append((formal.name, value))
                result.append(changed)
            }
        }
        if case .tensors(let names)? = node.outputs.first {
            for place in names.indices {
                for names in edits(names, place) {
                    var changed = node
                    changed.outputs = [.tensors(names)]
                    result.append(changed)
                }
            }
        }
        return result
    }

    /// A value's type with one size, the rank or the element type changed.
    static func mutants(of type: ATenTensorType) -> [ATenTensorType] {
        var result: [ATenTensorType] = [ATenTensorType(type.elementType, [])]
        for axis in type.shape.indices {
            for size in extremes where size >= 0 {
                var changed = type
                changed.shape[axis] = .number(size)
                result.append(changed)
            }
            var changed = type
            changed.shape[axis] = .symbol("s")
            result.append(changed)
            result += edits(type.shape, axis).map { ATenTensorType(type.elementType, $0) }
        }
        return result + [.int64, .bool, .uint8, .float16].map { ATenTensorType($0, type.shape) }
    }

    /// Each argument of each node in turn becomes everything that can be written there, and each tensor has every shape.
    @Test(arguments: [
        "elementwise", "activations", "shapes", "indexing", "reductions", "layers", "products", "creation", "recurrent",
    ]) func anythingMayStandInAnArgument(theme: String) throws {
        let program = try ATenTests.program(theme)
        let whole = ATenTranslator(program, options: ExportOptions())
        try whole.addInputs()
        var (refused, accepted) = (0, 0)
        for node in program.graph.nodes {
            var types: [String: ATenTensorType] = [:]
            for name in node.arguments.flatMap(\.value.tensorNames) {
                let wire = try whole.wire(named: name)
                types[name] = ATenTensorType(wire.elementType, wire.shape)
            }
            func attempt(_ node: ATenNode, _ types: [String: ATenTensorType]) throws {
                let net = ATenTranslator(
                    ExportedProgram(name: "", graph: ATenGraph(), inputs: [], outputs: []), options: ExportOptions())
                Mutation.log { "\(theme): \(node) on \(types)" }
                for (name, type) in types.sorted(by: { $0.key < $1.key }) {
                    net.declare(name, type.elementType, type.shape)
                }
                do {
                    try net.translate(node)
                    try net.graph.checkInvariants()
                    accepted += 1
                } catch is any Fault {
                    refused += 1
                }
            }
            for mutant in Self.mutants(of: node) { try attempt(mutant, types) }
            for (name, type) in types.sorted(by: { $0.key < $1.key }) {
                for mutant in Self.mutants(of: type) {
                    var changed = types
                    changed[name] = mutant
                    try attempt(node, changed)
                }
            }
            try whole.translate(node)
        }
        Mutation.log { "\(theme): \(accepted) accepted, \(refused) refused" }
        #expect(refused > 100 && accepted > 100)
    }
}

extension ATenTranslator {
    /// An input of a graph under construction.
    func declare(_ name: String, _ type: ElementType, _ shape: [SymbolicInt]) {
        let id = graph.addValue(name, type: .tensor(type, shape.map(dimension)))
        graph.inputs.append(id)
        for (axis, size) in shape.enumerated() {
            if case .symbol(let symbol) = size { sources[symbol] = (id, axis, 1, 0) }
        }
        cells[name] = Cell(Wire(id: id, elementType: type, shape: shape))
    }
}
