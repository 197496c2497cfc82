import GraphIR

/// The sizes of a program's values while it is being written: what the translation to ONNX finds them to be.
///
/// TorchScript records no sizes, and its code asks for them all the time.
final class TranslatedSizes {
    private let net: ATenTranslator
    /// Why the first node that couldn't be translated couldn't.
    private(set) var failure: (any Error)?

    init() {
        net = ATenTranslator(
            ExportedProgram(name: "", graph: ATenGraph(), inputs: [], outputs: []), options: ExportOptions())
    }

    /// Declares an input of the graph.
    /// - Throws: `op.argument` for negative sizes.
    func addInput(_ name: String, _ type: ATenTensorType) throws {
        try net.checkSizes(type.shape)
        let id = net.graph.addValue(name, type: .tensor(type.elementType, type.shape.map(net.dimension)))
        net.graph.inputs.append(id)
        net.cells[name] = Cell(Wire(id: id, elementType: type.elementType, shape: type.shape))
    }

    /// Follows a node. Of one that can't be translated the results stay unknown.
    func add(_ node: ATenNode) {
        do { try net.translate(node) } catch { failure = failure ?? error }
    }

    /// - Returns: `nil` where the value isn't known.
    func type(of name: String) -> ATenTensorType? {
        guard let wire = try? net.cells[name]?.contents() else { return nil }
        return ATenTensorType(wire.elementType, wire.shape)
    }
}
