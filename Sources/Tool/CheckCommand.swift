import ArgumentParser
import Weightbridge

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say all that is wrong with an ONNX model.",
        discussion: """
            Checks operators, attributes, types and shapes (by inference), that each value is made once and before it \
            is used, names, operator sets and IR version, external data, sparse tensors and functions: what \
            onnx.checker.check_model(full_check=True) checks, but all faults instead of the first. Nothing is run. \
            Exit status 0 where the model is valid, 65 where it isn't.

            Of a checkpoint or an exported program the model is checked that it is converted to.

              weightbridge check model.onnx
              weightbridge check model.onnx --json
              weightbridge check exported.pt2
              weightbridge check models/*.onnx
            """)

    @Argument(help: "ONNX models, exported programs or checkpoints.", completion: .file())
    var models: [String]

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func run() throws {
        let mapping = try architecture.options()
        let verdicts = try Terminal.withProgress("checking") {
            try models.map { try ModelVerdict(loading: $0, reading: reading.options(), mapping: mapping) }
        }
        if format.json {
            let list = verdicts.map { $0.json() }
            print((list.count == 1 ? list[0] : .array(list)).serialized(pretty: true))
        } else {
            for verdict in verdicts { print(verdict.text(color: Terminal.hasColor(1))) }
        }
        if !verdicts.allSatisfy(\.isValid) { throw ExitCode(ExitStatus.dataError) }
    }
}
