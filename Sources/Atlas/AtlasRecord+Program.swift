import Architectures
import ExportedPrograms
import Formats
import GraphIR

/// What the caller chooses of a graph.
struct AtlasChoice {
    /// The name of the number of samples in the program.
    static let batch = "N"
    /// Classes and channels, where shapes depend on them.
    var classes: Int64?
    var channels: Int64?
    /// Height and width.
    var height: Int64
    var width: Int64
}

extension AtlasRecord {
    /// The program over `weights`, which fit.
    func program(
        _ name: String, weights: StateDict, choice: AtlasChoice, channels: Int64, operators: [AtlasOperator],
        output: String, tensor: (String) throws -> Bytes
    ) throws -> ExportedProgram {
        var names = Names(states.map(\.name) + constants.map(\.name))
        let input = names.fresh("input")
        var graph = ATenGraph()
        var results: [String] = []
        var adapted: [Int: String] = [:]
        var constantTensors = StateDict()
        func value(_ source: Source) throws -> String {
            switch source {
            case .result(let place):
                guard let name = results[checked: place] else { throw AtlasCursor.damaged("a value that isn't there") }
                return name
            case .state(let place): return adapted[place] ?? states[place].name
            case .constant(let place): return constants[place].name
            case .user: return input
            }
        }
        for rule in rules {
            guard let state = states[checked: rule.state] else { throw AtlasCursor.damaged("weight \(rule.state)") }
            guard let own = weights[state.name], let table = try resampled(rule, own, choice) else { continue }
            let constant = names.fresh("\(state.name).resampled")
            constantTensors[constant] = table.derived
            adapted[rule.state] = graph.append(
                table, of: state.name, shape: own.shape, constant: constant, names: &names)
        }
        for (place, state) in states.enumerated() where state.isFirstConvolution {
            guard let own = weights[state.name], own.shape.count == 4, let count = Int(exactly: channels),
                own.shape[1] != count
            else { continue }
            var shape = own.shape
            shape[1] = count
            guard let kernel = try ChannelAdaptation.adapted(own, to: shape), let derived = kernel.derived else {
                throw FormatError(.tensorShape, "\(state.name) can't be adapted to \(count) channels")
            }
            let constant = names.fresh("\(state.name).adapted")
            constantTensors[constant] = derived
            let table = ResampledTable(axis: kernel.axis, kept: kernel.kept, derived: derived, keptFirst: true)
            adapted[place] = graph.append(
                table, of: state.name, shape: own.shape, constant: constant, names: &names)
        }
        for node in nodes {
            let op = operators[node.target]
            let base = op.name.split(separator: ".").dropFirst().first.map(String.init) ?? op.name
            let name = names.fresh(base)
            let arguments = try node.arguments.map { argument in
                guard let label = op.arguments[checked: argument.place] else {
                    throw AtlasCursor.damaged("\(op.name) has no argument \(argument.place)")
                }
                return (name: label, value: try resolved(argument.value, choice, value))
            }
            let single = node.results.count == 1 && !node.isList
            let made = node.results.map { _ in single ? name : names.fresh("getitem") }
            results += made
            graph.nodes.append(
                ATenNode(
                    op.name, name: name, arguments: arguments,
                    outputs: node.isList ? [.tensors(made)] : made.map { .tensor($0) }, module: modules[node.module]))
        }
        graph.outputs = try outputs.map { .tensor(try value($0)) }
        graph.inputs = [.tensor(input)]
        graph.types[input] = ATenTensorType(
            .float32, [.symbol(AtlasChoice.batch), .number(channels), .number(choice.height), .number(choice.width)])
        var inputs: [ExportedProgram.InputSpecification] = [.user(name: "input")]
        for name in constantTensors.names {
            graph.inputs.append(.tensor(name))
            inputs.append(.constant(name))
        }
        for state in states {
            graph.inputs.append(.tensor(state.name))
            inputs.append(.state(state.name))
            graph.types[state.name] = ATenTensorType(
                state.type,
                try weights[state.name]?.shape.map { .number(Int64($0)) }
                    ?? state.shape.map { try resolved($0, choice) })
        }
        for constant in constants {
            graph.inputs.append(.tensor(constant.name))
            inputs.append(.constant(constant.name))
            let bytes =
                switch constant.contents {
                case .bytes(let bytes): Bytes(bytes)
                case .tensor(let key): try tensor(key)
                }
            constantTensors[constant.name] = try Tensor(constant.type, shape: constant.shape, bytes: bytes)
        }
        let outputNames = outputs.indices.map { $0 == 0 ? output : "\(output).\($0)" }
        var program = ExportedProgram(
            name: name, graph: graph, inputs: inputs, outputs: outputNames.map { .user(name: $0) })
        program.symbols[AtlasChoice.batch] = 1...Int64.max
        program.stateDict = weights
        program.constants = constantTensors
        return program
    }

    private func resolved(
        _ argument: Argument, _ choice: AtlasChoice, _ value: (Source) throws -> String
    ) throws -> ATenArgument {
        switch argument {
        case .none: .none
        case .tensor(let source): .tensor(try value(source))
        case .tensors(let sources): .tensors(try sources.map { try $0.map(value) })
        case .int(let number): .int(try resolved(number, choice))
        case .ints(let numbers): .ints(try numbers.map { try resolved($0, choice) })
        case .real(let function, let number): .float(function(Double(try count(number, choice))))
        case .plain(let argument): argument
        }
    }

    func resolved(_ number: Number, _ choice: AtlasChoice) throws -> SymbolicInt {
        func times(_ count: Int64?) throws -> Int64 {
            guard let count, let product = number.value.multiplied(checked: count) else {
                throw AtlasCursor.damaged("a graph depends on classes or channels that no weight has")
            }
            return product
        }
        func samples(_ factor: Int64) -> SymbolicInt {
            factor == 1 ? .symbol(AtlasChoice.batch) : .product([.symbol(AtlasChoice.batch), .number(factor)])
        }
        switch number.factor {
        case .one: return .number(number.value)
        case .batch: return samples(number.value)
        case .classes: return .number(try times(choice.classes))
        case .channels: return .number(try times(choice.channels))
        case .batchTimesClasses: return samples(try times(choice.classes))
        case .batchTimesChannels: return samples(try times(choice.channels))
        case .size:
            let expression = try expression(number)
            guard let value = expression.value(height: choice.height, width: choice.width) else {
                throw FormatError(
                    .limitMemory,
                    "an image of \(choice.height)×\(choice.width) makes tensors of more than 2^63 elements",
                    hint: "give a smaller --image-size")
            }
            var product = number
            (product.factor, product.value) = (expression.factor, value)
            return try resolved(product, choice)
        }
    }
}

extension ATenGraph {
    /// What a layer uses in the place of a weight: a part of it and a table that is put in front or behind. A table that
    /// differs along other axes too stands beside an empty part, both as rows of numbers.
    fileprivate mutating func append(
        _ table: ResampledTable, of weight: String, shape: [Int], constant: String, names: inout Names
    ) -> String {
        let module = weight.split(separator: ".").dropLast().joined(separator: ".")
        func add(_ target: String, _ arguments: [(name: String, value: ATenArgument)]) -> String {
            let name = names.fresh(String(target.split(separator: ".")[1]))
            nodes.append(ATenNode(target, name: name, arguments: arguments, outputs: [.tensor(name)], module: module))
            return name
        }
        func number(_ value: Int) -> ATenArgument { .int(.number(Int64(value))) }
        func reshaped(_ value: String, _ shape: [Int]) -> String {
            add(
                "aten.reshape.default",
                [("self", .tensor(value)), ("shape", .ints(shape.map { .number(Int64($0)) }))])
        }
        let target = table.derived.shape
        let isOther = zip(shape, target).enumerated().contains { $0 != table.axis && $1.0 != $1.1 }
        let axis = isOther ? 0 : table.axis
        let slice = add(
            "aten.slice.Tensor",
            [
                ("self", .tensor(isOther ? reshaped(weight, [-1]) : weight)), ("dim", number(axis)),
                ("start", number(table.kept.lowerBound)), ("end", number(table.kept.upperBound)),
            ])
        let made = isOther ? reshaped(constant, [-1]) : constant
        let cat = add(
            "aten.cat.default",
            [("tensors", .tensors(table.keptFirst ? [slice, made] : [made, slice])), ("dim", number(axis))])
        return isOther ? reshaped(cat, target) : cat
    }
}

/// Names of values, each given once.
private struct Names {
    private var used: Set<ExactName>
    private var numbers: [String: Int] = [:]

    init(_ taken: [String]) { used = Set(taken.map { ExactName($0) }) }

    mutating func fresh(_ base: String) -> String {
        var name = base
        var number = numbers[base] ?? 0
        while !used.insert(ExactName(name)).inserted {
            number += 1
            name = "\(base)_\(number)"
        }
        numbers[base] = number
        return name
    }
}
