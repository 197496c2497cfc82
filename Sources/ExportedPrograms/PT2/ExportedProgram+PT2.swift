import Formats
import GraphIR

extension ExportedProgram {
    /// Reads what `torch.export.save` wrote: the graph, what its inputs are, and the weights, which stay in the file.
    /// - Throws: ``FormatError``: `container.*`, `json.*`, `graph.*`, `tensor.*` and `limit.*`.
    public init(pt2 file: FileSource, options: ReadOptions = ReadOptions()) throws {
        try self.init(ExportedArchive(file, options: options), path: file.path)
    }

    /// Reads the program of an archive that is open.
    public init(_ archive: ExportedArchive, path: String) throws {
        self = try locating(file: path) {
            try locating(item: "the program") {
                let document = try JSONValue.parse(archive.program)
                return try ProgramAssembly(document: document, archive: archive).program()
            }
        }
    }
}

private struct ProgramAssembly {
    /// Schema versions that are known: 1 (PyTorch 2.1) to 8 (2.6 to 2.13).
    static let versions: ClosedRange<Int> = 1...8

    let document: JSONValue
    let archive: ExportedArchive
    let schema = SchemaReader()

    func program() throws -> ExportedProgram {
        let version = document["schema_version"]
        guard let major = version?["major"]?.integer ?? version?.integer else {
            throw schema.malformed("no 'schema_version'")
        }
        guard Self.versions.contains(major) else {
            throw FormatError(
                .containerUnsupported,
                "schema version \(major), \(Self.versions.upperBound) is the newest that is known",
                hint: "a newer PyTorch made it")
        }
        guard let module = document["graph_module"], let root = module["graph"] else {
            throw schema.malformed("no object 'graph_module' with a 'graph'")
        }
        var graph = try ProgramInlining.inline(try schema.graph(root))
        try graph.checkNames()
        let state = Self.stateDict(archive.weights), constants = Self.stateDict(archive.constants)
        let signature = try ProgramSignature(module, graph: graph, state: state, schema: schema)
        graph.inputs = signature.inputs.map(\.argument)
        graph.outputs = signature.outputs.map(\.argument)
        try graph.checkNames()
        var program = ExportedProgram(
            name: archive.name, graph: graph, inputs: signature.inputs.map(\.specification),
            outputs: signature.outputs.map(\.specification))
        program.stateDict = state
        program.constants = constants
        program.torchVersion = document["torch_version"]?.stringValue
        program.symbols = try symbols()
        program.notes = archive.notes + signature.notes
        try checkWeights(of: program)
        readSample(module, into: &program)
        readExpected(into: &program)
        return program
    }

    private static func stateDict(_ tensors: [(name: String, tensor: PickledTensor)]) -> StateDict {
        struct Place: Hashable {
            let source: ObjectIdentifier
            let start: Int
            let count: Int
        }
        var result = StateDict()
        var groups: [Place: [String]] = [:]
        var order: [Place] = []
        for (name, tensor) in tensors {
            result[name] = tensor.tensor
            guard let bytes = try? tensor.tensor.bytes(), bytes.count > 0 else { continue }
            let place = Place(source: ObjectIdentifier(bytes.source), start: bytes.start, count: bytes.count)
            if groups[place] == nil { order.append(place) }
            groups[place, default: []].append(name)
        }
        result.tied = order.compactMap { groups[$0] }.filter { $0.count > 1 }
        return result
    }

    /// The ranges of symbols; those of expressions (`2*s60`) follow from them.
    private func symbols() throws -> [String: ClosedRange<Int64>] {
        var result: [String: ClosedRange<Int64>] = [:]
        for (name, range) in document["range_constraints"]?.members ?? [] {
            guard case .symbol = SymbolicExpression.parse(name) else { continue }
            let least = range["min_val"]?.integer.map(Int64.init) ?? 0
            let greatest = range["max_val"]?.integer.map(Int64.init) ?? Int64.max
            guard least <= greatest else {
                throw FormatError(.graphInvalid, "from \(least) to \(greatest) there is no number", item: name)
            }
            result[name] = least...greatest
        }
        return result
    }

    /// Each weight that the graph takes is there, with the type and shape that the graph says.
    private func checkWeights(of program: ExportedProgram) throws {
        for (argument, input) in zip(program.graph.inputs, program.inputs) {
            let name: String
            let tensor: Tensor?
            switch input {
            case .state(let key): (name, tensor) = (key, program.stateDict[key])
            case .constant(let key): (name, tensor) = (key, program.constants[key])
            case .user: continue
            }
            guard let tensor else {
                throw FormatError(
                    .tensorMissing, "the archive has no weights of this name, which the program takes", item: name,
                    hint: "it was saved without them, or is damaged")
            }
            guard let value = argument.names.first, let type = program.graph.types[value] else { continue }
            let shape = type.shape.map { size -> Int? in
                if case .number(let number) = size { Int(exactly: number) } else { nil }
            }
            guard type.elementType == tensor.elementType, shape == tensor.shape.map(Optional.init) else {
                throw FormatError(
                    .tensorShape,
                    "is \(tensor.elementType.name) \(tensor.shape), the program takes \(type.elementType.name) "
                        + "[\(shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))]",
                    item: name)
            }
        }
    }

    // MARK: Sample inputs and expected outputs

    private func readSample(_ module: JSONValue, into program: inout ExportedProgram) {
        guard let sample = archive.sampleInputs else { return }
        let call = module["module_call_graph"]?.arrayValue?.first?["signature"]
        let text = call?["in_spec"]?.stringValue ?? module["call_spec"]?["in_spec"]?.stringValue
        let tree = text.flatMap { PyTree($0, fields: module["treespec_namedtuple_fields"]) }
        let users = program.inputs.count { if case .user = $0 { true } else { false } }
        let tensors = tree?.leaves(of: sample)?.compactMap { leaf -> Tensor? in
            if case .tensor(let tensor) = leaf { tensor.tensor } else { nil }
        }
        guard let tensors, tensors.count == users else {
            program.notes.append("the sample inputs of the archive don't fit the program, and weren't taken")
            return
        }
        program.sampleInputs = tensors
    }

    /// `extra/expected.json`: an object of outputs' names to nested lists, as `json.dumps({"output": y.tolist()})` in
    /// `extra_files=` makes it.
    private func readExpected(into program: inout ExportedProgram) {
        let file = archive.extraFiles.first { $0.name == "expected.json" || $0.name == "expected" }
        guard let file, file.contents.count <= Self.maximumExpected else { return }
        do {
            let document = try JSONValue.parse(try file.contents.array())
            guard let members = document.members else { throw schema.malformed("\(document.kind), expected an object") }
            for (argument, output) in zip(program.graph.outputs, program.outputs) {
                guard case .user(let name) = output, let value = argument.names.first,
                    let type = program.graph.types[value],
                    let lists = members.first(where: { $0.key == name })?.value
                else { continue }
                program.expected[name] = try Self.tensor(lists, type.elementType)
            }
            let strange = members.map(\.key).filter { program.expected[$0] == nil }
            if !strange.isEmpty {
                let names = program.outputs.compactMap { if case .user(let name) = $0 { name } else { nil } }
                program.expectedFault =
                    "\(file.name) names \(Self.list(strange)), the program returns \(Self.list(names))"
            }
        } catch {
            program.expectedFault = "\(file.name) of the archive holds no expected outputs: \(error)"
        }
        program.notes += program.expectedFault.map { [$0] } ?? []
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 8 ? " …" : "")
    }

    /// Bytes of expected outputs that are read: logits of some thousand images.
    private static let maximumExpected = 1 << 26

    private static func tensor(_ value: JSONValue, _ type: ElementType) throws -> Tensor {
        var numbers: [Double] = []
        var shape: [Int] = []
        func collect(_ value: JSONValue, depth: Int) throws {
            if let items = value.arrayValue {
                if depth == shape.count { shape.append(items.count) }
                guard shape[checked: depth] == items.count else {
                    throw FormatError(.tensorShape, "lists of different lengths at one level")
                }
                for item in items { try collect(item, depth: depth + 1) }
                return
            }
            guard depth == shape.count, let number = value.doubleValue else {
                throw FormatError(.tensorValue, "\(value.kind), expected a number")
            }
            numbers.append(number)
        }
        try collect(value, depth: 0)
        switch type {
        case .float32: return try Tensor(numbers.map(Float.init), shape: shape)
        case .float64: return try Tensor(numbers, shape: shape)
        case .int64:
            return try Tensor(
                try numbers.map { number in
                    guard let number = Int64(exactly: number) else {
                        throw FormatError(.tensorValue, "\(number), expected a whole number")
                    }
                    return number
                }, shape: shape)
        default:
            throw FormatError(.tensorDtype, "lists of numbers for an output of type \(type.name)")
        }
    }
}
