import ArgumentParser
import Weightbridge

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The command line: thin subcommands over the library.
@main
struct WeightbridgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weightbridge",
        abstract: "Carry neural-network weights between PyTorch, ONNX and Swift, and prove that nothing was lost.",
        discussion: """
            A checkpoint from a stranger is read without running anything that is in it, its architecture is \
            recognised from its names and shapes, and the model is verified against golden outputs:

              weightbridge inspect model.pth
              weightbridge convert model.pth -o model.onnx
              weightbridge verify  model.onnx --golden golden.npz

            Reads .pth .pt .bin .ckpt .pt2 .safetensors .npy .npz .onnx .onnxtxt (by content, whatever the name).
            Exit status: 0 done, 1 no parity, 64 usage, 65 bad input, 66 no input, 69 unsupported, 73 can't create, \
            74 input/output error.
            """,
        version: Tool.version,
        subcommands: [
            InspectCommand.self, ConvertCommand.self, VerifyCommand.self, RunCommand.self, CheckCommand.self,
            ClassifyCommand.self, InferCommand.self, ExtractCommand.self, InitCommand.self, ArchitecturesCommand.self,
        ])

    static func main() {
        // A disk quota is an error that write() reports, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let fault as any Fault {
            Terminal.report(fault)
            ExitStatus.leave(ExitStatus.of(fault))
        } catch {
            exit(withError: error)
        }
    }
}

/// Facts about the tool itself.
enum Tool {
    static let version = Weightbridge.version
}
