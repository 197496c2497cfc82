/// A kind of file that can be written.
public enum OutputFormat: String, Sendable, CaseIterable {
    case onnx, onnxText, safetensors, torch, npz

    /// Whether it holds a whole model and not just weights.
    var isModel: Bool { self == .onnx || self == .onnxText }

    /// The format that a path's ending asks for.
    /// - Throws: `usage` where the ending is none of ours.
    public init(path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if FileFormat.isONNXTextName(name.lowercased()) {
            self = .onnxText
            return
        }
        let ending = name.split(separator: ".").dropFirst().last.map { $0.lowercased() } ?? ""
        switch ending {
        case "onnx": self = .onnx
        case "safetensors": self = .safetensors
        case "pth", "pt", "bin", "ckpt": self = .torch
        case "npz": self = .npz
        default:
            throw FormatError(
                .usage, "the ending '\(ending)' says nothing of the format to write", file: path,
                hint: "end the name in .onnx, .onnxtxt, .safetensors, .pth or .npz")
        }
    }
}

/// How to convert.
public struct ConversionOptions: Sendable {
    /// How the input is read.
    public var reading = ReadOptions()
    /// How the weights are recognised.
    public var mapping = MappingOptions()
    /// The operator set of an ONNX output. `nil`: a new model gets ``defaultOpset``, an ONNX model keeps its own.
    public var opset: Int64?
    /// The version of `ai.onnx.ml` that an ONNX model is converted to; `nil`: it keeps its own.
    public var mlOpset: Int64?
    /// Weights of at least so many bytes go to a file beside the model; `nil`: all are embedded where they fit.
    public var externalDataThreshold: Int?
    /// Whether an ONNX model that breaks the rules, or asks for operators that ONNX doesn't have, is refused.
    public var checksModel = true
    /// Whether an export says what weights it was made of, by ``SourceDigest``.
    public var digest = true
    /// Whether a model's preprocessing is put into its graph, see ``embedPreprocessing(_:in:)``.
    public var embedsPreprocessing = false

    /// The newest operator set that has Gelu as one operator, and that the runtimes of the last two years load.
    public static let defaultOpset: Int64 = 20

    public init() {}
}

/// What a conversion did.
public struct ConversionReport: Sendable {
    /// The file that was read.
    public var input: String
    /// The file that was written.
    public var output: String
    /// What was written.
    public var format: OutputFormat
    /// How many tensors were written.
    public var tensors: Int
    /// How many elements the tensors have.
    public var parameters: Int
    /// Bytes of the file that was written.
    public var bytes: Int
    /// The file beside an ONNX model that holds the weights, where there is one, and its bytes.
    public var externalData: (name: String, bytes: Int)?
    /// The architecture that the weights were recognised as.
    public var architecture: String?
    /// The operator set of an ONNX model.
    public var opset: Int64?
    /// What the weights were made of, as a digest over all of them.
    public var digest: String?
    /// What else there is to say.
    public var notes: [String]
    /// What shapes can't tell and nobody said.
    public var assumptions: [Assumption] = []

    /// For people.
    public func text() -> String {
        var lines = ["wrote \(output): \(tensors) tensors, \(parameters) elements, \(bytes) bytes"]
        if let externalData {
            lines.append("  weights in    \(externalData.name) beside it, \(externalData.bytes) bytes")
        }
        if let architecture { lines.append("  architecture  \(architecture)") }
        if let opset { lines.append("  opset         \(opset)") }
        if let digest { lines.append("  digest        \(digest)") }
        for note in notes { lines.append("  note          \(note)") }
        return lines.map(\.printable).joined(separator: "\n")
    }

    /// For programs.
    public func json() -> JSONValue {
        .object([
            ("input", .string(input)), ("output", .string(output)), ("format", .string(format.rawValue)),
            ("tensors", .number(String(tensors))), ("parameters", .number(String(parameters))),
            ("bytes", .number(String(bytes))),
            ("external_data", externalData.map { .string($0.name) } ?? .null),
            ("external_bytes", .number(String(externalData?.bytes ?? 0))),
            ("architecture", architecture.map { .string($0) } ?? .null),
            ("opset", opset.map { .number(String($0)) } ?? .null),
            ("digest", digest.map { .string($0) } ?? .null),
            ("notes", .array(notes.map { .string($0) })), ("assumptions", assumptions.json),
        ])
    }
}

/// Converts a file to another format, which the output's ending names.
///
/// The output appears whole or not at all. The same input gives the same bytes.
/// - Throws: ``FormatError``, ``MappingError``, ``GraphError``.
public func convert(
    _ input: String, to output: String, options: ConversionOptions = ConversionOptions()
) throws -> ConversionReport {
    let format = try OutputFormat(path: output)
    if options.embedsPreprocessing, !format.isModel {
        throw FormatError(.usage, "weights alone have no place for preprocessing", file: output, hint: "write .onnx")
    }
    if !format.isModel, let option = options.mapping.stated.first {
        throw FormatError(
            .usage, "\(option) changes a model, and weights alone are written", file: output,
            hint: "leave it out, or write .onnx; 'convert' from that to weights gives those of the model")
    }
    if options.embedsPreprocessing, let opset = options.opset, opset < embeddedPreprocessingOpset {
        throw FormatError(
            .usage, "preprocessing is written in operators of opset \(embeddedPreprocessingOpset), not \(opset)",
            hint: "ask for a newer opset, or leave --embed-preprocessing out")
    }
    var report: ConversionReport
    switch (try WeightFile.open(input, options: options.reading), format) {
    case (.checkpoint(let checkpoint), .onnx), (.checkpoint(let checkpoint), .onnxText):
        let verification = ChecksumVerification(of: checkpoint)
        let loaded = try LoadedModel(checkpoint, reading: options.reading, mapping: options.mapping)
        let source = options.embedsPreprocessing ? try loaded.embeddingPreprocessing(options.mapping) : loaded.model
        var model = try convertOpset(source, to: options.opset ?? ConversionOptions.defaultOpset)
        model.producerName = "weightbridge"
        model.producerVersion = version
        let digest = options.digest ? try loaded.source.map(SourceDigest.of) : nil
        if let digest { model.metadata.append(MetadataEntry(MetadataKey.sourceDigest, digest)) }
        report = try write(model, as: format, to: output, options: options, beforeCommit: verification.finish)
        report.architecture = loaded.mapping?.architecture
        report.assumptions = loaded.mapping?.assumptions ?? []
        report.digest = digest
        report.notes = loaded.notes + report.notes
    case (.checkpoint(let checkpoint), _):
        guard checkpoint.stateDict.count > 0 else {
            throw FormatError(
                .tensorMissing, "holds no tensors", file: input, hint: "its program can become a model: write .onnx")
        }
        let verification = ChecksumVerification(of: checkpoint)
        report = try write(checkpoint.stateDict, as: format, to: output, beforeCommit: verification.finish)
        report.notes = checkpoint.notes
        if checkpoint.format.carriesProgram {
            report.notes.append("the program of the file was left out, only weights were written")
        }
    case (.model(var model), _):
        if options.checksModel, var fault = checkModel(model).first {
            fault.hint = fault.hint ?? "--no-check converts it as it is"
            throw fault
        }
        if format.isModel {
            try options.mapping.refuseWhatGraphsSettle(file: input)
            model = try model.returning(options.mapping)
            if options.embedsPreprocessing {
                model = try LoadedModel(model: model).embeddingPreprocessing(options.mapping)
            }
            if let opset = options.opset { model = try convertOpset(model, to: opset) }
            if let opset = options.mlOpset { model = try convertOpset(model, to: opset, domain: "ai.onnx.ml") }
            report = try write(model, as: format, to: output, options: options)
        } else {
            let (weights, notes) = try extractedWeights(of: model)
            report = try write(weights, as: format, to: output)
            report.notes = notes
        }
    }
    report.input = input
    return report
}

/// The weights of a model: those of the checkpoint that it was made of, else its initializers, else (Paddle's exporter
/// has none) the tensors of its `Constant` nodes under the names of their outputs.
private func extractedWeights(of model: Model) throws -> (StateDict, notes: [String]) {
    var weights = try restoredStateDict(of: model)
    if model.metadata.contains(where: { $0.key == MetadataKey.stateDict }) { return (weights, []) }
    var constants: [(name: String, tensor: Tensor)] = []
    for node in model.graph.nodes where node.op.type == "Constant" && node.op.canonicalDomain.isEmpty {
        guard let output = node.outputs.first ?? nil, case .tensor(let record)? = node.attribute("value") else {
            continue
        }
        constants.append((model.graph[output].name, record.tensor))
    }
    if constants.isEmpty { return (weights, []) }
    guard weights.count == 0 else {
        return (weights, ["\(constants.count) tensors of Constant nodes were left out"])
    }
    for constant in constants { weights[constant.name] = constant.tensor }
    return (weights, ["the model has no initializers: the tensors of its \(constants.count) Constant nodes were taken"])
}

/// Writes tensors under their names.
/// - Throws: `usage` for ONNX where no architecture fits them.
public func write(_ stateDict: StateDict, as format: OutputFormat, to path: String) throws -> ConversionReport {
    try write(stateDict, as: format, to: path, beforeCommit: nil)
}

private func write(
    _ stateDict: StateDict, as format: OutputFormat, to path: String, beforeCommit: (@Sendable () throws -> Void)?
) throws -> ConversionReport {
    if format.isModel {
        let mapped = try mapWeights(stateDict, config: nil, options: MappingOptions())
        var report = try write(
            convertOpset(mapped.model, to: ConversionOptions.defaultOpset), as: format, to: path,
            options: ConversionOptions())
        report.architecture = mapped.architecture
        return report
    }
    let output = try OutputFile(path: path)
    switch format {
    case .safetensors: try writeSafetensors(stateDict, to: output)
    case .torch: try writeTorch(stateDict, to: output)
    case .npz, .onnx, .onnxText: try writeNPZ(stateDict, to: output)
    }
    let bytes = output.position
    try output.flush()
    try beforeCommit?()
    try output.commit()
    return ConversionReport(
        input: "", output: path, format: format, tensors: stateDict.count, parameters: stateDict.elementCount,
        bytes: bytes, notes: [])
}

private func write(
    _ model: Model, as format: OutputFormat, to path: String, options: ConversionOptions,
    beforeCommit: (@Sendable () throws -> Void)? = nil
) throws -> ConversionReport {
    var writing = ModelWriteOptions()
    writing.beforeCommit = beforeCommit
    writing.externalDataThreshold = options.externalDataThreshold
    let (written, remarks) =
        format == .onnxText
        ? try writeModelText(model, to: path, options: writing)
        : (try writeModel(model, to: path, options: writing), TextRemarks())
    let initializers = model.graph.initializers.values
    return ConversionReport(
        input: "", output: path, format: format, tensors: initializers.count,
        parameters: initializers.reduce(0) { $0 &+ $1.tensor.count }, bytes: written.bytes,
        externalData: written.externalData,
        opset: model.opsetVersion(), notes: remarks.lines)
}
