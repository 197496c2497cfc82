import ExportedPrograms
import Formats
import GraphIR

/// A form's graph as the atlas has it: the numbers that depend on batch, classes and channels are still open.
struct AtlasRecord {
    /// A whole number, times what the caller chooses.
    struct Number: Hashable {
        enum Factor: UInt64 {
            case one, batch, classes, channels, batchTimesClasses, batchTimesChannels
            /// The value is the place of an ``Expression``.
            case size
        }
        var factor: Factor
        var value: Int64

        init(_ cursor: inout AtlasCursor) throws {
            let head = try cursor.number()
            guard head & 1 == 1 else {
                factor = .one
                value = AtlasCursor.signed(head >> 1)
                return
            }
            guard let factor = Factor(rawValue: head >> 1) else {
                throw AtlasCursor.damaged("a number depends on something that we don't know, \(head >> 1)")
            }
            self.factor = factor
            value = try cursor.signed()
        }
    }

    /// A tensor of the state dict.
    struct State {
        var name: String
        var type: ElementType
        var shape: [Number]

        /// Whether it is the kernel of a convolution over the image: `[out, channels, height, width]`.
        var isFirstConvolution: Bool {
            shape.count == 4 && shape[1].factor == .channels && shape[1].value == 1
                && [0, 2, 3].allSatisfy { shape[$0].factor == .one }
        }
    }

    /// A tensor that isn't part of the state dict.
    struct Constant {
        var name: String
        var type: ElementType
        var shape: [Int]
        /// Its bytes, or the name of the tensor in the atlas that has them.
        var contents: Contents
        enum Contents {
            case bytes([UInt8])
            case tensor(String)
        }
    }

    /// Where a value comes from.
    enum Source: Hashable {
        /// The result of a node, by its number among all results.
        case result(Int)
        case state(Int)
        case constant(Int)
        case user
    }

    enum Argument {
        case none
        case tensor(Source)
        case tensors([Source?])
        case int(Number)
        case ints([Number])
        /// A count of the grid that stands for a real number.
        case real(RealFunction, Number)
        /// An argument that doesn't depend on what the caller chooses.
        case plain(ATenArgument)
    }

    struct Node {
        var target: Int
        var module: Int
        /// The places of the arguments among the operator's, and their values.
        var arguments: [(place: Int, value: Argument)]
        var results: Range<Int>
        /// Whether the operator gives a list of tensors.
        var isList: Bool
    }

    /// What the numbers are that depend on height and width, and what becomes of weights, in a graph for many sizes.
    var expressions: [Expression] = []
    var rules: [Rule] = []
    var states: [State]
    var constants: [Constant]
    var modules: [String] = []
    var nodes: [Node] = []
    var outputs: [Source] = []

    /// - Parameters:
    ///   - graph: whether to read more than the state dict.
    ///   - sized: whether this is a graph for many sizes.
    init(_ cursor: inout AtlasCursor, operators: Int, graph: Bool = true, sized: Bool = false) throws {
        if sized {
            expressions = try cursor.list { try Expression(&$0) }
            rules = try cursor.list { try Rule(&$0) }
        }
        var previous = ""
        states = try cursor.list { cursor in
            previous = try cursor.text(after: previous)
            return State(
                name: previous, type: try Self.elementType(&cursor), shape: try cursor.list { try Number(&$0) })
        }
        constants = []
        guard graph else { return }
        constants = try cursor.list { cursor in
            let name = try cursor.text()
            let type = try Self.elementType(&cursor)
            let shape = try cursor.list { try $0.count() }
            let count = try Tensor.byteCount(type, shape: shape)
            let contents: Constant.Contents =
                try cursor.byte() == 0
                ? .bytes(try cursor.data(count)) : .tensor(Self.hexadecimal(try cursor.data(8)))
            return Constant(name: name, type: type, shape: shape, contents: contents)
        }
        previous = ""
        modules = try cursor.list { cursor in
            previous = try cursor.text(after: previous)
            return previous
        }
        var reader = NodeReader(
            operators: operators, modules: modules.count, states: states.count, constants: constants.count)
        nodes = try cursor.list { try reader.node(&$0) }
        outputs = try cursor.list { try reader.source(&$0) }
        guard cursor.isAtEnd else { throw AtlasCursor.damaged("an architecture goes on after its graph") }
    }

    static let elementTypes: [ElementType] = [
        .float32, .float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
    ]

    static func elementType(_ cursor: inout AtlasCursor) throws -> ElementType {
        let place = try cursor.count()
        guard let type = elementTypes[checked: place] else { throw AtlasCursor.damaged("element type \(place)") }
        return type
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Reads nodes one after the other; references count from where it stands.
private struct NodeReader {
    let operators: Int
    let modules: Int
    let states: Int
    let constants: Int
    private var module: Int64 = 0
    private var lastState: Int64 = -1
    private var results = 0

    init(operators: Int, modules: Int, states: Int, constants: Int) {
        self.operators = operators
        self.modules = modules
        self.states = states
        self.constants = constants
    }

    /// Kinds of arguments, as tools/atlas/pack.py numbers them.
    private enum Kind: Int {
        case none, result, state, constant, user, tensors, int, ints, float, floats, isFalse, isTrue, bools, string
        case strings, type, memoryFormat, layout, device, real
    }

    mutating func node(_ cursor: inout AtlasCursor) throws -> AtlasRecord.Node {
        module = module.addingReportingOverflow(try cursor.signed()).partialValue
        let target = try cursor.count()
        guard module >= 0, module < modules, target < operators else {
            throw AtlasCursor.damaged("a node has module \(module) and operator \(target)")
        }
        let arguments = try cursor.list { cursor in (place: try cursor.count(), value: try self.argument(&cursor)) }
        let count = try cursor.count()
        guard count / 2 <= 1 << 16 else { throw AtlasCursor.damaged("a node has \(count / 2) results") }
        let range = results..<(results + count / 2)
        results = range.upperBound
        return AtlasRecord.Node(
            target: target, module: Int(module), arguments: arguments, results: range, isList: count & 1 == 1)
    }

    mutating func source(_ cursor: inout AtlasCursor) throws -> AtlasRecord.Source {
        guard let source = try source(cursor.count(), &cursor) else {
            throw AtlasCursor.damaged("something other than a tensor is an output")
        }
        return source
    }

    private mutating func source(_ kind: Int, _ cursor: inout AtlasCursor) throws -> AtlasRecord.Source? {
        switch Kind(rawValue: kind) {
        case .result:
            let distance = try cursor.count()
            guard distance > 0, distance <= results else { throw AtlasCursor.damaged("a value before the first") }
            return .result(results - distance)
        case .state:
            let step = try cursor.signed().addingReportingOverflow(1).partialValue
            lastState = lastState.addingReportingOverflow(step).partialValue
            guard lastState >= 0, lastState < states else { throw AtlasCursor.damaged("weight \(lastState)") }
            return .state(Int(lastState))
        case .constant:
            let place = try cursor.count()
            guard place < constants else { throw AtlasCursor.damaged("constant \(place)") }
            return .constant(place)
        case .user: return .user
        default: return nil
        }
    }

    private mutating func argument(_ cursor: inout AtlasCursor) throws -> AtlasRecord.Argument {
        let kind = try cursor.count()
        if let source = try source(kind, &cursor) { return .tensor(source) }
        switch Kind(rawValue: kind) {
        case .none?: return .none
        case .tensors:
            return .tensors(
                try cursor.list { cursor in
                    let kind = try cursor.count()
                    if kind == Kind.none.rawValue { return nil }
                    guard let source = try self.source(kind, &cursor) else {
                        throw AtlasCursor.damaged("a list of tensors holds an argument of kind \(kind)")
                    }
                    return source
                })
        case .int: return .int(try AtlasRecord.Number(&cursor))
        case .ints: return .ints(try cursor.list { try AtlasRecord.Number(&$0) })
        case .real:
            return .real(try AtlasRecord.RealFunction(&cursor), try AtlasRecord.Number(&cursor))
        case .float: return .plain(.float(Double(bitPattern: try cursor.uint64())))
        case .floats: return .plain(.floats(try cursor.list { Double(bitPattern: try $0.uint64()) }))
        case .isFalse: return .plain(.bool(false))
        case .isTrue: return .plain(.bool(true))
        case .bools: return .plain(.bools(try cursor.list { try $0.byte() != 0 }))
        case .string: return .plain(.string(try cursor.text()))
        case .strings: return .plain(.strings(try cursor.list { try $0.text() }))
        case .type: return .plain(.elementType(try AtlasRecord.elementType(&cursor)))
        case .memoryFormat: return .plain(.memoryFormat(try cursor.count()))
        case .layout: return .plain(.layout(7))
        case .device: return .plain(.device("cpu"))
        default: throw AtlasCursor.damaged("an argument of kind \(kind)")
        }
    }
}
