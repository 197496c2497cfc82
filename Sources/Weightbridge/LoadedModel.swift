/// The version of the library and the tool, as written into exports.
public let version = "0.1.0"

/// A model, and where it came from.
public struct LoadedModel: Sendable {
    /// The model.
    public var model: Model
    /// The checkpoint that it was made of; `nil` for an ONNX file.
    public var checkpoint: Checkpoint?
    /// What the checkpoint was recognised as; `nil` for an ONNX file and for a program.
    public var mapping: MappedModel?
    /// The program that the file carries, in PyTorch's operators; `nil` where it carries none or it wasn't taken.
    public var program: ExportedProgram?
    /// What is to be said of how the program was taken, or why it wasn't.
    var programNotes: [String] = []

    /// What was chosen or assumed on the way, for people.
    public var notes: [String] { (program?.notes ?? checkpoint?.notes ?? []) + programNotes + (mapping?.notes ?? []) }
}

extension LoadedModel {
    /// The model as ``convert(_:to:options:)`` writes it: one of weights or of a program in the default operator set.
    /// - Throws: ``GraphError`` where it has no such form.
    public func converted() throws -> Model {
        checkpoint == nil ? model : try convertOpset(model, to: ConversionOptions.defaultOpset)
    }
}

extension FileFormat {
    /// Whether the file holds an ONNX model, or what is meant to be one.
    static func isModel(_ path: String) -> Bool {
        if path.lowercased().hasSuffix(".onnx") { return true }
        return switch try? detect(try FileSource(path: path)) {
        case .onnx, .onnxText, nil: true
        default: false
        }
    }
}

/// Makes a model of any file that holds one: an ONNX file, an exported program, or a checkpoint whose
/// architecture is recognised.
/// - Throws: ``FormatError`` where the file can't be read, ``MappingError`` where no architecture fits,
///   ``GraphError`` where the model breaks ONNX's rules.
public func loadModel(
    _ path: String, reading: ReadOptions = ReadOptions(), mapping: MappingOptions = MappingOptions()
) throws -> LoadedModel {
    switch try WeightFile.open(path, options: reading) {
    case .model(let model):
        if let error = checkModel(model).first { throw error }
        try mapping.refuseWhatGraphsSettle(file: path)
        return LoadedModel(model: try model.returning(mapping))
    case .checkpoint(let checkpoint):
        return try LoadedModel(checkpoint, reading: reading, mapping: mapping)
    }
}

extension MappingOptions {
    /// Refuses what makes a model of weights, for a file that holds a graph.
    /// - Throws: `usage`.
    func refuseWhatGraphsSettle(file: String) throws {
        let settled = [
            "--architecture", "--atlas", "--no-atlas", "--batch", "--dynamic-batch", "--fold", "--input-shape",
        ]
        guard let option = stated.first(where: settled.contains) else { return }
        throw FormatError(
            .usage, "\(option) doesn't change a file that holds an ONNX graph", file: file,
            hint: "give it where the graph is made")
    }
}

extension [Assumption] {
    /// For programs.
    var json: JSONValue {
        .array(
            map { assumption in
                .object([
                    ("name", .string(assumption.name)), ("value", .string(assumption.value)),
                    ("remark", assumption.remark.map { .string($0) } ?? .null),
                ])
            })
    }
}
