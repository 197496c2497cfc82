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
            """)

    /// Rows printed without `--all`: what fits a screen beside the summary.
    static let rowLimit = 24

    @Argument(help: "The file to inspect.", completion: .file())
    var file: String

    @Flag(help: "List every tensor.")
    var all = false

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup var format: JSONOption

    func run() throws {
        let inspection = try Inspection(file, reading: reading.options())
        if format.json {
            print(inspection.json().serialized(pretty: true))
        } else {
            print(text(inspection))
        }
        if let fault = inspection.fault { throw fault }
    }

    private func text(_ inspection: Inspection) -> String {
        var lines = ["\(file): \(inspection.format), \(inspection.byteCount.byteSize)".printable]
        for (label, value) in inspection.facts { lines.append("  \(pad(label))  \(value.printable)") }
        for note in inspection.notes { lines.append("  \(pad("note"))  \(note.printable)") }
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
