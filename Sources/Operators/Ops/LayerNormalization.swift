import GraphIR

extension Operator {
    /// Normalizes over the axes from `axis` on, then scales and shifts; also gives mean and 1 / √(variance + epsilon).
    /// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html, version 17. Statistics are in double and given in the
    /// type that `stash_type` names.
    static let layerNormalization = Operator(
        "LayerNormalization", accuracy: .accumulating, infer: .layerNormalization
    ) { binding in
        let axis = Int(try binding.int("axis", default: -1))
        let epsilon = try binding.real("epsilon", default: 1e-5)
        let stash = try stashType(&binding)
        let statistics = binding.computesInDouble ? .float64 : stash
        return roundingOnce(keeping: [1, 2]) { call in
            let x = try call.input(0)
            let start = try normalized(axis: axis, rank: x.shape.count)
            try requireType(x.elementType, call.input(1), call[2])
            let scale = try RowScale(call, call.input(1), "Scale", shape: x.shape, from: start, fallback: 1)
            let bias = try RowScale(call, call[2], "B", shape: x.shape, from: start, fallback: 0)
            let results = try withReal(x.elementType) {
                try layerNormalized(call, x, start, epsilon, scale, bias, Float.self)
            } double: {
                try layerNormalized(call, x, start, epsilon, scale, bias, Double.self)
            }
            return [results[0]] + (try results.dropFirst().map { try call.converted($0, to: statistics) })
        }
    }
}

/// The attribute `stash_type`.
private func stashType(_ binding: inout Binding) throws -> ElementType {
    let number = try binding.int("stash_type", default: 1)
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)),
        [.float32, .bfloat16, .float16, .float64].contains(type)
    else {
        throw GraphError(.argument, "\(number) is no floating-point type to compute in", argument: "stash_type")
    }
    return type
}

private func layerNormalized<T: Real>(
    _ call: Call, _ x: Tensor, _ start: Int, _ epsilon: Double, _ scale: RowScale, _ bias: RowScale, _: T.Type
) throws -> [Tensor] {
    let length = product(x.shape[start...])
    let outer = Array(x.shape[..<start])
    let rows = product(outer)
    try call.check(.float64, outer)
    var means = [Double](repeating: 0, count: rows)
    var inverses = [Double](repeating: 0, count: rows)
    let y = try call.make(x.shape, of: T.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            try means.withUnsafeMutableBufferPointer { means in
                try inverses.withUnsafeMutableBufferPointer { inverses in
                    let (source, target) = (Shared(values), Shared(out))
                    let (meanTarget, inverseTarget) = (Shared(means), Shared(inverses))
                    try inParallel(rows, grain: max(1, (1 << 14) / max(length, 1))) { piece in
                        for row in piece {
                            try call.checkTime()
                            let range = (row * length)..<((row + 1) * length)
                            let (mean, inverse) = moments(source.pointer[range], epsilon)
                            meanTarget.pointer[row] = mean
                            inverseTarget.pointer[row] = inverse
                            _ = scale.withRow(row) { scale in
                                bias.withRow(row) { bias in
                                    for i in 0..<length {
                                        let normal = (Double(source.pointer[range.lowerBound + i]) - mean) * inverse
                                        target.pointer[range.lowerBound + i] = T(normal * scale[i] + bias[i])
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    let shape = outer + x.shape[start...].map { _ in 1 }
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
