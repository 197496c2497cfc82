import ArgumentParser
import Weightbridge

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert a checkpoint or an exported program to ONNX, safetensors, PyTorch or NumPy, and ONNX back.",
        discussion: """
            The output's ending decides: .onnx, .onnxtxt, .safetensors, .pth or .pt, .npz. To ONNX, the architecture is \
            recognised from the checkpoint, or the program is taken that the file carries (.pt2, TorchScript); \
            initializers keep its key names and bits.

              weightbridge convert convmixer.pth -o convmixer.onnx
              weightbridge convert exported.pt2 -o model.onnx
              weightbridge convert convmixer.onnx -o back.pth
              weightbridge convert model.pth.tar --ema -o weights.safetensors

            With --embed-preprocessing the ONNX model takes pictures as decoders give them: uint8 [N, height, width, 3] \
            of any size. It resizes, crops and normalises by itself, to the 8-bit pixels that timm's transform makes \
            with Pillow. How, is taken from config.json, the table of variants, or options. Models below opset 13 are raised \
            to it:

              weightbridge convert vit.safetensors -o vit.onnx --embed-preprocessing
              weightbridge convert a.onnx -o b.onnx --embed-preprocessing \\
                --set mean=0.5,0.5,0.5 --set std=0.5,0.5,0.5 --set crop_pct=0.9
            """)

    @Argument(help: "The file to convert.", completion: .file())
    var file: String

    @Option(name: .customShort("o"), help: ArgumentHelp("Where to write.", valueName: "file"), completion: .file())
    var target: String?

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("As --module; the file to write where there is no -o. Repeatable.", valueName: "name"))
    var outputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "ONNX operator set of the output, 1 to 28. New models get 20; models keep theirs.", valueName: "n"))
    var opset: Int64?

    @Option(
        help: ArgumentHelp("Version of the operator set ai.onnx.ml that an ONNX model is converted to.", valueName: "n")
    )
    var mlOpset: Int64?

    @Flag(help: "Keep the weights of an ONNX model in one file beside it.")
    var externalData = false

    @Option(
        help: ArgumentHelp(
            "Keep weights of at least this many bytes in a file beside the ONNX model.", valueName: "bytes"))
    var externalThreshold: Int?

    @Flag(help: "Leave out the digest of the source weights.")
    var noDigest = false

    @Flag(help: "Put resizing, cropping and normalisation into the ONNX model.")
    var embedPreprocessing = false

    @Flag(help: "Convert an ONNX model although it breaks ONNX's rules or uses operators of another domain.")
    var noCheck = false

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        for (option, value, range) in [
            ("--opset", opset, Model.supportedOpsets), ("--ml-opset", mlOpset, Model.supportedMLOpsets),
        ] {
            if let value, !range.contains(value) {
                throw ValidationError("\(option) wants \(range.lowerBound) to \(range.upperBound), not \(value)")
            }
        }
        _ = try destination()
        if let externalThreshold, externalThreshold < 0 {
            throw ValidationError("--external-threshold wants a number of bytes, not \(externalThreshold)")
        }
    }

    /// The file to write and the modules to return: `--output` says either, since `-o` is its usual short form.
    private func destination() throws -> (file: String, modules: [String]) {
        if let target { return (target, outputs) }
        guard let file = outputs.first(where: { (try? OutputFormat(path: $0)) != nil }) ?? outputs.first else {
            throw ValidationError("Missing expected argument '-o <file>'")
        }
        guard (try? OutputFormat(path: file)) != nil else {
            throw ValidationError(
                "without -o, --output is the file to write, and '\(file)' ends in no format: give -o <file>, such as "
                    + "-o model.onnx")
        }
        return (file, outputs.filter { $0 != file })
    }

    func run() throws {
        let (output, modules) = try destination()
        var options = ConversionOptions()
        options.reading = reading.options()
        options.mapping = try architecture.options()
        options.mapping.modules += modules
        options.opset = opset
        options.mlOpset = mlOpset
        options.externalDataThreshold = externalThreshold ?? (externalData ? 0 : nil)
        options.digest = !noDigest
        options.embedsPreprocessing = embedPreprocessing
        options.checksModel = !noCheck
        let report = try Terminal.withProgress("converting") { try convert(file, to: output, options: options) }
        print(format.json ? report.json().serialized(pretty: true) : report.text())
    }
}
