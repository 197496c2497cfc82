/// All that is wrong with an ONNX file, or with the model that another file becomes.
///
///     let verdict = try ModelVerdict(path: "model.onnx")
///     for fault in verdict.faults { print(fault.description, fault.hint ?? "") }
public struct ModelVerdict: Sendable {
    /// The file.
    public let path: String
    /// What is wrong: parts that can't be read first, then broken rules in the order of the file.
    public let faults: [any Fault]
    /// What couldn't be checked: operators of domains outside the standard, say.
    public let notes: [GraphError]
    /// What the model is, in a line; `nil` where it can't be read.
    public let summary: String?

    /// Whether nothing is wrong with the model.
    public var isValid: Bool { faults.isEmpty }

    /// - Throws: ``FormatError`` where there is no file, or it can't be opened; what is wrong with its contents is no
    ///   error but the result.
    public init(path: String) throws {
        self.path = path
        let file = try FileSource(path: path)
        do {
            let read = try readDamagedModel(file)
            let check = checkModelFully(read.model, excusing: read.damage.names)
            faults = read.damage.faults + check.faults
            notes = check.notes
            summary = ModelVerdict.summary(of: read.model)
        } catch let fault as any Fault where fault.faultClass != .io {
            faults = [fault]
            notes = []
            summary = nil
        }
    }

    /// The verdict on any file that ``loadModel(_:reading:mapping:)`` takes; of other than ONNX files, on the model that
    /// ``convert(_:to:options:)`` makes of them.
    /// - Throws: as ``init(path:)``, and what ``loadModel(_:reading:mapping:)`` throws where there is no model.
    public init(loading path: String, reading: ReadOptions = ReadOptions(), mapping: MappingOptions = MappingOptions())
        throws
    {
        guard !FileFormat.isModel(path) else {
            self = try ModelVerdict(path: path)
            return
        }
        self.path = path
        let model = try loadModel(path, reading: reading, mapping: mapping).converted()
        let check = checkModelFully(model)
        (faults, notes, summary) = (check.faults, check.notes, ModelVerdict.summary(of: model))
    }

    private static func summary(of model: Model) -> String {
        let opsets = model.opsetImports.map {
            "\(($0.domain ?? "").isEmpty ? "ai.onnx" : $0.domain ?? "") \($0.version)"
        }
        return "IR version \(model.irVersion.map(String.init) ?? "?"), \(opsets.joined(separator: ", ")), "
            + "\(model.graph.nodes.count) nodes"
    }

    /// One fault to a line, hints below them.
    public func text(color: Bool = false) -> String {
        let (bold, red, reset) = color ? ("\u{1b}[1m", "\u{1b}[31m", "\u{1b}[0m") : ("", "", "")
        var lines: [String] = []
        let name = path.printable
        if isValid {
            lines.append("\(bold)\(name)\(reset): valid (\((summary ?? "").printable))")
        } else {
            let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
            let more = faults.count >= CheckLimits.faults ? " or more" : ""
            lines.append("\(bold)\(name)\(reset): \(red)\(count)\(more)\(reset)")
        }
        for fault in faults {
            lines.append("  " + fault.description)
            if let hint = fault.hint { lines.append("    hint: \(hint.printable)") }
        }
        for note in notes { lines.append("  not checked: \(note.description)") }
        return lines.joined(separator: "\n")
    }

    /// For programs.
    public func json() -> JSONValue {
        .object([
            ("model", .string(path)), ("valid", .bool(isValid)),
            ("faults", .array(faults.map(ModelVerdict.json))),
            ("not_checked", .array(notes.map(ModelVerdict.json))),
        ])
    }

    private static func json(_ fault: any Fault) -> JSONValue {
        let error = fault as? GraphError
        return .object([
            ("code", .string(fault.codeName)), ("node", error?.node.map { .string($0) } ?? .null),
            ("argument", error?.argument.map { .string($0) } ?? .null),
            ("place", .array(fault.place.map { .string($0) })), ("problem", .string(fault.problem)),
            ("hint", fault.hint.map { .string($0) } ?? .null),
        ])
    }
}
