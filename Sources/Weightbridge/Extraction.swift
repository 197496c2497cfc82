/// What an extraction wrote.
public struct ExtractionReport: Sendable {
    /// The file that was written.
    public var output: String
    /// The inputs of the part.
    public var inputs: [String]
    /// The outputs of the part.
    public var outputs: [String]
    /// Nodes of the part.
    public var nodes: Int
    /// Nodes of the model that it was cut out of.
    public var nodesBefore: Int
    /// Tensors of the part.
    public var tensors: Int
    /// Functions of the part.
    public var functions: Int
    /// Bytes of the file that was written.
    public var bytes: Int
    /// What else there is to say.
    public var notes: [String]

    /// For people.
    public func text() -> String {
        var lines = [
            "wrote \(output): \(nodes) of \(nodesBefore) nodes, \(tensors) tensors, \(bytes) bytes",
            "  inputs        \(inputs.joined(separator: ", "))", "  outputs       \(outputs.joined(separator: ", "))",
        ]
        if functions > 0 { lines.append("  functions     \(functions)") }
        for note in notes { lines.append("  note          \(note)") }
        return lines.map(\.printable).joined(separator: "\n")
    }

    /// For programs.
    public func json() -> JSONValue {
        func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
        return .object([
            ("output", .string(output)), ("inputs", list(inputs)), ("outputs", list(outputs)),
            ("nodes", .number("\(nodes)")), ("nodes_before", .number("\(nodesBefore)")),
            ("tensors", .number("\(tensors)")), ("functions", .number("\(functions)")), ("bytes", .number("\(bytes)")),
            ("notes", list(notes)),
        ])
    }
}

/// Cuts a part out of a model, as ``Model/extracted(inputs:outputs:)`` says, and writes it. Types of its inputs and outputs
/// that the model doesn't say are inferred.
/// - Throws: ``FormatError``, ``GraphError``; `usage` where the output's ending names no format of models.
public func extract(
    from model: Model, inputs: [String]?, outputs: [String]?, to path: String
) throws -> ExtractionReport {
    let format = try OutputFormat(path: path)
    guard format.isModel else {
        throw FormatError(.usage, "a part of a model is a model", file: path, hint: "end the name in .onnx or .onnxtxt")
    }
    // The types of the graph's own values; what is in the graphs of nodes stays as it is.
    let inferred = inferShapes(model).model.graph
    var typed = model
    for value in model.graph.values where value.type?.kind == nil {
        guard let id = typed.graph.id(named: value.name), let known = inferred.id(named: value.name) else { continue }
        typed.graph[id].type = inferred[known].type
    }
    let part = try typed.extracted(inputs: inputs, outputs: outputs)
    let graph = part.model.graph
    var notes = part.notes
    let written: WrittenModel
    if format == .onnxText {
        let text = try writeModelText(part.model, to: path)
        written = text.written
        notes += text.remarks.lines
    } else {
        written = try writeModel(part.model, to: path)
    }
    return ExtractionReport(
        output: path, inputs: graph.inputs.map { graph[$0].name }, outputs: graph.outputs.map { graph[$0].name },
        nodes: graph.nodes.count, nodesBefore: model.graph.nodes.count, tensors: graph.initializers.count,
        functions: part.model.functions.count, bytes: written.bytes, notes: notes)
}
