import ArgumentParser
import Weightbridge

struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Say what is in pictures.",
        discussion: """
            Pictures are decoded (PNG, JPEG, BMP, PNM, WebP, TIFF, JPEG 2000), prepared as the model wants them (resize, \
            centre crop, mean and deviation: to the same 8-bit pixels as timm's transform with Pillow) and classified. \
            Prints the likeliest classes, with their names where the model or --labels has them.

              weightbridge classify vit.safetensors cat.jpg
              weightbridge classify model.onnx *.png --labels imagenet.txt --top 3
              weightbridge classify model.onnx cat.jpg --json

            How pictures are prepared is taken from the graph ('convert --embed-preprocessing'), from config.json \
            beside the weights, from the table of known variants, or from an ONNX model's metadata; --set changes it:

              weightbridge classify other.onnx cat.jpg --set mean=0,0,0 --set std=1,1,1 --set interpolation=bilinear
            """)

    @Argument(help: "An ONNX model, or a checkpoint whose architecture is recognised.", completion: .file())
    var model: String

    @Argument(help: "Pictures.", completion: .file())
    var images: [String]

    @Option(help: ArgumentHelp("How many classes to print.", valueName: "n"))
    var top = 5

    @Option(
        help: ArgumentHelp("Names of the classes: one a line, or a JSON array, or a JSON object.", valueName: "file"),
        completion: .file())
    var labels: String?

    @OptionGroup(title: "Execution") var execution: ExecutionOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        if top < 1 { throw ValidationError("--top wants a number above 0, not \(top)") }
        let noScores = [
            ("--no-head", architecture.noHead), ("--features", architecture.features),
            ("--module", !architecture.module.isEmpty), ("--classes 0", architecture.classes == 0),
        ]
        if let (option, _) = noScores.first(where: \.1) {
            throw ValidationError("\(option) leaves no scores of classes; 'weightbridge run' gives features")
        }
        if images.isEmpty { throw ValidationError("give at least one picture") }
    }

    func run() throws {
        let mapping = try architecture.options()
        let names = try labels.map { try readLabels($0) }
        let (results, notes) = try Terminal.withProgress("classifying") {
            let loaded = try loadModel(model, reading: reading.options(), mapping: mapping)
            let classifier = try Classifier(loaded, labels: names, mapping: mapping, options: execution.options())
            return (try images.map { (image: $0, result: try classifier.classify(imageAt: $0)) }, classifier.notes)
        }
        if format.json {
            let list = results.map { entry in
                JSONValue.object([("image", .string(entry.image)), ("classes", entry.result.json(top: top))])
            }
            let remarks = JSONValue.array(notes.map { .string($0) })
            print(JSONValue.object([("images", .array(list)), ("notes", remarks)]).serialized(pretty: true))
            return
        }
        for (image, result) in results {
            print(image.printable)
            var table = TextTable(rightAligned: [0, 1])
            for prediction in result.predictions.prefix(top) {
                let label = prediction.label ?? "class \(prediction.index)"
                table.add(percent(prediction.probability), String(prediction.index), label)
            }
            print(table.lines().joined(separator: "\n"))
        }
        for note in notes { print("  note  \(note)".printable) }
    }

    private func percent(_ probability: Double) -> String {
        let hundredths = Int((probability * 10000).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
    }

    private func readLabels(_ path: String) throws -> [String] {
        let source = try FileSource(path: path)
        guard source.count <= 1 << 24 else {
            throw FormatError(.limitMemory, "is \(source.count) bytes, names of classes may take 16 MB", file: path)
        }
        let text = String(decoding: try Bytes(source).array(), as: UTF8.self)
        guard let labels = ClassLabels.read(text: text) else {
            throw FormatError(
                .textMalformed, "holds no names of classes", file: path,
                hint: "one name a line, a JSON array of names, or a JSON object from index to name")
        }
        return labels
    }
}
