import Formats
import GraphIR

/// The program that a TorchScript archive comes down to, while it is being written.
final class ScriptProgram {
    /// Nodes of one program: the largest real ones have some thousands.
    static let maximumNodes = 100_000

    private(set) var program: ExportedProgram
    /// The module and the function whose code is being unrolled.
    var module = ""
    var place = ""
    private let known = TranslatedSizes()
    /// Why sizes from some place on aren't known, where that is so.
    var sizeFailure: (any Error)? { known.failure }
    /// How many nodes ``known`` has followed.
    private var followed = 0
    /// Lists of results whose number nothing has said yet, by their nodes.
    private var pending: [Int: ScriptList] = [:]
    /// Whether the archive keeps its weights among the constants, as `torch.jit.freeze` leaves them.
    private let isFrozen: Bool

    private var counts: [String: Int] = [:]
    private var used: Set<ExactName> = []
    private var inputs: [String: String] = [:]
    private var sizeNames: [String: String] = [:]

    init(name: String, isFrozen: Bool) {
        program = ExportedProgram(name: name, graph: ATenGraph(), inputs: [], outputs: [])
        self.isFrozen = isFrozen
    }

    func unsupported(_ problem: String) -> FormatError {
        FormatError(.containerUnsupported, problem, item: place)
    }

    // MARK: Values of the archive

    /// An attribute as the code sees it. Tensors become inputs of the graph.
    func value(_ value: PickledValue, path: String) throws -> ScriptValue {
        switch value {
        case .none: return .none
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(.number(number))
        case .float(let number): return .float(number)
        case .string(let text): return .string(text)
        case .tensor(let tensor): return .tensor(try input(tensor, path: path, isState: true))
        case .list(let items):
            return .list(
                try ScriptList(try items.enumerated().map { try self.value($0.element, path: "\(path).\($0.offset)") }))
        case .tuple(let items):
            return .tuple(
                try ScriptTuple(try items.enumerated().map { try self.value($0.element, path: "\(path).\($0.offset)") })
            )
        case .dictionary(let entries):
            return .dictionary(
                try ScriptDictionary(
                    try entries.map { entry in
                        guard case .string(let key) = entry.key else {
                            throw unsupported("a dict whose keys are no texts")
                        }
                        return (key, try self.value(entry.value, path: "\(path).\(key)"))
                    }))
        case .object(let object):
            if object.state == nil, object.arguments.count == 1, case .string(let text) = object.arguments[0] {
                // A case of an enumeration, which code compares by its value.
                return .string(text)
            }
            guard let module = ScriptModule(object, path: path) else {
                throw unsupported("'\(path)' is an object of class \(object.className)")
            }
            return .module(module)
        default: throw unsupported("'\(path)' is of a kind that isn't read")
        }
    }

    /// A constant of the code: a number where it is a tensor without dimensions, else an input of the graph.
    func constant(_ value: PickledValue, index: Int) throws -> ScriptValue {
        guard case .tensor(let tensor) = value else { return try self.value(value, path: "CONSTANTS.c\(index)") }
        if tensor.tensor.shape.isEmpty, tensor.quantization == nil, !tensor.isMeta,
            let number = try Self.number(of: tensor.tensor)
        {
            return .number(number, constant: index)
        }
        return .tensor(try input(tensor, path: "CONSTANTS.c\(index)", isState: isFrozen))
    }

    private static func number(of tensor: Tensor) throws -> ScriptValue? {
        switch tensor.elementType {
        case .int64: try tensor.array(of: Int64.self).first.map { .int(.number($0)) }
        case .int32: try tensor.array(of: Int32.self).first.map { .int(.number(Int64($0))) }
        case .float32: try tensor.array(of: Float.self).first.map { .float(Double($0)) }
        case .float64: try tensor.array(of: Double.self).first.map { .float($0) }
        default: nil
        }
    }

    /// The graph input for a tensor of the archive.
    private func input(_ pickled: PickledTensor, path: String, isState: Bool) throws -> String {
        if let known = inputs[path] { return known }
        guard pickled.quantization == nil, !pickled.isSparse, !pickled.isMeta else {
            throw unsupported("'\(path)' is quantized, sparse or without data")
        }
        let tensor = pickled.tensor
        let name = unique(path)
        inputs[path] = name
        program.graph.inputs.append(.tensor(name))
        program.inputs.append(isState ? .state(path) : .constant(path))
        let type = ATenTensorType(tensor.elementType, tensor.shape.map { .number(Int64($0)) })
        program.graph.types[name] = type
        try known.addInput(name, type)
        if isState { program.stateDict[path] = tensor } else { program.constants[path] = tensor }
        return name
    }

    /// Declares what the caller gives.
    func userInput(_ name: String, type: ATenTensorType) throws -> ScriptValue {
        let value = unique(name)
        program.graph.inputs.append(.tensor(value))
        program.inputs.append(.user(name: name))
        program.graph.types[value] = type
        try known.addInput(value, type)
        return .tensor(value)
    }

    /// Declares the results: `output`, `output.0`, `output.logits`.
    func results(_ value: ScriptValue, name: String = "output", depth: Int = 0) throws {
        guard depth < 32, program.outputs.count < ScriptInterpreter.maximumItems else {
            throw FormatError(.limitDepth, "the results nest too deep, or are too many")
        }
        switch value {
        case .tensor(let tensor):
            program.graph.outputs.append(.tensor(tensor))
            program.outputs.append(.user(name: name))
        case .list(let list):
            try settle(list, count: nil)
            for (index, item) in list.items.enumerated() {
                try results(item, name: "\(name).\(index)", depth: depth + 1)
            }
        case .tuple(let tuple):
            for (index, item) in tuple.items.enumerated() {
                try results(item, name: "\(name).\(index)", depth: depth + 1)
            }
        case .dictionary(let dictionary):
            for entry in dictionary.entries {
                try results(entry.value, name: "\(name).\(entry.key.prefix(256))", depth: depth + 1)
            }
        default: program.notes.append("\(name) is \(value.kind) and no tensor of the graph, and was left out")
        }
    }

    /// The finished program.
    /// - Parameter state: all weights of the archive, in its order, whether the graph uses them or not.
    func finished(state: StateDict) throws -> ExportedProgram {
        try follow(upTo: program.graph.nodes.count)
        var result = program
        for name in result.graph.outputs.flatMap(\.names) { result.graph.types[name] = known.type(of: name) }
        var all = state
        for (name, tensor) in result.stateDict.tensors where all[name.string] == nil { all[name.string] = tensor }
        result.stateDict = all
        return result
    }

    // MARK: Nodes

    /// A name that no other value has.
    private func unique(_ base: String) -> String {
        var number = counts[base] ?? 0
        var name = number == 0 ? base : "\(base)_\(number)"
        while !used.insert(ExactName(name)).inserted {
            number += 1
            name = "\(base)_\(number)"
        }
        counts[base] = number + 1
        return name
    }

    /// Adds a node; of each result the kind that the operator's schema says.
    func emit(
        _ target: String, _ arguments: [(name: String, value: ATenArgument)], results: [String]
    ) throws -> ScriptValue {
        guard program.graph.nodes.count < Self.maximumNodes else {
            throw FormatError(.limitCount, "more than \(Self.maximumNodes) nodes", item: place)
        }
        let parts = target.split(separator: ".")
        let name = unique(parts.count > 1 ? String(parts[1]) : target)
        var outputs: [ATenArgument] = []
        var values: [ScriptValue] = []
        for (index, kind) in results.enumerated() {
            switch kind {
            case "Tensor[]":
                outputs.append(.tensors([]))
                let list = ScriptList(pending: program.graph.nodes.count)
                pending[program.graph.nodes.count] = list
                values.append(.list(list))
            case "Tensor":
                let result = index == 0 ? name : unique("\(name)_\(index)")
                outputs.append(.tensor(result))
                values.append(.tensor(result))
            default:
                let result = index == 0 ? name : unique("\(name)_\(index)")
                outputs.append(.int(.symbol(result)))
                values.append(.int(.symbol(result)))
            }
        }
        program.graph.nodes.append(
            ATenNode(target, name: name, arguments: arguments, outputs: outputs, module: module))
        return values.count == 1 ? values[0] : .tuple(try ScriptTuple(values))
    }

    /// Gives the results of a node names, once their number is known.
    /// - Parameter count: how many the code takes; `nil`: as many as the operator makes of its input.
    func settle(_ list: ScriptList, count: Int?) throws {
        guard let index = list.pending, let node = program.graph.nodes[checked: index] else { return }
        if count == nil { try follow(upTo: index) }
        guard let count = try count ?? resultCount(of: node), (0...ScriptInterpreter.maximumItems).contains(count)
        else {
            throw unsupported("how many tensors \(node.target) gives, only a run can tell")
        }
        let names = (0..<count).map { _ in unique("getitem") }
        program.graph.nodes[index].outputs = [.tensors(names)]
        list.settle(names)
        pending[index] = nil
    }

    /// How many tensors a node gives that makes several of one.
    private func resultCount(of node: ATenNode) throws -> Int? {
        func argument(_ name: String) -> ATenArgument? { node.arguments.first { $0.name == name }?.value }
        if case .tensors(let names)? = argument("tensors") { return names.count }
        if case .ints(let sizes)? = argument("split_sizes") ?? argument("split_size") { return sizes.count }
        guard case .tensor(let input)? = argument("self"), let shape = known.type(of: input)?.shape else { return nil }
        var axis = 0
        if case .int(.number(let dimension))? = argument("dim") {
            axis = Int(clamping: dimension < 0 ? dimension + Int64(shape.count) : dimension)
        }
        guard case .number(let size)? = shape[checked: axis] else { return nil }
        func pieces(of length: Int64) -> Int? {
            length > 0 ? size.adding(checked: length - 1).map { Int(clamping: $0 / length) } : nil
        }
        switch node.target {
        case "aten.unbind.int": return Int(clamping: size)
        case "aten.split.Tensor", "aten.unsafe_split.Tensor":
            guard case .int(.number(let length))? = argument("split_size") else { return nil }
            return pieces(of: length)
        case "aten.chunk.default", "aten.unsafe_chunk.default":
            guard case .int(.number(let chunks))? = argument("chunks"), chunks > 0,
                let padded = size.adding(checked: chunks - 1)
            else { return nil }
            return pieces(of: padded / chunks)
        default: return nil
        }
    }

    // MARK: Sizes

    /// Has the sizes of all values up to a node followed.
    private func follow(upTo end: Int) throws {
        while followed < end {
            let index = followed
            followed += 1
            if let list = pending[index] { try settle(list, count: nil) }
            known.add(program.graph.nodes[index])
        }
    }

    /// The sizes of a value, where they are known.
    func sizes(of name: String) throws -> [SymbolicInt]? {
        try follow(upTo: program.graph.nodes.count)
        return known.type(of: name)?.shape
    }

    /// The element type of a value, where it is known.
    func elementType(of name: String) throws -> ElementType? {
        try follow(upTo: program.graph.nodes.count)
        return known.type(of: name)?.elementType
    }

    /// One size: a number where it is known, else the result of a node that reads it.
    func size(of name: String, at dimension: Int64) throws -> ScriptValue {
        if let shape = try sizes(of: name) {
            let axis = Int(clamping: dimension < 0 ? dimension.adding(checked: Int64(shape.count)) ?? -1 : dimension)
            guard let size = shape[checked: axis] else {
                throw FormatError(.graphInvalid, "axis \(dimension) of \(shape.count)", item: place)
            }
            if case .number = size { return .int(size) }
        }
        let key = "\(name) \(dimension)"
        if let known = sizeNames[key] { return .int(.symbol(known)) }
        let value = try emit(
            "aten.sym_size.int", [("self", .tensor(name)), ("dim", .int(.number(dimension)))], results: ["SymInt"])
        if case .int(.symbol(let symbol)) = value { sizeNames[key] = symbol }
        return value
    }
}
