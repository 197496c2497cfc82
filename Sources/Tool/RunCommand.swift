import ArgumentParser
import Weightbridge

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a model's forward pass.",
        discussion: """
            Arrays are matched to the model's inputs by name, or by order where no name fits. The outputs are written \
            under their names. An exported program without --input runs the sample that it was saved with.

              weightbridge run model.onnx --input images.npz -o logits.npz
              weightbridge run model.pth --input images.npz -o features.npz --module layer2
            """)

    @Argument(
        help: "An ONNX model, an exported program (.pt2), or a checkpoint whose architecture is recognised.",
        completion: .file())
    var model: String

    @Option(
        help: ArgumentHelp(
            "Inputs: .npz, .npy, .safetensors, .pt. Not needed for a model without any, or with a sample.",
            valueName: "file"),
        completion: .file())
    var input: String?

    @Flag(help: "Feed zeros, to see whether the model runs; a dimension that has a name only is 1.")
    var zeros = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where to write the outputs: .npz or .safetensors. What to return is asked for by --module.",
            valueName: "file"))
    var output: String

    @OptionGroup(title: "Execution") var execution: ExecutionOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions

    func run() throws {
        let format = try OutputFormat(path: output)
        let outputs = try Terminal.withProgress("running") {
            let loaded = try loadModel(model, reading: reading.options(), mapping: architecture.options())
            let arrays = try input.map { try GoldenData.load($0, options: reading.options()) } ?? loaded.sample
            return try run(loaded.model, inputs: arrays, options: execution.options())
        }
        var arrays = StateDict()
        for (name, tensor) in outputs { arrays[name] = tensor }
        print(try write(arrays, as: format, to: output).text())
    }

    private func run(_ model: Model, inputs: GoldenData?, options: SessionOptions) throws -> [(String, Tensor)] {
        let session = try Session(model, options: options)
        if zeros, inputs == nil {
            let arrays = try zeroInputs(of: model, options)
            return try session.run(.init(arrays, uniquingKeysWith: { first, _ in first })).map { ($0.key, $0.value) }
        }
        guard let inputs else {
            guard session.inputNames.isEmpty else {
                let names = session.inputNames.joined(separator: ", ")
                throw ValidationError("the model wants \(names): give --input FILE, or --zeros")
            }
            return try session.run([:]).map { ($0.key, $0.value) }
        }
        return try session.run(inputs.bind(to: model)).map { ($0.key, $0.value) }
    }

    /// Zeros for every input that has no default.
    private func zeroInputs(of model: Model, _ options: SessionOptions) throws -> [(String, Tensor)] {
        var inputs: [(String, Tensor)] = []
        for id in model.graph.inputs where model.graph.initializers[id] == nil {
            let value = model.graph[id]
            guard let element = value.type?.elementType, element != .string, let dimensions = value.type?.dimensions
            else {
                throw ValidationError(
                    "there are no zeros for '\(value.name)', \(value.type?.text ?? "of no type"): give --input FILE")
            }
            let shape = dimensions.map { Int($0.known ?? 1) }
            let count = try Tensor.byteCount(element, shape: shape)
            guard count <= options.memoryLimit else {
                throw GraphError(
                    .memory, "\(count) zeros, the limit is \(options.memoryLimit) bytes", argument: value.name)
            }
            let zeros = Bytes([UInt8](repeating: 0, count: count))
            inputs.append((value.name, try Tensor(element, shape: shape, bytes: zeros)))
        }
        return inputs
    }
}

/// How to run a model.
struct ExecutionOptions: ParsableArguments {
    enum Precision: String, ExpressibleByArgument, CaseIterable { case native, float64 }

    @Option(help: "Compute in the model's own types, or everything in float64.")
    var precision: Precision = .native

    @Option(help: ArgumentHelp("Give up after this many seconds.", valueName: "seconds"))
    var timeLimit: Double?

    @Option(
        help: ArgumentHelp(
            "Refuse what would take more memory than this; else than the machine has to spare.", valueName: "gigabytes")
    )
    var memoryLimit: Double?

    func validate() throws {
        if let memoryLimit, !(memoryLimit > 0 && memoryLimit < 1e6) {
            throw ValidationError("--memory-limit wants a number of gigabytes above 0, not \(memoryLimit)")
        }
        if let timeLimit, !(timeLimit > 0 && timeLimit < 1e9) {
            throw ValidationError("--time-limit wants a number of seconds above 0, not \(timeLimit)")
        }
    }

    func options() -> SessionOptions {
        var options = SessionOptions()
        options.precision = precision == .float64 ? .float64 : .native
        if let timeLimit { options.timeLimit = .seconds(timeLimit) }
        if let memoryLimit { options.memoryLimit = Int(memoryLimit * 1e9) }
        return options
    }
}
