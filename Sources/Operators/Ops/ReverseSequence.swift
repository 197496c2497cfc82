import GraphIR

extension Operator {
    /// Of each sequence of a batch the first elements, as many as said, in reverse order.
    /// https://onnx.ai/onnx/operators/onnx__ReverseSequence.html, versions 10, 28.
    static let reverseSequence = Operator("ReverseSequence", accuracy: .exact, infer: .reverseSequence) { binding in
        let batchAxis = try binding.int("batch_axis", default: 1)
        let timeAxis = try binding.int("time_axis", default: 0)
        guard (batchAxis, timeAxis) == (0, 1) || (batchAxis, timeAxis) == (1, 0) else {
            throw GraphError(
                .argument, "batch axis \(batchAxis) and time axis \(timeAxis), expected 0 and 1 in either order",
                argument: "time_axis")
        }
        return { call in
            let x = try call.input(0)
            let lengths = try call.indices(1)
            guard x.shape.count >= 2 else {
                throw GraphError(.argument, "shape \(x.shape), expected rank 2 or more", argument: "input")
            }
            let (batch, time) = (x.shape[Int(batchAxis)], x.shape[Int(timeAxis)])
            guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 <= time }) else {
                throw GraphError(
                    .argument, "expected \(batch) lengths of 0 to \(time)", argument: "sequence_lens")
            }
            let inner = product(x.shape[2...])
            try call.check(.int64, [batch, time])
            let columns = x.shape[1]
            let offsets = (0..<(x.shape[0] * columns)).map { position in
                let (row, column) = (position / columns, position % columns)
                let (sample, step) = batchAxis == 0 ? (row, column) : (column, row)
                let from = step < lengths[sample] ? lengths[sample] - 1 - step : step
                return (batchAxis == 0 ? sample * columns + from : from * columns + sample) * inner
            }
            return [try call.picked(x, offsets: offsets, length: inner, shape: x.shape)]
        }
    }
}

extension InferenceRule {
    fileprivate static let reverseSequence = InferenceRule { node in
        try node.vector(1, "sequence_lens")
        node.set(0, shape: try node.shape(0, rank: 2...Int.max, "input"))
    }
}
