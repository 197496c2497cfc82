import GraphIR

extension Operator {
    /// The slices that the tuples of indices along the last axis name.
    /// https://onnx.ai/onnx/operators/onnx__GatherND.html, versions 11, 12, 13; `batch_dims` since 12.
    static let gatherND = Operator(
        "GatherND", accuracy: .exact,
        infer: InferenceRule { node in
            let batch = node.binding.version < 12 ? 0 : Int(try node.binding.int("batch_dims", default: 0))
            guard let data = try node.shape(0, rank: 1...Int.max, "data"),
                let indices = try node.shape(1, rank: 1...Int.max, "indices"), case .size(let size)? = indices.last
            else {
                return
            }
            guard batch >= 0, let end = batch.adding(checked: Int(size)), size >= 0, end <= data.count else {
                throw GraphError(
                    .argument, "tuples of \(size) after \(batch) axes for data of rank \(data.count)",
                    argument: "indices")
            }
            node.set(0, shape: Array(indices.dropLast() + data[end...]))
        }
    ) { binding in
        let batch = binding.version < 12 ? 0 : Int(try binding.int("batch_dims", default: 0))
        return { call in
            let x = try call.input(0)
            let indexShape = try call.input(1).shape
            let (offsets, length) = try call.tupleOffsets(
                call.indices(1), indexShape, in: x.shape, batchDimensions: batch)
            let shape = indexShape.dropLast() + x.shape[(batch + (indexShape.last ?? 0))...]
            return [try call.picked(x, offsets: offsets, length: length, shape: Array(shape))]
        }
    }
}
