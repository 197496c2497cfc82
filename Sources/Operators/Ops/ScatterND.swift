import GraphIR

extension Operator {
    /// A copy of the data with updates put (or folded) in at the slices that the tuples of indices name. Of updates
    /// that fall on one slice the last stays.
    /// https://onnx.ai/onnx/operators/onnx__ScatterND.html, versions 11, 13, 16, 18; `reduction` since 16.
    static let scatterND = Operator("ScatterND", accuracy: .exact, infer: .sameShape) { binding in
        let reduction = try ScatterReduction(&binding)
        return { call in
            let data = try call.input(0)
            let indexShape = try call.input(1).shape
            let updates = try call.input(2)
            let (offsets, length) = try call.tupleOffsets(call.indices(1), indexShape, in: data.shape)
            let expected = Array(indexShape.dropLast() + data.shape[(indexShape.last ?? 0)...])
            guard updates.shape == expected else {
                throw GraphError(.argument, "shape \(updates.shape), expected \(expected)", argument: "updates")
            }
            return [try call.scattered(updates, into: data, offsets: offsets, length: length, reduction)]
        }
    }
}
