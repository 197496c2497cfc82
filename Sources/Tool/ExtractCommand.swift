import ArgumentParser
import Weightbridge

struct ExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Cut a part out of a model: what computes some of its values from others.",
        discussion: """
            The part keeps the constants, functions, operator sets and descriptions that it needs. Names are those of \
            values, or of nodes: as an output a node stands for all that it makes, as an input for all that it takes \
            besides constants. Without --inputs the part begins at the model's inputs, without --outputs it ends at its \
            outputs.

              weightbridge extract model.onnx --outputs hidden -o encoder.onnx
              weightbridge extract model.onnx --inputs hidden --outputs logits -o head.onnx
            """)

    @Argument(help: "An ONNX model, or a checkpoint whose architecture is recognised.", completion: .file())
    var model: String

    @Option(help: ArgumentHelp("Where the part begins. Repeatable.", valueName: "name,name"))
    var inputs: [String] = []

    @Option(help: ArgumentHelp("Where the part ends. Repeatable.", valueName: "name,name"))
    var outputs: [String] = []

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where to write: .onnx or .onnxtxt.", valueName: "file"),
        completion: .file())
    var output: String

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        if inputs.isEmpty, outputs.isEmpty {
            throw ValidationError("name where the part begins (--inputs), ends (--outputs), or both")
        }
    }

    func run() throws {
        let report = try Terminal.withProgress("extracting") {
            let whole = try loadModel(model, reading: reading.options(), mapping: architecture.options()).model
            return try extract(
                from: whole, inputs: names(inputs, in: whole), outputs: names(outputs, in: whole), to: output)
        }
        print(format.json ? report.json().serialized(pretty: true) : report.text())
    }

    /// Names between commas; one that holds a comma itself is taken whole where the model has it.
    private func names(_ options: [String], in model: Model) -> [String]? {
        if options.isEmpty { return nil }
        return options.flatMap { text in
            if model.graph.id(named: text) != nil || model.graph.nodes.contains(where: { $0.name == text }) {
                return [text]
            }
            return text.split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
        }
    }
}
