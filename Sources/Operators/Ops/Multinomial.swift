import GraphIR

extension Operator {
    /// Outcomes drawn by unnormalised log-probabilities, a row of them for each row; the same in every run.
    /// https://onnx.ai/onnx/operators/onnx__Multinomial.html, versions 7, 22.
    static let multinomial = Operator(
        "Multinomial", accuracy: .exact,
        infer: InferenceRule { node in
            let type = try node.binding.elementType() ?? .int32
            let samples = try node.binding.int("sample_size", default: 1)
            node.set(
                0,
                shape: [
                    try node.shape(0, rank: 2...2, "input")?[0] ?? .unknown, try .size(said: samples, "sample_size"),
                ], type: type)
        }
    ) { binding in
        let type = try binding.elementType() ?? .int32
        guard type == .int32 || type == .int64 else {
            throw GraphError(.argument, "\(type.onnxName), expected INT32 or INT64", argument: "dtype")
        }
        let samples = Int(try binding.int("sample_size", default: 1))
        let seed = try binding.randomSeed()
        return { call in
            let x = try call.input(0)
            guard x.shape.count == 2 else {
                throw GraphError(.argument, "shape \(x.shape), expected rank 2", argument: "input")
            }
            let classes = x.shape[1]
            let wide = try call.converted(x, to: .float64)
            try call.check(.float64, [classes])
            let drawn = try call.make([x.shape[0], samples], of: Int64.self) { out in
                var source = MersenneTwister(seed: seed)
                try wide.withElements(Double.self) { logits in
                    for row in 0..<(out.isEmpty ? 0 : x.shape[0]) {
                        try call.checkTime()
                        let sums = try cumulated(logits[(row * classes)..<((row + 1) * classes)])
                        for sample in 0..<samples {
                            let drawn = source.uniform() * (sums.last ?? 0)
                            out[row * samples + sample] = Int64(firstIndex(above: drawn, in: sums))
                        }
                    }
                }
            }
            return [try call.converted(drawn, to: type)]
        }
    }
}

/// Sums of e^x from the first element on, scaled so that they don't overflow.
private func cumulated(_ logits: Slice<UnsafeBufferPointer<Double>>) throws -> [Double] {
    let greatest = logits.reduce(-Double.infinity) { Swift.max($0, $1) }
    guard greatest.isFinite, logits.allSatisfy({ !$0.isNaN }) else {
        throw GraphError(.argument, "a row of log-probabilities has no finite greatest", argument: "input")
    }
    var sum = 0.0
    return logits.map { logit in
        sum += Double.exponential(logit - greatest)
        return sum
    }
}

private func firstIndex(above value: Double, in sums: [Double]) -> Int {
    var range = 0..<(sums.count - 1)
    while !range.isEmpty {
        let middle = range.lowerBound + range.count / 2
        range = sums[middle] > value ? range.lowerBound..<middle : (middle + 1)..<range.upperBound
    }
    return range.lowerBound
}
