import GraphIR

extension Operator {
    /// x / (bias + alpha / size · Σ x²)^beta, summed over `size` neighbouring channels.
    /// https://onnx.ai/onnx/operators/onnx__LRN.html, versions 1, 13. Computed in double.
    static let lrn = Operator("LRN", accuracy: .accumulating, infer: .sameShape) { binding in
        let alpha = try binding.real("alpha", default: 1e-4)
        let beta = try binding.real("beta", default: 0.75)
        let bias = try binding.real("bias", default: 1)
        let size = Int(try binding.int("size", default: 0))
        guard size > 0 else { throw GraphError(.argument, "\(size), expected a positive number", argument: "size") }
        return roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 2 else {
                throw GraphError(.argument, "rank \(x.shape.count), expected at least 2", argument: "X")
            }
            func run<T: Real>(_: T.Type) throws -> Tensor {
                let channels = x.shape[1]
                let area = product(x.shape.dropFirst(2))
                let before = Swift.min((size - 1) / 2, channels)
                let after = Swift.min(size / 2, channels)
                return try call.make(x.shape, of: T.self) { out in
                    if out.isEmpty { return }
                    try x.withElements(T.self) { values in
                        let (source, target) = (Shared(values), Shared(out))
                        let grain = Swift.max(1, (1 << 11) / Swift.max(area, 1))
                        try inParallel(x.shape[0] * channels, grain: grain) { piece in
                            for plane in piece {
                                try call.checkTime()
                                let channel = plane % channels
                                let first = plane - Swift.min(before, channel)
                                let last = plane + Swift.min(after, channels - 1 - channel)
                                for position in 0..<area {
                                    var sum = 0.0
                                    for other in first...last {
                                        let value = Double(source.pointer[other * area + position])
                                        sum += value * value
                                    }
                                    let base = bias + alpha / Double(size) * sum
                                    let at = plane * area + position
                                    target.pointer[at] = T(Double(source.pointer[at]) / power(base, beta))
                                }
                            }
                        }
                    }
                }
            }
            return [
                try withReal(x.elementType) {
                    try run(Float.self)
                } double: {
                    try run(Double.self)
                }
            ]
        }
    }
}

/// x to the power of y; the exponent of the paper by square roots.
private func power(_ x: Double, _ y: Double) -> Double {
    y == 0.75 ? x.squareRoot() * x.squareRoot().squareRoot() : Double.power(x, y)
}
