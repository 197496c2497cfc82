import GraphIR

extension Operator {
    /// A copy of the data with updates put (or folded) in at the indices' own positions, but along one axis at the
    /// indices. Of updates that fall on one element the last stays.
    /// https://onnx.ai/onnx/operators/onnx__ScatterElements.html, versions 11, 13, 16, 18; `reduction` since 16.
    static let scatterElements = scattering("ScatterElements")

    /// The older name of ScatterElements, without reductions.
    /// https://onnx.ai/onnx/operators/onnx__Scatter.html, version 9.
    static let scatter = scattering("Scatter")

    private static func scattering(_ name: String) -> Operator {
        Operator(name, accuracy: .exact, infer: .sameShape) { binding in
            let axis = Int(try binding.int("axis", default: 0))
            let reduction = try ScatterReduction(&binding)
            return { call in
                let data = try call.input(0)
                let shape = try call.input(1).shape
                let updates = try call.input(2)
                guard updates.shape == shape else {
                    throw GraphError(
                        .argument, "shape \(updates.shape), expected that of the indices, \(shape)",
                        argument: "updates")
                }
                let axis = try normalized(axis: axis, rank: data.shape.count)
                let offsets = try call.elementOffsets(call.indices(1), shape, along: axis, in: data.shape)
                return [try call.scattered(updates, into: data, offsets: offsets, length: 1, reduction)]
            }
        }
    }
}
