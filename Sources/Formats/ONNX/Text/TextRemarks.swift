import OrderedCollections

/// What ONNX's textual syntax can't say of a model.
public struct TextRemarks: Sendable {
    /// How often something of one kind was met, and where first.
    public struct Finding: Sendable, Hashable {
        /// How often it occurs.
        public var count: Int
        /// Where it occurs first.
        public var firstPlace: String
    }
    /// Notes that change no result, such as documentation: left out of the text.
    public internal(set) var omissions: OrderedDictionary<String, Finding> = [:]
    /// What the model's meaning rests on: text without it is no text of the model, and no parser takes it as one.
    public internal(set) var obstacles: OrderedDictionary<String, Finding> = [:]
    /// Tensors whose elements were left out because there are more than was asked for.
    public internal(set) var elided = 0

    public init() {}

    /// Whether a parser makes the same model of the text, but for the omissions.
    public var isReadable: Bool { obstacles.isEmpty && elided == 0 }

    /// One sentence for each kind.
    public var lines: [String] {
        var lines: [String] = []
        func list(_ findings: OrderedDictionary<String, Finding>, _ verb: String) {
            for (what, finding) in findings {
                let first = finding.firstPlace.isEmpty ? "" : " at \(finding.firstPlace)"
                let times = finding.count > 1 ? ", \(finding.count) times, first" : ""
                lines.append("\(verb): \(what)\(times)\(first)")
            }
        }
        list(obstacles, "the syntax can't say")
        list(omissions, "left out, the syntax has no place for it")
        if elided > 0 {
            lines.append("elements left out: \(elided) large tensor\(elided == 1 ? "" : "s")")
        }
        if !isReadable { lines.append("so this text can't be read back") }
        return lines
    }

    static func note(
        _ what: String, at place: String, in findings: inout OrderedDictionary<String, Finding>
    ) {
        findings[what, default: Finding(count: 0, firstPlace: place)].count += 1
    }
}
