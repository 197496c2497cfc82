import GraphIR

/// One call of an operator, its arguments found by the names of its schema.
final class ATenCall {
    let net: ATenTranslator
    let node: ATenNode
    let schema: ATenSchema
    /// What stands for the first argument in place of the program's value: memory that was written to since.
    var selfOverride: Wire?
    private(set) var read: Set<String> = []

    init(_ net: ATenTranslator, _ node: ATenNode, _ schema: ATenSchema) {
        self.net = net
        self.node = node
        self.schema = schema
    }

    /// Arguments that change no number of the result.
    private static let withoutEffect: Set<String> = [
        "cudnn_enabled", "cudnn_enable", "cudnn_deterministic", "cudnn_allow_tf32", "benchmark", "deterministic",
        "allow_tf32", "device", "layout", "pin_memory", "non_blocking", "copy", "memory_format", "momentum",
        "requires_grad",
        "dropout", "dropout_p", "sparse_grad", "path", "compute_mode", "half_to_float", "output_size", "implicit",
    ]

    /// What was given that no one looked at.
    /// - Throws: `op.unsupported-argument`.
    func checkAllRead() throws {
        for (name, value) in node.arguments where !read.contains(name) && !Self.withoutEffect.contains(name) {
            if case .none = value { continue }
            throw GraphError(.unsupportedArgument, "the argument isn't supported", node: net.place, argument: name)
        }
    }

    /// The argument as it was given, or its default.
    func argument(_ name: String) throws -> ATenArgument {
        read.insert(name)
        if let given = node.arguments.first(where: { $0.name == name }) { return given.value }
        guard let formal = schema.arguments.first(where: { $0.name == name }) else { return .none }
        guard let value = formal.defaultValue else {
            throw GraphError(.argument, "the argument is missing", node: net.place, argument: name)
        }
        return value
    }

    func has(_ name: String) throws -> Bool {
        if case .none = try argument(name) { return false }
        return true
    }

    /// The error for a number that an attribute has to hold and that depends on the sizes of the inputs.
    private func open(_ name: String, _ size: SymbolicInt) -> GraphError {
        net.unsupported("depends on the sizes of the inputs: \(size.text)", name, settling: [size])
    }

    private func wrong(_ name: String, _ wanted: String) -> GraphError {
        GraphError(.argument, "is no \(wanted)", node: net.place, argument: name)
    }

    // MARK: Tensors

    func tensor(_ name: String) throws -> Wire {
        if name == schema.arguments.first?.name, let selfOverride {
            read.insert(name)
            return selfOverride
        }
        switch try argument(name) {
        case .tensor(let value): return try net.wire(named: value)
        // A number where PyTorch has a tensor takes no part in promotion of sized ones; callers ask operand(_:).
        case .int(let size):
            guard let number = try net.resolved(size).known else { throw wrong(name, "tensor") }
            return try net.scalar(.whole(number), as: .int64)
        case .float(let number): return try net.scalar(.real(number), as: net.defaultReal)
        default: throw wrong(name, "tensor")
        }
    }

    func optionalTensor(_ name: String) throws -> Wire? { try has(name) ? try tensor(name) : nil }

    func tensors(_ name: String) throws -> [Wire] {
        try optionalTensors(name).map { wire in
            guard let wire else { throw wrong(name, "list of tensors") }
            return wire
        }
    }

    func optionalTensors(_ name: String) throws -> [Wire?] {
        guard case .tensors(let names) = try argument(name) else { throw wrong(name, "list of tensors") }
        return try names.map { try $0.map { try net.wire(named: $0) } }
    }

    /// A tensor, or a number of Python's.
    enum Operand {
        case wire(Wire)
        case number(Scalar)
    }

    func operand(_ name: String) throws -> Operand {
        if name == schema.arguments.first?.name, selfOverride != nil { return .wire(try tensor(name)) }
        if case .tensor(let value) = try argument(name), net.isTensor(value) { return .wire(try tensor(name)) }
        if let size = try openSize(name) { return .wire(try net.squeeze(net.vector([size]), axes: [0])) }
        return .number(try number(name))
    }

    /// The whole number that depends on the sizes of the inputs, where the argument is such a one.
    private func openSize(_ name: String) throws -> SymbolicInt? {
        switch try argument(name) {
        case .int(.symbol(let symbol)) where net.reals[symbol] != nil: return nil
        case .tensor(let symbol) where net.reals[symbol] != nil || net.numbers[symbol] == nil: return nil
        case .int, .tensor:
            let size = try dim(name)
            return size.known == nil ? size : nil
        default: return nil
        }
    }

    // MARK: Numbers

    func dim(_ name: String) throws -> SymbolicInt {
        switch try argument(name) {
        case .int(let size): return try net.resolved(size)
        case .tensor(let symbol) where net.numbers[symbol] != nil: return try net.resolved(.symbol(symbol))
        case .float(let value):
            guard let whole = Int64(exactly: value) else { throw wrong(name, "whole number") }
            return .number(whole)
        default: throw wrong(name, "whole number")
        }
    }

    func optionalDim(_ name: String) throws -> SymbolicInt? { try has(name) ? try dim(name) : nil }

    func int(_ name: String) throws -> Int {
        let size = try dim(name)
        guard let value = size.size else { throw open(name, size) }
        return value
    }

    func dims(_ name: String) throws -> [SymbolicInt] {
        switch try argument(name) {
        case .ints(let sizes): try sizes.map(net.resolved)
        case .int(let size): [try net.resolved(size)]
        case .none: []
        // A list of symbols may come as names of values.
        case .tensors(let names): try names.map { try net.resolved(.symbol($0 ?? "")) }
        default: throw wrong(name, "list of whole numbers")
        }
    }

    /// Whole numbers that are known; a single one stands for all of `count`.
    func ints(_ name: String, count: Int? = nil) throws -> [Int] {
        let values = try dims(name).map { size in
            guard let value = size.size else { throw open(name, size) }
            return value
        }
        guard let count, values.count != count else { return values }
        guard values.count == 1 else { throw wrong(name, "list of \(count) numbers") }
        return [Int](repeating: values[0], count: count)
    }

    /// An axis counted from the front, of `rank` axes.
    func axis(_ name: String, rank: Int) throws -> Int { try net.axis(int(name), rank: rank) }

    /// Axes counted from the front; all where the argument is left out or, as PyTorch reads it, empty.
    func axes(_ name: String, rank: Int, emptyIsAll: Bool = true, mayRepeat: Bool = false) throws -> [Int] {
        let axes = try ints(name).map { try net.axis($0, rank: rank) }
        guard mayRepeat || Set(axes).count == axes.count else { throw net.invalid("an axis is named twice: \(axes)") }
        return axes.isEmpty && emptyIsAll ? Array(0..<rank) : axes
    }

    func bool(_ name: String) throws -> Bool {
        switch try argument(name) {
        case .bool(let value): return value
        case .int(.number(let value)): return value != 0
        case .none: return false
        default: throw wrong(name, "truth value")
        }
    }

    func number(_ name: String) throws -> Scalar {
        switch try argument(name) {
        case .bool(let value): return .bool(value)
        case .float(let value): return .real(value)
        case .int(let size):
            if case .symbol(let symbol) = size, let real = net.reals[symbol] { return .real(real) }
            let resolved = try net.resolved(size)
            guard let value = resolved.known else { throw open(name, resolved) }
            return .whole(value)
        case .tensor(let symbol):
            if let real = net.reals[symbol] { return .real(real) }
            guard let value = try net.numbers[symbol].map(net.resolved)?.known else { throw wrong(name, "number") }
            return .whole(value)
        default: throw wrong(name, "number")
        }
    }

    func optionalNumber(_ name: String) throws -> Scalar? { try has(name) ? try number(name) : nil }
    func real(_ name: String) throws -> Double { try number(name).real }

    func string(_ name: String) throws -> String {
        guard case .string(let value) = try argument(name) else { throw wrong(name, "string") }
        return value
    }

    func optionalString(_ name: String) throws -> String? { try has(name) ? try string(name) : nil }

    /// An element type, as the model has it.
    func type(_ name: String) throws -> ElementType? {
        switch try argument(name) {
        case .none: return nil
        case .elementType(let type): return net.type(type)
        default: throw wrong(name, "element type")
        }
    }

    /// Real numbers of a list.
    func numbers(_ name: String) throws -> [Double]? {
        switch try argument(name) {
        case .none: return nil
        case .floats(let values): return values
        case .float(let value): return [value]
        case .ints(let sizes): return try sizes.map { Double(try net.resolved($0).known ?? 0) }
        default: throw wrong(name, "list of numbers")
        }
    }
}

extension ATenTranslator {
    /// An axis counted from the front.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        guard (-rank..<rank).contains(axis) else { throw invalid("axis \(axis) of \(rank)") }
        return axis < 0 ? axis + rank : axis
    }
}
