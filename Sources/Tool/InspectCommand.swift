import ArgumentParser
import Weightbridge

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what is in a file, and what architecture its weights are recognised as.",
        discussion: """
            Nothing in the file is run. Reads every format that 'convert' reads.

              weightbridge inspect checkpoint.pth
              weightbridge inspect model.safetensors --all
              weightbridge inspect model.onnx --json

            With --text, a model is printed in ONNX's textual syntax, which onnx.parser and every command here read \
            back; 'convert -o model.onnxtxt' writes it to a file.

              weightbridge inspect model.onnx --text --all
            """)

    /// Rows printed without `--all`: what fits a screen beside the summary.
    static let rowLimit = 24

    /// Lines of one kind (metadata, say) printed without `--all`: some files hold a hundred thousand.
    static let lineLimit = 100

    @Argument(help: "The file to inspect.", completion: .file())
    var file: String

    /// Elements of a tensor printed by `--text` without `--all`.
    static let elementLimit = 1024

    @Flag(help: "List every tensor; with --text, write large tensors in full.")
    var all = false

    @Flag(help: "Print the model in ONNX's textual syntax.")
    var text = false

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        if text, format.json { throw ValidationError("--text and --json are two ways to print; take one") }
    }

    func run() throws {
        if text { return try printModelText() }
        let inspection = try Inspection(file, reading: reading.options(), mapping: architecture.options())
        if format.json {
            print(inspection.json().serialized(pretty: true))
        } else {
            print(summary(inspection))
        }
        if let fault = inspection.fault { throw fault }
    }

    /// The model of an ONNX file as it is, whatever rules it breaks; a checkpoint's as its architecture makes it.
    private func printModelText() throws {
        let model =
            switch try WeightFile.open(file, options: reading.options()) {
            case .model(let model): model
            case .checkpoint: try loadModel(file, reading: reading.options(), mapping: architecture.options()).model
            }
        let limit = all ? nil : Self.elementLimit
        if Terminal.isTerminal(1) {
            print(try model.text(elementLimit: limit).safeForTerminal, terminator: "")
        } else {
            try model.writeText(elementLimit: limit) { try Terminal.printBytes($0) }
        }
    }

    private func summary(_ inspection: Inspection) -> String {
        var lines = ["\(file): \(inspection.format), \(inspection.byteCount.byteSize)".printable]
        let facts = inspection.facts + inspection.notes.map { (label: "note", value: $0) }
        var counts: [String: Int] = [:]
        for (label, value) in facts {
            counts[label, default: 0] += 1
            if all || counts[label, default: 0] <= Self.lineLimit {
                lines.append("  \(pad(label))  \(value.printable)")
            }
        }
        for (label, count) in counts.sorted(by: { $0.key < $1.key }) where !all && count > Self.lineLimit {
            lines.append("  \(pad(label))  … \(count - Self.lineLimit) more; --all lists them")
        }
        let rows = inspection.tensors
        if !rows.isEmpty {
            lines.append("")
            var table = TextTable()
            for row in all ? rows[...] : rows.prefix(Self.rowLimit) {
                table.add(row.name, row.type, "[" + row.shape.map(String.init).joined(separator: ", ") + "]")
            }
            lines += table.lines()
            if !all, rows.count > Self.rowLimit {
                lines.append("  … \(rows.count - Self.rowLimit) more; --all lists them")
            }
        }
        return lines.joined(separator: "\n")
    }

    private func pad(_ label: String) -> String { label + String(repeating: " ", count: max(0, 12 - label.count)) }
}
