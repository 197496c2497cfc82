import GraphIR

extension Operator {
    /// The elements at the indices' own positions, but along one axis at the indices.
    /// https://onnx.ai/onnx/operators/onnx__GatherElements.html, versions 11, 13.
    static let gatherElements = Operator(
        "GatherElements", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: node.shape(1))
        }
    ) { binding in
        let axis = Int(try binding.int("axis", default: 0))
        return { call in
            let x = try call.input(0)
            let shape = try call.input(1).shape
            let axis = try normalized(axis: axis, rank: x.shape.count)
            let offsets = try call.elementOffsets(call.indices(1), shape, along: axis, in: x.shape)
            return [try call.picked(x, offsets: offsets, length: 1, shape: shape)]
        }
    }
}
