import GraphIR

extension Operator {
    /// 1 for the first greatest element along an axis, 0 for all others.
    /// https://onnx.ai/onnx/operators/onnx__Hardmax.html, versions 1, 11, 13; before 13 over all axes from `axis` on.
    static let hardmax = Operator("Hardmax", accuracy: .exact, infer: .hardmax) { binding in
        let flattens = binding.version < 13
        let axis = Int(try binding.int("axis", default: flattens ? 1 : -1))
        return roundingOnce { call in
            let x = try call.input(0)
            let shape = x.shape.isEmpty ? [1] : x.shape
            let start = flattens && axis == shape.count ? axis : try normalized(axis: axis, rank: shape.count)
            let length = flattens ? product(shape[start...]) : shape[start]
            let inner = flattens ? 1 : product(shape[(start + 1)...])
            return [
                try withReal(x.elementType) {
                    try marked(call, x, length, inner, Float.self)
                } double: {
                    try marked(call, x, length, inner, Double.self)
                }
            ]
        }
    }
}

private func marked<T: Real>(
    _ call: Call, _ x: Tensor, _ length: Int, _ inner: Int, _: T.Type
) throws -> Tensor {
    try call.make(x.shape, of: T.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            for row in 0..<(out.count / length) {
                let start = row / inner * inner * length + row % inner
                var best = 0
                // NaN counts as the greatest, as in NumPy.
                for i in 0..<length {
                    let value = values[start + i * inner]
                    let greatest = values[start + best * inner]
                    if value > greatest || (value.isNaN && !greatest.isNaN) { best = i }
                }
                out[start + best * inner] = 1
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let hardmax = InferenceRule { node in
        let flattens = node.binding.version < 13
        let axis = try node.binding.int("axis", default: flattens ? 1 : -1)
        if let shape = node.shape(0), !shape.isEmpty, !flattens || axis != Int64(shape.count) {
            _ = try normalized(axis: Int(axis), rank: shape.count)
        }
        node.set(0, shape: node.shape(0))
    }
}
