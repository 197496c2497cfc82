import GraphIR

extension Operator {
    /// The same bits read as another type of the same width.
    /// https://onnx.ai/onnx/operators/onnx__BitCast.html, version 26.
    static let bitCast = Operator(
        "BitCast", accuracy: .exact,
        infer: InferenceRule { node in
            let target = try bitCastTarget(&node.binding)
            if let type = node.elementType(0) { try requireWidth(type, target) }
            node.set(0, shape: node.shape(0), type: target)
        }
    ) { binding in
        let target = try bitCastTarget(&binding)
        let computesInDouble = binding.computesInDouble
        return { call in
            var x = try call.input(0)
            if computesInDouble && x.elementType == .float64 && target.bitWidth == 32 {
                // The session widened it; the bits meant are those of the narrow number.
                x = try call.converted(x, to: .float32)
            }
            if computesInDouble && x.elementType == .float64 && target.bitWidth == 16 {
                throw GraphError(
                    .unsupportedArgument, "half precision has no bits of its own in a session in float64",
                    argument: "to")
            }
            try requireWidth(x.elementType, target)
            return [try Tensor(target, shape: x.shape, bytes: x.bytes())]
        }
    }
}

private func bitCastTarget(_ binding: inout Binding) throws -> ElementType {
    let number = try binding.int("to") ?? 0
    guard let raw = Int32(exactly: number), let type = ElementType(rawValue: raw), type != .string else {
        throw GraphError(.argument, "\(number) is no element type with bits", argument: "to")
    }
    return type
}

private func requireWidth(_ type: ElementType, _ target: ElementType) throws {
    guard type != .string, type.bitWidth == target.bitWidth else {
        throw GraphError(
            .argument, "\(type.onnxName) has \(type.bitWidth) bits, \(target.onnxName) \(target.bitWidth)",
            argument: "to")
    }
}
