import ArgumentParser
import Weightbridge

struct InferCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Infer the type and shape of every value of an ONNX model.",
        discussion: """
            Shapes and small constants are followed through the operators that compute with them. Dimensions that \
            nothing names are called unk__0, unk__1 …; equal ones have one name. With -o the model is written with what \
            was found under value_info, as onnx.shape_inference does. A checkpoint or an exported program is converted \
            first. Exit status 65 where the model contradicts itself.

              weightbridge infer model.onnx
              weightbridge infer model.onnx -o inferred.onnx
            """)

    @Argument(help: "An ONNX model, an exported program or a checkpoint.", completion: .file())
    var model: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Write the model with all types.", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var output: String?

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup var format: JSONOption

    func run() throws {
        let inferred = inferShapes(try openModel())
        if let output { _ = try writeModel(inferred.model, to: output) }
        if format.json {
            print(json(inferred).serialized(pretty: true))
        } else if output == nil {
            print(text(inferred))
        }
        for fault in inferred.faults { Terminal.report(fault) }
        if !inferred.faults.isEmpty { throw ExitCode(ExitStatus.dataError) }
    }

    /// An ONNX model unchecked, or what another file is converted to.
    private func openModel() throws -> Model {
        let reading = reading.options()
        if case .model(let model) = try WeightFile.open(model, options: reading) { return model }
        return try loadModel(model, reading: reading, mapping: architecture.options()).converted()
    }

    /// The values of the graph in the order in which they are made.
    private func values(_ graph: Graph) -> [(role: String, value: Value)] {
        let outputs = Set(graph.outputs)
        var rows = graph.inputs.map { ("input", graph[$0]) }
        for node in graph.nodes {
            for case let id? in node.outputs { rows.append((outputs.contains(id) ? "output" : "", graph[id])) }
        }
        return rows
    }

    private func text(_ inferred: ShapeInference) -> String {
        var table = TextTable()
        for (role, value) in values(inferred.model.graph) {
            table.add(role, value.name, value.type?.text ?? "?")
        }
        return table.lines().joined(separator: "\n")
    }

    private func json(_ inferred: ShapeInference) -> JSONValue {
        .object([
            (
                "values",
                .array(
                    values(inferred.model.graph).map { role, value in
                        .object([
                            ("name", .string(value.name)), ("role", role.isEmpty ? .null : .string(role)),
                            ("type", value.type.map { .string($0.text) } ?? .null),
                        ])
                    })
            ),
            ("faults", .array(inferred.faults.map { .string($0.description) })),
        ])
    }
}
