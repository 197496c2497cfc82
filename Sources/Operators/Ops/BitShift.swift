import GraphIR

extension Operator {
    /// The bits of the first moved by the second towards `direction`, LEFT or RIGHT.
    /// https://onnx.ai/onnx/operators/onnx__BitShift.html, versions 11, 28.
    ///
    /// A right shift of a signed integer fills with its sign. A shift by a negative number, or by as many bits as there
    /// are, leaves nothing but the fill.
    static let bitShift = Operator("BitShift", accuracy: .exact, infer: .broadcast) { binding in
        let direction = try binding.string("direction")
        guard direction == "LEFT" || direction == "RIGHT" else {
            throw GraphError(
                .argument, "\"\(direction ?? "")\" is neither LEFT nor RIGHT", argument: "direction")
        }
        return combiningBits(direction == "LEFT" ? .shiftLeft : .shiftRight)
    }
}
