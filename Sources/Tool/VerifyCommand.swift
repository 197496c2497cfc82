import ArgumentParser
import Weightbridge

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Run a model and compare it with golden outputs: parity, rounding, or a bug and where it is.",
        discussion: """
            Golden data is an .npz, .npy, .safetensors or .pt file with inputs and outputs, or a folder in ONNX's test \
            layout. Arrays are matched by name, then by order; --input and --output settle it. Exit status 0 only for parity.

              weightbridge verify model.onnx --golden golden.npz
              weightbridge verify model.pth --golden golden.npz --precision float64
              weightbridge verify model.onnx --golden golden.npz --blocks blocks.npz

            An exported program carries its sample inputs, and the outputs to expect where it was saved with \
            extra_files={"expected.json": json.dumps({"output": y.tolist()})}:

              weightbridge verify model.pt2

            A folder without --golden is a suite in ONNX's test layout: every case below it is run and compared with the \
            suite's own tolerance. One line for each failure, then the counts.

              weightbridge verify suite/ --filter conv --list
              weightbridge verify suite/ --tables
            """)

    @Argument(
        help: "An ONNX model, an exported program (.pt2), or a checkpoint whose architecture is recognised.",
        completion: .file())
    var model: String

    @Option(help: ArgumentHelp("Inputs and the outputs to expect.", valueName: "file"), completion: .file())
    var golden: String?

    @Option(help: ArgumentHelp("Suites: run the cases whose name contains this.", valueName: "text"))
    var filter: String = ""

    @Flag(help: "Suites: list each case that is excluded, with the reason.")
    var list = false

    @Flag(help: "Suites: add the counts by kind and by operator.")
    var tables = false

    @Option(
        help: ArgumentHelp(
            "Suites: count the failures listed in this file as excluded; on each line a case and the reason.",
            valueName: "file"),
        completion: .file())
    var except: String?

    @Option(
        help: ArgumentHelp(
            "Suites: convert each model to this version of ONNX's operator set first.", valueName: "n"))
    var opset: Int64?

    @Option(
        help: ArgumentHelp("Expected intermediates by module name, to name the first that diverges.", valueName: "file")
    )
    var blocks: String?

    @Option(
        name: .customLong("input"),
        help: ArgumentHelp("Feed this array to that input. Repeatable.", valueName: "name=key"))
    var inputs: [String] = []

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("Compare that output with this array. Repeatable.", valueName: "name=key"))
    var outputs: [String] = []

    @Option(help: ArgumentHelp("Greatest absolute error; measured rounding decides otherwise.", valueName: "number"))
    var atol: Double?

    @Option(help: ArgumentHelp("Greatest relative error; measured rounding decides otherwise.", valueName: "number"))
    var rtol: Double?

    @OptionGroup(title: "Execution") var execution: ExecutionOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        if let opset, !Model.supportedOpsets.contains(opset) {
            throw ValidationError("--opset wants 1 to \(Model.supportedOpsets.upperBound), not \(opset)")
        }
    }

    func run() throws {
        guard try golden != nil || isProgram() else { return try runSuite() }
        var options = VerificationOptions()
        options.session = execution.options()
        options.absoluteTolerance = atol
        options.relativeTolerance = rtol
        options.inputs = try pairs(inputs, of: "--input")
        options.outputs = try pairs(outputs, of: "--output")
        let report = try Terminal.withProgress("verifying") {
            let loaded = try loadModel(model, reading: reading.options(), mapping: architecture.options())
            options.blocks = try blocks.map { try GoldenData.load($0, options: ReadOptions()) }
            let arrays = try golden.map { try GoldenData.load($0, options: ReadOptions()) } ?? expectedSample(loaded)
            return try verify(loaded.model, golden: arrays, options: options)
        }
        print(
            format.json ? report.json().serialized(pretty: true) : report.text(color: Terminal.hasColor(1)))
        if !report.isParity { throw ExitCode(ExitStatus.mismatch) }
    }

    /// Whether the file is an exported program, which may bring its golden data itself.
    private func isProgram() throws -> Bool {
        guard let file = try? FileSource(path: model) else { return false }
        return try FileFormat.detect(file) == .pt2
    }

    /// The sample that the program was saved with, once it has run, and the outputs to expect.
    private func expectedSample(_ loaded: LoadedModel) throws -> GoldenData {
        guard let sample = loaded.sample else {
            throw ValidationError("'\(model)' carries no sample inputs: give --golden FILE")
        }
        if sample.outputsByPosition.isEmpty {
            let outputs = try Session(loaded.model, options: execution.options()).run(sample.bind(to: loaded.model))
            let list = outputs.map { "\($0.key) \($0.value.elementType.name)\($0.value.shape)" }
            let reason = loaded.program?.expectedFault.map { ": " + $0 } ?? ""
            throw ValidationError(
                "the sample of '\(model)' runs (\(list.joined(separator: ", "))), but there is nothing to compare "
                    + "with\(reason). Give --golden FILE, or save the outputs in the archive as expected.json")
        }
        if let fault = loaded.program?.expectedFault { Terminal.printError("note: \(fault.printable)\n") }
        return sample
    }

    private func runSuite() throws {
        guard (try? FileSource(path: model)) == nil else {
            throw ValidationError("'\(model)' is one model: give --golden FILE, inputs and the outputs to expect")
        }
        var suite = try ConformanceSuite(path: model, filter: filter)
        guard !suite.cases.isEmpty else {
            throw ValidationError(
                "'\(model)' is no suite: there is no model.onnx below it. For one model give --golden")
        }
        let session = execution.options()
        let exceptions = try except.map { try ConformanceExceptions(path: $0) } ?? ConformanceExceptions()
        Terminal.withProgress("running \(suite.cases.count) cases") { suite.run(options: session, opset: opset) }
        for name in suite.apply(exceptions) {
            Terminal.printError("\(name.printable) passed, it need not be excepted any more\n")
        }
        if format.json {
            print(suite.json().serialized(pretty: true))
        } else {
            print(suite.text(listing: list))
            if tables { print("\n" + suite.tables()) }
        }
        if suite.failures > 0 { throw ExitCode(ExitStatus.mismatch) }
    }

    private func pairs(_ texts: [String], of option: String) throws -> [String: String] {
        var result: [String: String] = [:]
        for text in texts {
            guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
                throw ValidationError("\(option) wants NAME=KEY, not '\(text)'")
            }
            result[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return result
    }
}
