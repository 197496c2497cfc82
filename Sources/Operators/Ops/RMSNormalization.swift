import GraphIR

extension Operator {
    /// x / √(mean of x² + epsilon) over the axes from `axis` on, times a scale.
    /// https://onnx.ai/onnx/operators/onnx__RMSNormalization.html, version 23. Computed in double, rounded once to the
    /// scale's type.
    static let rmsNormalization = Operator("RMSNormalization", accuracy: .accumulating, infer: .sameShape) { binding in
        let axis = Int(try binding.int("axis", default: -1))
        let epsilon = try binding.real("epsilon", default: 1e-5)
        // The type in which the mean is kept; ours is wider than any.
        binding.ignore("stash_type")
        return { call in
            let given = try call.input(0)
            let scale = try call.input(1)
            let x = try given.widened(to: given.isHalf ? .float32 : given.elementType)
            let start = try normalized(axis: axis, rank: x.shape.count)
            let factors = try RowScale(call, scale, "scale", shape: x.shape, from: start, fallback: 1)
            let type = scale.elementType == .float64 || x.elementType == .float64 ? ElementType.float64 : .float32
            func run<T: Real>(_: T.Type) throws -> Tensor {
                type == .float64
                    ? try rootMeanSquareNormalized(call, x, start, epsilon, factors, from: T.self, to: Double.self)
                    : try rootMeanSquareNormalized(call, x, start, epsilon, factors, from: T.self, to: Float.self)
            }
            let y = try withReal(x.elementType) {
                try run(Float.self)
            } double: {
                try run(Double.self)
            }
            return [try call.converted(y, to: scale.elementType)]
        }
    }
}

private func rootMeanSquareNormalized<T: Real, R: Real>(
    _ call: Call, _ x: Tensor, _ start: Int, _ epsilon: Double, _ scale: RowScale, from: T.Type, to: R.Type
) throws -> Tensor {
    let length = product(x.shape[start...])
    return try call.make(x.shape, of: R.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            let (source, target) = (Shared(values), Shared(out))
            try inParallel(out.count / length, grain: max(1, (1 << 14) / length)) { piece in
                for row in piece {
                    try call.checkTime()
                    let range = (row * length)..<((row + 1) * length)
                    var sum = 0.0
                    for i in range { sum += Double(source.pointer[i]) * Double(source.pointer[i]) }
                    let inverse = 1 / (sum / Double(length) + epsilon).squareRoot()
                    scale.withRow(row) { scale in
                        for i in 0..<length {
                            let value = Double(source.pointer[range.lowerBound + i]) * inverse
                            target.pointer[range.lowerBound + i] = R(value * scale[i])
                        }
                    }
                }
            }
        }
    }
}
