import Architectures
import GraphIR
import OrderedCollections

/// A value of the graph under construction. The rank is always known.
struct Wire {
    var id: ValueID
    var elementType: ElementType
    var shape: [SymbolicInt]
    var rank: Int { shape.count }
}

/// A program on its way to a graph: what has been written so far, and what the program's names stand for.
final class ATenTranslator {
    let program: ExportedProgram
    let options: ExportOptions
    var graph: Graph
    /// What tensors of the program stand for.
    var cells: [String: Cell] = [:]
    /// Numbers that nodes made of sizes.
    var numbers: [String: SymbolicInt] = [:]
    /// Real numbers that nodes made of such.
    var reals: [String: Double] = [:]
    /// Where symbols can be read when the model runs: an axis of a value, whose size is `factor * symbol + offset`.
    var sources: OrderedDictionary<String, (id: ValueID, axis: Int, factor: Int64, offset: Int64)> = [:]
    /// The symbols that count samples: the first sizes of the inputs.
    var batchSymbols: Set<String> = []
    /// The symbol for the number of samples, where the program was exported with one and is to take any.
    var assumedBatch: String?
    /// The module whose code is being translated.
    var module = ""
    /// The program's node that is being translated, for errors.
    var place = ""

    /// Weights and constants that no node has read yet.
    var pending: [String: () throws -> Wire] = [:]
    /// Where values aren't zero.
    var places: [ValueID: Wire] = [:]
    /// The node that makes a value.
    private(set) var producers: [ValueID: Int] = [:]

    private var nodeNames: Set<ExactName> = []
    private var constants: [String: Wire] = [:]
    private var weights: [String: Wire] = [:]
    private var fresh = 0

    init(_ program: ExportedProgram, options: ExportOptions) {
        self.program = program
        self.options = options
        graph = Graph(name: program.name)
    }

    // MARK: Types

    /// The type in the model of a type in the program.
    func type(_ type: ElementType) -> ElementType {
        guard let wanted = options.computeType, [.float32, .float64, .float16, .bfloat16].contains(type) else {
            return type
        }
        return wanted
    }

    /// PyTorch's type of real numbers where nothing says which.
    var defaultReal: ElementType { type(.float32) }

    // MARK: Nodes

    /// Adds a node of the current module with one result.
    func emit(
        _ op: String, _ inputs: [Wire?], _ attributes: [Attribute] = [], shape: [SymbolicInt],
        type: ElementType? = nil
    ) throws -> Wire {
        let elementType = type ?? inputs.lazy.compactMap { $0 }.first?.elementType ?? defaultReal
        return try emit(op, inputs, attributes, results: [(elementType, shape)])[0]
    }

    /// Adds a node of the current module.
    func emit(
        _ op: String, _ inputs: [Wire?], _ attributes: [Attribute] = [], results: [(ElementType, [SymbolicInt])]
    ) throws -> [Wire] {
        guard graph.nodes.count < Self.nodeLimit else {
            throw GraphError(.count, "more than \(Self.nodeLimit) nodes", node: place)
        }
        for (_, shape) in results { try checkSizes(shape) }
        let base = "/" + (module.split(separator: ".").map(String.init) + [op]).joined(separator: "/")
        let name = unique(base)
        let wires = results.enumerated().map { index, result in
            let label = results.count == 1 ? String(name.dropFirst()) : "\(name.dropFirst())_output_\(index)"
            let id = graph.addValue(label, type: .tensor(result.0, result.1.map(dimension)))
            graph.valueInfo.append(id)
            return Wire(id: id, elementType: result.0, shape: result.1)
        }
        var node = Node(
            OperatorName(op), name: name, inputs: inputs.map { $0?.id }, outputs: wires.map(\.id),
            attributes: attributes.sorted { $0.name < $1.name })
        while node.inputs.last == .some(nil) { node.inputs.removeLast() }
        node.metadata = [MetadataEntry(MetadataKey.module, module)]
        for wire in wires { producers[wire.id] = graph.nodes.count }
        graph.nodes.append(node)
        return wires
    }

    static let nodeLimit = 500_000

    private var lastNumbers: [String: Int] = [:]

    private func unique(_ base: String) -> String {
        var name = base
        var number = lastNumbers[base] ?? 0
        while !nodeNames.insert(ExactName(name)).inserted {
            number += 1
            name = "\(base)_\(number)"
        }
        lastNumbers[base] = number
        return name
    }

    /// No size of any value is negative; whoever works with the known ones relies on it.
    /// - Throws: `op.argument`.
    func checkSizes(_ shape: [SymbolicInt]) throws {
        guard shape.allSatisfy({ $0.known.map { $0 >= 0 } ?? true }) else { throw invalid("\(shape.text) is no shape") }
    }

    /// How a size is declared in the model.
    func dimension(_ size: SymbolicInt) -> Dimension {
        switch size {
        case .number(let value): .size(value)
        case .symbol(let name) where !name.hasPrefix("?"): .named(name)
        default: .unknown
        }
    }

    /// A symbol for an axis whose size only a run can tell.
    func freshSymbol() -> SymbolicInt {
        fresh += 1
        return .symbol("?\(fresh)")
    }

    // MARK: Constants

    /// A constant of the graph; one for each module and contents.
    func constant(_ tensor: Tensor, key: String? = nil) throws -> Wire {
        let full = key.map { "\(module) \($0)" }
        if let full, let known = constants[full] { return known }
        let wire = try emit(
            "Constant", [], [Attribute("value", .tensor(TensorRecord(tensor)))],
            shape: tensor.shape.map { .number(Int64($0)) }, type: tensor.elementType)
        if let full { constants[full] = wire }
        return wire
    }

    /// A vector of whole numbers.
    func vector(_ values: [Int64]) throws -> Wire {
        try constant(Tensor(values, shape: [values.count]), key: "v\(values)")
    }

    /// A scalar of a type that Python's number `value` takes on beside tensors.
    ///
    /// Real numbers mean the same in a run in float64: decimal numbers as such, others rounded only when the model runs.
    func scalar(_ value: Scalar, as type: ElementType) throws -> Wire {
        let key = "s\(value.text) \(type)"
        if let known = constants["\(module) \(key)"] { return known }
        let wire: Wire
        if [.float32, .float64, .float16, .bfloat16].contains(type) {
            wire = try real(value.real, type)
        } else {
            let whole = try constant(Tensor(scalar: value.whole()), key: key + " whole")
            wire = try cast(whole, to: type)
        }
        constants["\(module) \(key)"] = wire
        return wire
    }

    private func real(_ value: Double, _ type: ElementType) throws -> Wire {
        let rounded = Float(value)
        if type == .float64 { return try constant(Tensor(scalar: value)) }
        if type == .float32 {
            if Double(rounded.description) == value {
                return try emit("Constant", [], [Attribute("value_float", .float(rounded))], shape: [], type: type)
            }
            if Double(rounded) == value || !value.isFinite { return try constant(Tensor(scalar: rounded)) }
        }
        return try cast(constant(Tensor(scalar: value)), to: type)
    }

    /// Real numbers as a constant.
    func reals(_ values: [Double], shape: [Int], as type: ElementType) throws -> Wire {
        if type == .float32, values.allSatisfy({ Double(Float($0)) == $0 || $0.isNaN }) {
            return try constant(Tensor(values.map { Float($0) }, shape: shape))
        }
        let wire = try constant(Tensor(values, shape: shape))
        return try cast(wire, to: type)
    }

    /// The wire in another element type.
    func cast(_ x: Wire, to type: ElementType) throws -> Wire {
        guard x.elementType != type else { return x }
        return try emit("Cast", [x], [Attribute("to", .int(Int64(type.rawValue)))], shape: x.shape, type: type)
    }

    // MARK: Weights

    /// A tensor of the state dict as an initializer under its name; in the type that the program has it in.
    func state(_ key: String, expected: ATenTensorType?) throws -> Wire {
        if let known = weights[key] { return known }
        guard let tensor = program.stateDict[key] else {
            throw MappingError(.missing, "the weight '\(key)' is missing", report: "missing: \(key)")
        }
        let wire = try loaded(tensor, expected, key) {
            try self.graph.addInitializer(TensorRecord(tensor, name: key))
        }
        weights[key] = wire
        return wire
    }

    /// A tensor that is no part of the state dict.
    func lifted(_ key: String, expected: ATenTensorType?) throws -> Wire {
        guard let tensor = program.constants[key] else {
            throw MappingError(.missing, "the constant '\(key)' is missing", report: "missing: \(key)")
        }
        let outer = module
        defer { module = outer }
        module = key.split(separator: ".").dropLast().joined(separator: ".")
        return try loaded(tensor, expected, key) { try self.constant(tensor.loaded()).id }
    }

    private func loaded(
        _ tensor: Tensor, _ expected: ATenTensorType?, _ key: String, _ make: () throws -> ValueID
    ) throws -> Wire {
        let shape = tensor.shape.map { SymbolicInt.number(Int64($0)) }
        if let expected {
            let wanted = try expected.shape.map(resolved)
            guard wanted == shape else {
                throw MappingError(
                    .mismatch, "'\(key)' has shape \(tensor.shape), the program wants \(wanted.text)",
                    report: "shape: \(key)")
            }
        }
        let wire = Wire(id: try make(), elementType: tensor.elementType, shape: shape)
        let wanted = type(expected?.elementType ?? tensor.elementType)
        guard wanted != wire.elementType else { return wire }
        guard wanted.isFloatingPoint, wire.elementType.isFloatingPoint else {
            throw MappingError(
                .mismatch, "'\(key)' is \(tensor.elementType.name), the program wants \(wanted.name)",
                report: "type: \(key)")
        }
        let outer = module
        defer { module = outer }
        module = key.split(separator: ".").dropLast().joined(separator: ".")
        return try cast(wire, to: wanted)
    }

    // MARK: Sizes

    /// The expression in terms of the inputs' symbols, with the sizes that the options set.
    func resolved(_ size: SymbolicInt) throws -> SymbolicInt {
        if case .number = size { return size }
        let result = try size.substituting { name in
            if let number = self.numbers[name] { return number }
            return self.options.sizes[name].map { .number($0) }
        }
        if case .unknown(let words) = result {
            throw GraphError(.unsupportedArgument, "the size \(words) is none that we can compute", node: place)
        }
        return result
    }

    /// Sizes as a vector that the model computes where they depend on its inputs.
    func vector(_ sizes: [SymbolicInt]) throws -> Wire {
        if let known = sizes.known { return try vector(known) }
        let parts = try sizes.map { try vector(of: $0) }
        if parts.count == 1 { return parts[0] }
        return try emit(
            "Concat", parts, [Attribute("axis", .int(0))], shape: [.number(Int64(parts.count))], type: .int64)
    }

    /// A size as a vector of one number.
    private func vector(of size: SymbolicInt, depth: Int = 0) throws -> Wire {
        guard depth < 32 else { throw GraphError(.depth, "the expression of a size is too long", node: place) }
        let key = "\(module) size \(size.text)"
        if let known = constants[key] { return known }
        func joined(_ op: String, _ items: [SymbolicInt]) throws -> Wire {
            let wires = try items.map { try vector(of: $0, depth: depth + 1) }
            guard var result = wires.first else { return try vector([1]) }
            for wire in wires.dropFirst() {
                result = try emit(op, [result, wire], shape: [.number(1)], type: .int64)
            }
            return result
        }
        let result: Wire
        switch size {
        case .number(let value): return try vector([value])
        case .symbol(let name):
            guard let source = sources[name] else {
                throw GraphError(.unsupportedArgument, "no input has the size \(name)", node: place)
            }
            let shape = try emit(
                "Shape", [Wire(id: source.id, elementType: .int64, shape: [])],
                [Attribute("end", .int(Int64(source.axis + 1))), Attribute("start", .int(Int64(source.axis)))],
                shape: [.number(1)], type: .int64)
            let scaled =
                try source.offset == 0
                ? shape : emit("Sub", [shape, vector([source.offset])], shape: [.number(1)], type: .int64)
            result =
                try source.factor == 1
                ? scaled : emit("Div", [scaled, vector([source.factor])], shape: [.number(1)], type: .int64)
        case .sum(let items): result = try joined("Add", items)
        case .product(let items): result = try joined("Mul", items)
        case .quotient(let a, let b): result = try joined("Div", [a, b])
        case .remainder(let a, let b): result = try joined("Mod", [a, b])
        case .unknown(let words):
            throw GraphError(.unsupportedArgument, "the size \(words) is none that we can compute", node: place)
        }
        constants[key] = result
        return result
    }

    /// Says that samples must not meet on these axes, where the program was exported with one sample and is to take more.
    func keepSamplesApart(_ x: Wire, axes: some Sequence<Int>) throws {
        guard let assumedBatch else { return }
        for axis in axes where x.shape[checked: axis]?.mentions(assumedBatch) == true {
            throw notApart("samples meet on axis \(axis) of \(x.shape.text)")
        }
    }

    func notApart(_ problem: String) -> GraphError {
        GraphError(
            .unsupportedArgument, "the number of samples can't be left open: \(problem)", node: place,
            hint: "export the program with a dynamic batch, or keep its batch")
    }

    func unsupported(_ problem: String, _ argument: String? = nil) -> GraphError {
        GraphError(.unsupportedArgument, problem, node: place, argument: argument)
    }

    /// An error whose way out is to settle these sizes. Symbols of our own stand for what only a run can tell.
    func unsupported(_ problem: String, _ argument: String? = nil, settling sizes: [SymbolicInt]) -> GraphError {
        var error = unsupported(problem, argument)
        let symbols = sizes.reduce(into: Set()) { $0.formUnion($1.freeSymbols) }
        guard !symbols.isEmpty, !symbols.contains(where: { $0.hasPrefix("?") }) else { return error }
        let samples = symbols.intersection(batchSymbols)
        let options =
            samples.isEmpty
            ? "--image-size HxW or --input-shape" : samples == symbols ? "--batch 1" : "--input-shape"
        error.hint = "fix the sizes: " + options
        return error
    }

    func trainingMode(_ argument: String) -> GraphError {
        GraphError(
            .unsupportedArgument, "the program was exported in training mode", node: place, argument: argument,
            hint: "export the model in evaluation mode: model.eval()")
    }

    func invalid(_ problem: String) -> GraphError { GraphError(.argument, problem, node: place) }
}

/// A number of Python's.
enum Scalar {
    case whole(Int64)
    case real(Double)
    case bool(Bool)

    var real: Double {
        switch self {
        case .whole(let value): Double(value)
        case .real(let value): value
        case .bool(let value): value ? 1 : 0
        }
    }

    /// The number as PyTorch makes it a whole one: towards zero.
    func whole() throws -> Int64 {
        switch self {
        case .whole(let value): return value
        case .bool(let value): return value ? 1 : 0
        case .real(let value):
            guard let whole = Int64(exactly: value.rounded(.towardZero)) else {
                throw GraphError(.argument, "\(value) is no whole number of 64 bits")
            }
            return whole
        }
    }

    var text: String {
        switch self {
        case .whole(let value): "\(value)"
        case .real(let value): "r\(value)\(value.sign)"
        case .bool(let value): "\(value)"
        }
    }
}
