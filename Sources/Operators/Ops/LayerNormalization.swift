import GraphIR

extension Operator {
    /// Normalizes over the axes from `axis` on, then scales and shifts; also gives mean and 1 / √(variance + epsilon).
    /// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html, version 17. Statistics are in double.
    static let layerNormalization = Operator("LayerNormalization", accuracy: .accumulating, infer: .layerNormalization)
    { binding in
        let axis = Int(try binding.int("axis", default: -1))
        let epsilon = try binding.real("epsilon", default: 1e-5)
        // The type in which statistics are kept; ours are wider than any.
        binding.ignore("stash_type")
        return roundingOnce(keeping: [1, 2]) { call in
            let x = try call.input(0)
            let start = try normalized(axis: axis, rank: x.shape.count)
            let inner = Array(x.shape[start...])
            let scale = try call.input(1)
            try requireType(x.elementType, scale, call[2])
            for case let tensor? in [scale, call[2]] where try broadcastShape([inner, tensor.shape]) != inner {
                throw GraphError(.argument, "shape \(tensor.shape) doesn't broadcast to \(inner)", argument: "Scale, B")
            }
            return try withReal(x.elementType) {
                try layerNormalized(call, x, start, epsilon, Float.self)
            } double: {
                try layerNormalized(call, x, start, epsilon, Double.self)
            }
        }
    }
}

private func layerNormalized<T: Real>(_ call: Call, _ x: Tensor, _ start: Int, _ epsilon: Double, _: T.Type) throws
    -> [Tensor?]
{
    let inner = Array(x.shape[start...])
    let outer = Array(x.shape[..<start])
    let length = product(inner)
    let rows = product(outer)
    func expanded(_ tensor: Tensor?, _ fallback: T) throws -> [T] {
        guard let tensor else { return [T](repeating: fallback, count: length) }
        let strides = broadcastStrides(tensor.shape, to: inner)
        return try call.strided(tensor, shape: inner, strides: strides, offset: 0).array(of: T.self)
    }
    let scale = try expanded(call.input(1), 1)
    let bias = try expanded(call[2], 0)
    var means = [T](repeating: 0, count: rows)
    var inverses = [T](repeating: 0, count: rows)
    let y = try call.make(x.shape, of: T.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            try means.withUnsafeMutableBufferPointer { means in
                try inverses.withUnsafeMutableBufferPointer { inverses in
                    let (source, target) = (Shared(values), Shared(out))
                    let (meanTarget, inverseTarget) = (Shared(means), Shared(inverses))
                    try inParallel(rows, grain: max(1, (1 << 14) / max(length, 1))) { piece in
                        for row in piece {
                            let range = (row * length)..<((row + 1) * length)
                            let (mean, inverse) = moments(source.pointer[range], epsilon)
                            meanTarget.pointer[row] = T(mean)
                            inverseTarget.pointer[row] = T(inverse)
                            for i in 0..<length {
                                let normal = (Double(source.pointer[range.lowerBound + i]) - mean) * inverse
                                target.pointer[range.lowerBound + i] = T(normal * Double(scale[i]) + Double(bias[i]))
                            }
                        }
                    }
                }
            }
        }
    }
    let shape = outer + [Int](repeating: 1, count: inner.count)
    return [y, try Tensor(means, shape: shape), try Tensor(inverses, shape: shape)]
}

extension InferenceRule {
    fileprivate static let layerNormalization = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: -1))
        let stash = Int32(exactly: try node.binding.int("stash_type", default: 1)).flatMap { ElementType(rawValue: $0) }
        guard let shape = node.shape(0) else {
            node.set(0, shape: nil)
            for output in [1, 2] { node.set(output, shape: nil, type: stash) }
            return
        }
        let start = try normalized(axis: axis, rank: shape.count)
        node.set(0, shape: shape)
        let reduced = shape[..<start] + [Dimension](repeating: .size(1), count: shape.count - start)
        for output in [1, 2] { node.set(output, shape: Array(reduced), type: stash) }
    }
}
