import Architectures
import Execution
import GraphIR
import OrderedCollections

/// The model of a program: each ATen operator as ONNX operators, weights under their names in the state dict.
///
/// Nodes are named after the modules whose code they are (`/layer1/0/conv1/Conv`), and the value that a module returns
/// after the module (`layer1.0.conv1`). The state dict comes back from the model with its names, order and bits.
/// - Throws: ``GraphError``: `op.unsupported` naming all operators that have no translation with the places of their use,
///   `op.unsupported-argument`, `op.argument`, `graph.invalid`, and what ``checkModel(_:)`` finds wrong with the result,
///   as in an operator that no element type of the program suits; ``MappingError`` where a weight is missing or has another
///   shape than the program says.
public func model(of program: ExportedProgram, options: ExportOptions = ExportOptions()) throws -> Model {
    let net = ATenTranslator(program, options: options)
    // Views, and weights that nothing read, hold on to the translator that holds them.
    defer {
        net.cells = [:]
        net.pending = [:]
    }
    try net.checkOperators()
    try net.addInputs()
    let calls = ModuleCalls(program)
    for (index, node) in program.graph.nodes.enumerated() {
        do {
            try net.translate(node)
        } catch var error as GraphError {
            error.node = error.node ?? net.place
            throw error
        }
        for (module, result) in calls.ending(at: index) { net.mark(result, asOutputOf: module) }
    }
    try net.addOutputs()
    let model = try net.finished()
    if let fault = checkModel(model).first { throw fault }
    return model
}

extension ATenTranslator {
    /// Makes inputs of what the caller gives, and names of what the program has.
    func addInputs() throws {
        guard program.inputs.count == program.graph.inputs.count else {
            throw GraphError(
                .invalid, "the program describes \(program.inputs.count) inputs of \(program.graph.inputs.count)")
        }
        try openBatch()
        for (argument, specification) in zip(program.graph.inputs, program.inputs) {
            guard case .tensor(let name) = argument else {
                if case .user = specification { continue }
                throw GraphError(.unsupportedArgument, "an input of the program is no tensor")
            }
            let type = program.graph.types[name]
            switch specification {
            // Weights that only a training step reads are of types that no layer takes; they wait until one is used.
            case .state(let key): pending[name] = { [self] in try state(key, expected: type) }
            case .constant(let key): pending[name] = { [self] in try lifted(key, expected: type) }
            case .user(let label):
                guard let type else { throw GraphError(.invalid, "the program doesn't say what '\(name)' is") }
                try addInput(label, name, type)
            }
        }
    }

    private func addInput(_ label: String, _ name: String, _ type: ATenTensorType) throws {
        guard graph.id(named: label) == nil else {
            throw GraphError(.duplicate, "the program has two inputs named '\(label)'")
        }
        var shape = try type.shape.map(resolved)
        try checkSizes(shape)
        if let assumedBatch, shape.first == .number(1) { shape[0] = .symbol(assumedBatch) }
        let elementType = self.type(type.elementType)
        let id = graph.addValue(label, type: .tensor(elementType, shape.map(dimension)))
        graph.inputs.append(id)
        for (axis, size) in shape.enumerated() {
            guard let (symbol, factor, offset) = size.linear else { continue }
            if let known = sources[symbol], (known.factor, known.offset) <= (factor, offset) { continue }
            sources[symbol] = (id, axis, factor, offset)
        }
        if case .symbol(let name)? = shape.first { batchSymbols.insert(name) }
        cells[name] = Cell(Wire(id: id, elementType: elementType, shape: shape))
    }

    /// Gives the first dimension of the inputs the name or number that the options ask for.
    private func openBatch() throws {
        let wanted: SymbolicInt
        switch options.batch {
        case .asExported: return
        case .fixed(let count): wanted = .number(Int64(count))
        case .named(let name): wanted = .symbol(name)
        }
        guard wanted.known.map({ $0 > 0 }) ?? true else { throw GraphError(.argument, "a batch of \(wanted.text)") }
        var firsts: OrderedSet<SymbolicInt> = []
        for (argument, specification) in zip(program.graph.inputs, program.inputs) {
            guard case .user = specification, case .tensor(let name) = argument,
                let size = try program.graph.types[name]?.shape.first.map(resolved)
            else { continue }
            firsts.append(size)
        }
        // Beside one that is dynamic the fixed ones count something else.
        let open = firsts.filter { $0.known == nil }
        if open.count == 1 { firsts = open }
        guard firsts.count < 2 else {
            throw GraphError(.unsupportedArgument, "the inputs' first dimensions differ; which counts the samples?")
        }
        switch firsts.first {
        case nil: throw GraphError(.unsupportedArgument, "no input has a dimension that counts the samples")
        case .symbol(let name): numbers[name] = wanted
        case let size? where size == wanted: return
        case .number(1):
            if case .symbol(let name) = wanted { assumedBatch = name } else { assumedBatch = "batch" }
        case let size?:
            throw GraphError(
                .unsupportedArgument,
                "the program was exported with \(size.text) samples; only one can be made any number",
                hint: "export it with one sample or with a dynamic batch")
        }
    }

    /// Says that a module returns what the program's name stands for now. The record is kept with the node, and of a
    /// node with several results it means the first.
    func mark(_ name: String, asOutputOf module: String) {
        guard let wire = try? cells[name]?.contents(), let index = producers[wire.id],
            graph.nodes[index].outputs.first == wire.id
        else { return }
        if let entry = graph.nodes[index].metadata.firstIndex(where: { $0.key == MetadataKey.moduleOutputs }) {
            graph.nodes[index].metadata[entry].value += "\n" + module
            return
        }
        graph.nodes[index].metadata.append(MetadataEntry(MetadataKey.moduleOutputs, module))
        if graph.id(named: module) == nil { graph[wire.id].name = module }
    }

    func addOutputs() throws {
        guard program.outputs.count == program.graph.outputs.count else {
            throw GraphError(
                .invalid, "the program describes \(program.outputs.count) outputs of \(program.graph.outputs.count)")
        }
        module = ""
        place = "the outputs"
        for (argument, specification) in zip(program.graph.outputs, program.outputs) {
            guard case .user(let label) = specification else {
                throw GraphError(
                    .unsupportedArgument, "the program changes a buffer",
                    hint: "export the model in evaluation mode: model.eval()")
            }
            guard case .tensor(let name) = argument else { continue }
            var wire = try wire(named: name)
            if producers[wire.id] == nil || graph.outputs.contains(wire.id) {
                wire = try emit("Identity", [wire], shape: wire.shape)
            }
            if let other = graph.id(named: label), other != wire.id {
                guard !graph.inputs.contains(other), graph.initializers[other] == nil, !graph.outputs.contains(other)
                else { throw GraphError(.duplicate, "there are two values named '\(label)'") }
                rename(other, to: label + "_value")
            }
            graph[wire.id].name = label
            graph.outputs.append(wire.id)
            graph.valueInfo.remove(wire.id)
        }
        guard !graph.outputs.isEmpty else { throw GraphError(.invalid, "the program returns no tensor") }
    }

    private func rename(_ id: ValueID, to name: String) {
        var unique = name
        var number = 1
        while graph.id(named: unique) != nil {
            unique = "\(name)_\(number)"
            number += 1
        }
        graph[id].name = unique
    }
}
