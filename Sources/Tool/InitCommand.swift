import ArgumentParser
import Weightbridge

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a checkpoint of an architecture with random weights.",
        discussion: """
            The same seed gives the same bytes on every machine. Useful to try a conversion, to measure one, and to \
            start training from Swift.

              weightbridge init convmixer_768_32 -o random.safetensors --seed 1
            """)

    @Argument(help: "The architecture, such as 'convmixer_1536_20'; see 'weightbridge architectures'.")
    var architecture: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where to write: .safetensors, .pth, .npz or .onnx.", valueName: "file")
    )
    var output: String

    @Option(help: ArgumentHelp("The seed of the random numbers.", valueName: "n"))
    var seed: UInt64 = 0

    func run() throws {
        let format = try OutputFormat(path: output)
        let report = try Terminal.withProgress("writing") {
            try write(initializeCheckpoint(architecture: architecture, seed: seed), as: format, to: output)
        }
        print(report.text())
    }
}
