import GraphIR

extension Operator {
    /// eˣ / Σ eˣ along an axis.
    /// https://onnx.ai/onnx/operators/onnx__Softmax.html, versions 1, 11, 13; before 13 over all axes from `axis` on.
    static let softmax = softmax("Softmax", isLogarithm: false)

    /// Softmax or its logarithm, x − max − ln Σ e^(x − max). Sums are in double, results are rounded once.
    static func softmax(_ name: String, isLogarithm: Bool) -> Operator {
        Operator(name, accuracy: .rounding(ulps: 1), infer: .sameShape(axis: { $0 < 13 ? 1 : -1 })) { binding in
            let flattens = binding.version < 13
            let axis = Int(try binding.int("axis", default: flattens ? 1 : -1))
            return roundingOnce { call in
                let x = try call.input(0)
                // A scalar is a vector of one.
                let shape = x.shape.isEmpty ? [1] : x.shape
                let start = try normalized(axis: axis, rank: shape.count)
                let length = flattens ? product(shape[start...]) : shape[start]
                let inner = flattens ? 1 : product(shape[(start + 1)...])
                return [
                    try withReal(x.elementType) {
                        try softmaxed(call, x, length, inner, isLogarithm, Float.self)
                    } double: {
                        try softmaxed(call, x, length, inner, isLogarithm, Double.self)
                    }
                ]
            }
        }
    }
}

private func softmaxed<T: Real>(
    _ call: Call, _ x: Tensor, _ length: Int, _ inner: Int, _ isLogarithm: Bool, _: T.Type
) throws -> Tensor {
    try call.make(x.shape, of: T.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            let (source, target) = (Shared(values), Shared(out))
            try inParallel(out.count / length, grain: max(1, (1 << 13) / length)) { piece in
                for row in piece {
                    let start = row / inner * inner * length + row % inner
                    var greatest = -Double.infinity
                    for i in 0..<length {
                        let value = Double(source.pointer[start + i * inner])
                        if value > greatest || value.isNaN { greatest = value }
                    }
                    var sum = 0.0
                    for i in 0..<length {
                        sum += Double.exponential(Double(source.pointer[start + i * inner]) - greatest)
                    }
                    let logarithm = Double.logarithm(sum)
                    for i in 0..<length {
                        let distance = Double(source.pointer[start + i * inner]) - greatest
                        target.pointer[start + i * inner] =
                            T(isLogarithm ? distance - logarithm : Double.exponential(distance) / sum)
                    }
                }
            }
        }
    }
}
