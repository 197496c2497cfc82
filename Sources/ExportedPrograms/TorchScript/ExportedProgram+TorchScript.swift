import Formats
import GraphIR

extension ExportedProgram {
    /// Reads a TorchScript archive that was traced or frozen, or scripted with control flow that the weights and sizes
    /// settle: its code unrolled into one graph.
    ///
    /// - Parameters:
    ///   - file: what ``readTorch(_:format:options:)`` gives for the archive.
    ///   - inputShapes: the shapes of the inputs, which archives don't record. Where there are too few, an image of
    ///     224 × 224 pixels is assumed, and said.
    /// - Throws: ``FormatError``: `container.unsupported` for what can't be unrolled, `text.malformed`, `limit.*`.
    public init(torchScript file: TorchFile, inputShapes: [[Int]] = []) throws {
        let archive = try ScriptArchive(file)
        let state = try Self.stateDict(of: archive.root)
        let unrolling = ScriptProgram(name: "main_graph", isFrozen: state.count == 0)
        guard case .module(let module) = try unrolling.value(archive.root, path: "") else {
            throw FormatError(.containerUnsupported, "the archive holds no module")
        }
        guard let forward = try archive.scriptClass(module.className)?.methods["forward"] else {
            throw FormatError(.containerUnsupported, "\(module.className) has no method 'forward'")
        }
        var notes: [String] = []
        var arguments: [ScriptValue] = []
        for parameter in forward.parameters.dropFirst() {
            if parameter.defaultValue != nil, inputShapes.count <= arguments.count { break }
            guard parameter.type?.path == "Tensor" || parameter.isOptionalTensor else {
                throw FormatError(
                    .containerUnsupported, "the input '\(parameter.name)' is no tensor",
                    hint: "export the model with torch.export.save, whose files say all of it")
            }
            var shape = inputShapes[checked: arguments.count]
            if shape == nil {
                let assumed = [1, Self.channels(of: file), 224, 224]
                notes.append(
                    "TorchScript doesn't record input sizes: '\(parameter.name)' is taken to be \(assumed); "
                        + "--image-size or --input-shape says otherwise")
                shape = assumed
            }
            let sizes = (shape ?? []).map { SymbolicInt.number(Int64($0)) }
            arguments.append(try unrolling.userInput(parameter.name, type: ATenTensorType(.float32, sizes)))
        }
        let interpreter = ScriptInterpreter(archive, program: unrolling)
        do {
            try unrolling.results(try interpreter.call(module, "forward", arguments))
        } catch var error as FormatError {
            // Other sizes help where the code doesn't fit these, not where it does what no graph says.
            let reason = unrolling.sizeFailure.map { " (\(($0 as? any Fault)?.description ?? "\($0)"))" }
            if !notes.isEmpty, error.code != .containerUnsupported || reason != nil {
                error.hint =
                    "TorchScript doesn't record input sizes: give them with --image-size or --input-shape"
                    + (reason ?? "")
            }
            throw error
        }
        self = try unrolling.finished(state: state)
        self.notes = notes + self.notes
        try graph.checkNames()
    }

    /// Bytes of all names together; two long ones above many tensors would be more.
    private static let maximumNameBytes = 1 << 26

    /// All tensors of a module and those below it, under PyTorch's names.
    private static func stateDict(of root: PickledValue) throws -> StateDict {
        var result = StateDict()
        var nameBytes = 0
        func collect(_ value: PickledValue, _ path: String) throws {
            nameBytes += path.utf8.count
            guard nameBytes <= maximumNameBytes else {
                throw FormatError(.limitMemory, "the names of the tensors take more than \(maximumNameBytes) bytes")
            }
            switch value {
            case .tensor(let tensor):
                if tensor.quantization == nil, !tensor.isSparse, !tensor.isMeta { result[path] = tensor.tensor }
            case .object(let object):
                guard case .dictionary(let entries)? = object.state else { return }
                for entry in entries {
                    guard case .string(let name) = entry.key else { continue }
                    try collect(entry.value, path.isEmpty ? name : "\(path).\(name)")
                }
            default: break
            }
        }
        try collect(root, "")
        return result
    }

    /// The channels that the first kernel of a model takes: those of an image, unless the kernel is one of a group.
    public static func channels(of file: TorchFile) -> Int {
        let weights = (try? stateDict(of: file.root))?.tensors.values.map(\.shape) ?? []
        guard weights.isEmpty, case .tuple(let constants)? = file.constants else {
            return weights.first { $0.count == 4 }?[checked: 1] ?? 3
        }
        let shapes = constants.compactMap { if case .tensor(let tensor) = $0 { tensor.tensor.shape } else { nil } }
        return shapes.first { $0.count == 4 }?[checked: 1] ?? 3
    }
}

extension ScriptFunction.Parameter {
    fileprivate var isOptionalTensor: Bool {
        guard case .subscripted(let base, let inner)? = type else { return false }
        return base.path == "Optional" && inner.path == "Tensor"
    }
}
