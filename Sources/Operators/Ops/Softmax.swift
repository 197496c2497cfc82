import GraphIR

extension Operator {
    /// eˣ / Σ eˣ along an axis.
    /// https://onnx.ai/onnx/operators/onnx__Softmax.html, versions 1, 11, 13; before 13 over all axes from `axis` on.
    /// In half precision each step of the standard's function body rounds, as its cases do.
    static let softmax = softmax("Softmax", isLogarithm: false)

    /// Softmax or its logarithm, x − max − ln Σ e^(x − max). Sums are in double, results are rounded once.
    static func softmax(_ name: String, isLogarithm: Bool) -> Operator {
        Operator(name, accuracy: .rounding(ulps: 1), infer: .sameShape(axis: { $0 < 13 ? 1 : -1 })) { binding in
            let flattens = binding.version < 13
            let axis = Int(try binding.int("axis", default: flattens ? 1 : -1))
            let extent: @Sendable (Tensor) throws -> (length: Int, inner: Int) = { x in
                // A scalar is a vector of one.
                let shape = x.shape.isEmpty ? [1] : x.shape
                let start = try normalized(axis: axis, rank: shape.count)
                return (
                    flattens ? product(shape[start...]) : shape[start],
                    flattens ? 1 : product(shape[(start + 1)...])
                )
            }
            let rounding = roundingOnce { call in
                let x = try call.input(0)
                let (length, inner) = try extent(x)
                return [
                    try withReal(x.elementType) {
                        try softmaxed(call, x, length, inner, isLogarithm, Float.self)
                    } double: {
                        try softmaxed(call, x, length, inner, isLogarithm, Double.self)
                    }
                ]
            }
            return { call in
                let x = try call.input(0)
                guard x.isHalf, !isLogarithm else { return try rounding(call) }
                let (length, inner) = try extent(x)
                let wide = try call.converted(x, to: .float32)
                let result = try call.make(x.shape, of: Float.self) { out in
                    try wide.withElements(Float.self) { _ = out.update(from: $0) }
                    guard let base = out.baseAddress, length > 0 else { return }
                    for row in 0..<(out.count / length) {
                        try call.checkTime()
                        let start = row / inner * inner * length + row % inner
                        steppedSoftmax(base + start, length, in: x.elementType, stride: inner, empty: .nan)
                    }
                }
                return [try call.converted(result, to: x.elementType)]
            }
        }
    }
}

private func softmaxed<T: RowFunctions>(
    _ call: Call, _ x: Tensor, _ length: Int, _ inner: Int, _ isLogarithm: Bool, _: T.Type
) throws -> Tensor {
    try call.make(x.shape, of: T.self, clears: false) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            let (source, target) = (Shared(values), Shared(out))
            try inParallel(out.count / length, grain: max(1, (1 << 13) / length)) { piece in
                for row in piece {
                    try call.checkTime()
                    if inner == 1, !isLogarithm, let from = source.pointer.baseAddress,
                        let to = target.pointer.baseAddress
                    {
                        T.softmax(from + row * length, to + row * length, length, empty: .nan)
                        continue
                    }
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
