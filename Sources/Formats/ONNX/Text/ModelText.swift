import GraphIR

/// Reads a model from ONNX's textual syntax.
///
/// The graph's invariants hold in what is returned, as for ``readModel(_:)``.
/// - Throws: `text.malformed` with line and column, `limit.depth`, and what ``readModel(_:)`` throws for the same model.
public func readModelText(_ file: FileSource) throws -> Model {
    try locating(file: file.path) {
        let model = try Bytes(file).withUnsafeBytes { text in
            var reader = TextReader(text, file: file)
            return try reader.model()
        }
        try model.checkInvariants()
        return model
    }
}

extension Model {
    /// Writes the model in ONNX's textual syntax (https://onnx.ai/onnx/repo-docs/Syntax.html), which `onnx.parser`
    /// reads. What the syntax can't say is named in comments at the top; where a result rests on it, no parser takes the
    /// text.
    /// - Parameters:
    ///   - elementLimit: tensors of more elements are named without them; `nil` for none.
    ///   - sink: gets the text piece by piece.
    /// - Returns: what the syntax can't say.
    @discardableResult
    public func writeText(
        elementLimit: Int? = nil, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> TextRemarks {
        try withoutActuallyEscaping(sink) { sink in
            let remarks = try textRemarks(elementLimit: elementLimit)
            var writer = TextWriter(elementLimit: elementLimit ?? .max, external: nil, sink: sink)
            for line in remarks.lines { try writer.put("# \(line.printable)\n") }
            try writer.model(self)
            try writer.flush()
            return remarks
        }
    }

    /// What ONNX's textual syntax can't say of the model.
    public func textRemarks(elementLimit: Int? = nil) throws -> TextRemarks {
        var dry = TextWriter(elementLimit: elementLimit ?? .max, external: nil, sink: nil)
        try dry.model(self)
        return dry.remarks
    }

    /// The model in ONNX's textual syntax.
    public func text(elementLimit: Int? = nil) throws -> String {
        var bytes: [UInt8] = []
        try writeText(elementLimit: elementLimit) { bytes.append(contentsOf: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Writes a model to a file in ONNX's textual syntax, with its external data beside it where `options` ask for that or
/// the model has some.
/// - Throws: `container.unsupported` where the syntax can't say what a result rests on, and what
///   ``writeModel(_:to:options:)`` throws.
public func writeModelText(
    _ model: Model, to path: String, options: ModelWriteOptions = ModelWriteOptions()
) throws -> (written: WrittenModel, remarks: TextRemarks) {
    let remarks = try model.textRemarks()
    if let (what, finding) = remarks.obstacles.elements.first {
        throw FormatError(
            .containerUnsupported, "ONNX's textual syntax can't say: \(what)", file: path,
            item: finding.firstPlace.isEmpty ? nil : finding.firstPlace, hint: "write it as .onnx")
    }
    let dataName = try options.dataName(beside: path)
    let output = try OutputFile(path: path)
    var writer = TextWriter(
        elementLimit: .max,
        external: ExternalPlan(
            threshold: options.externalDataThreshold, location: dataName, alignment: options.alignment),
        sink: { try output.write($0) })
    for line in remarks.lines { try writer.put("# \(line.printable)\n") }
    try writer.model(model)
    try writer.flush()
    let data = try writer.external.flatMap { try writeExternalData($0, beside: path) }
    try data?.flush()
    try output.flush()
    try options.beforeCommit?()
    try data?.commit()
    try output.commit()
    return (WrittenModel(bytes: output.position, externalData: data.map { (dataName, $0.position) }), remarks)
}
