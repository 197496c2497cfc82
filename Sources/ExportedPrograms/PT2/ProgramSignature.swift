import Formats
import GraphIR

/// What the inputs and outputs of a graph are: parameters, buffers, what the caller gives and gets.
struct ProgramSignature {
    var inputs: [(argument: ATenArgument, specification: ExportedProgram.InputSpecification)] = []
    var outputs: [(argument: ATenArgument, specification: ExportedProgram.OutputSpecification)] = []
    var notes: [String] = []

    private let schema: SchemaReader
    private let names: Names

    /// The names that the signature leaves to be found.
    struct Names {
        /// A name for each leaf of what the model returns.
        var outputs: [String]?
        var state: StateDict
    }

    init(_ module: JSONValue, graph: ATenGraph, state: StateDict, schema: SchemaReader) throws {
        self.schema = schema
        // Until 2.2 the module's tree stands in `call_spec`.
        let call = module["module_call_graph"]?.arrayValue?.first?["signature"]
        let text = call?["out_spec"]?.stringValue ?? module["call_spec"]?["out_spec"]?.stringValue
        let tree = text.flatMap { PyTree($0, fields: module["treespec_namedtuple_fields"]) }
        names = Names(outputs: tree?.leafNames(root: "output"), state: state)
        guard let signature = module["signature"] else { throw schema.malformed("no object 'signature'") }
        if signature["inputs_to_parameters"] != nil {
            try readTables(signature, graph: graph)
        } else {
            try readSpecifications(signature, graph: graph)
        }
    }

    // MARK: Lists of specifications, since PyTorch 2.2

    private mutating func readSpecifications(_ signature: JSONValue, graph: ATenGraph) throws {
        let inputs = try schema.array(signature, "input_specs")
        let outputs = try schema.array(signature, "output_specs")
        guard inputs.count == graph.inputs.count, outputs.count == graph.outputs.count else {
            throw FormatError(
                .graphInvalid,
                "the signature has \(inputs.count) inputs and \(outputs.count) outputs, the graph \(graph.inputs.count) "
                    + "and \(graph.outputs.count)")
        }
        for (specification, argument) in zip(inputs, graph.inputs) {
            let (kind, value) = try schema.tag(specification)
            if let input = try input(kind, value, argument) { self.inputs.append((argument, input)) }
        }
        var results: [ATenArgument] = []
        for (specification, argument) in zip(outputs, graph.outputs) {
            let (kind, value) = try schema.tag(specification)
            switch kind {
            case "user_output": results.append(argument)
            case "buffer_mutation":
                guard let name = value["buffer_name"]?.stringValue else { throw schema.malformed("no 'buffer_name'") }
                self.outputs.append((argument, .mutation(name)))
            case "user_input_mutation":
                notes.append("the program writes into its input, which the caller doesn't see here")
            default:
                throw FormatError(
                    .containerUnsupported, "an output of kind '\(kind)', which inference doesn't have",
                    hint: "export the model in eval mode, without a loss")
            }
        }
        addResults(results)
    }

    /// - Returns: `nil` for an input that the graph doesn't depend on: a constant that is written where it is used.
    private mutating func input(
        _ kind: String, _ value: JSONValue, _ argument: ATenArgument
    ) throws -> ExportedProgram.InputSpecification? {
        func name(_ key: String) throws -> String {
            guard let name = value[key]?.stringValue else { throw schema.malformed("no '\(key)'") }
            return name
        }
        switch kind {
        case "parameter": return .state(try name("parameter_name"))
        case "buffer":
            let name = try name("buffer_name")
            // Version 2 doesn't say whether a buffer is persistent.
            let isPersistent = value["persistent"]?.boolValue ?? (names.state[name] != nil)
            return isPersistent ? .state(name) : .constant(name)
        case "tensor_constant": return .constant(try name("tensor_constant_name"))
        case "user_input":
            if let name = argument.names.first { return .user(name: name) }
            notes.append("an input was a constant when the program was exported, and is one")
            return nil
        case "constant_input":
            let name = value["name"]?.stringValue ?? "?"
            notes.append("the input '\(name)' was a constant when the program was exported, and is one")
            return nil
        default:
            throw FormatError(
                .containerUnsupported, "an input of kind '\(kind)'",
                hint: "script objects and effects have no counterpart; export the model without them")
        }
    }

    private mutating func addResults(_ results: [ATenArgument]) {
        var leaves = names.outputs ?? []
        if leaves.count != results.count || Set(leaves.map { ExactName($0) }).count != leaves.count {
            leaves = results.count == 1 ? ["output"] : results.indices.map { "output.\($0)" }
        }
        for (argument, name) in zip(results, leaves) {
            if argument.names.isEmpty {
                notes.append("\(name) is no tensor but a constant, and was left out")
            } else {
                outputs.append((argument, .user(name: name)))
            }
        }
    }

    // MARK: Tables by name, PyTorch 2.1

    private mutating func readTables(_ signature: JSONValue, graph: ATenGraph) throws {
        let parameters = signature["inputs_to_parameters"], buffers = signature["inputs_to_buffers"]
        let mutations = signature["buffers_to_mutate"]
        let users = try schema.array(signature, "user_inputs").compactMap(\.stringValue)
        for argument in graph.inputs {
            guard let name = argument.names.first else { continue }
            if let state = parameters?[name]?.stringValue ?? buffers?[name]?.stringValue {
                inputs.append((argument, names.state[state] == nil ? .constant(state) : .state(state)))
            } else {
                guard users.contains(name) else {
                    throw FormatError(.graphInvalid, "the signature doesn't say what the input is", item: name)
                }
                // The writer numbered them; the names of the arguments are lost.
                let place = users.firstIndex(of: name) ?? 0
                inputs.append((argument, .user(name: users.count == 1 ? "input" : "input.\(place)")))
            }
        }
        var results: [ATenArgument] = []
        for argument in graph.outputs {
            if let name = argument.names.first, let buffer = mutations?[name]?.stringValue {
                outputs.append((argument, .mutation(buffer)))
            } else {
                results.append(argument)
            }
        }
        addResults(results)
    }
}
