import GraphIR

extension Operator {
    /// A copy of a cache with new entries written along its sequence axis, from an index of each sample's own on;
    /// `circular` wraps around.
    /// https://onnx.ai/onnx/operators/onnx__TensorScatter.html, version 24.
    static let tensorScatter = Operator("TensorScatter", accuracy: .exact, infer: .tensorScatter) { binding in
        let axis = Int(try binding.int("axis", default: -2))
        let mode = try binding.string("mode") ?? "linear"
        guard ["linear", "circular"].contains(mode) else {
            throw GraphError(.argument, "\"\(mode)\" is none of linear, circular", argument: "mode")
        }
        return { call in
            let cache = try call.input(0)
            let update = try call.input(1)
            let axis = try normalized(axis: axis, rank: cache.shape.count)
            var expected = cache.shape
            if axis < update.shape.count { expected[axis] = update.shape[axis] }
            guard axis > 0, update.shape == expected, expected[axis] <= cache.shape[axis] else {
                throw GraphError(
                    .argument, "an update of shape \(update.shape) along axis \(axis) for a cache of \(cache.shape)",
                    argument: "update")
            }
            let batch = cache.shape[0]
            let starts = try call[2] == nil ? [Int](repeating: 0, count: batch) : call.indices(2)
            guard starts.count == batch else {
                throw GraphError(.argument, "\(starts.count) indices, expected \(batch)", argument: "write_indices")
            }
            let (room, length) = (cache.shape[axis], update.shape[axis])
            let inner = product(cache.shape[(axis + 1)...])
            let outer = product(cache.shape[..<axis])
            let perSample = batch == 0 ? 1 : outer / batch
            try call.check(.int64, [outer, length])
            var offsets: [Int] = []
            for prefix in 0..<outer {
                let start = starts[prefix / Swift.max(perSample, 1)]
                guard start >= 0, mode == "circular" || start <= room - length else {
                    throw GraphError(
                        .argument, "\(length) entries from \(start) on in a cache of \(room)",
                        argument: "write_indices")
                }
                for entry in 0..<length {
                    offsets.append((prefix * room + (start % Swift.max(room, 1) + entry) % room) * inner)
                }
            }
            return [try call.placed(update, into: cache, offsets: offsets, length: inner)]
        }
    }
}

extension InferenceRule {
    /// The cache, updated; the update is as long in all axes but one.
    fileprivate static let tensorScatter = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: -2))
        let cache = node.shape(0)
        if let cache, let update = node.shape(1) {
            let along = try normalized(axis: axis, rank: cache.count)
            guard cache.count == update.count, along > 0 else {
                throw GraphError(
                    .argument,
                    "shape \(update.text) along axis \(along), expected the rank of \(cache.text), and an axis"
                        + " behind the batch", argument: "update")
            }
            for other in cache.indices where other != along {
                _ = try node.unified(cache[other], update[other], "update")
            }
        }
        if let batch = cache?.first, let indices = try node.vector(2, "write_indices") {
            _ = try node.unified(batch, indices[0], "write_indices")
        }
        node.set(0, shape: cache)
    }
}
