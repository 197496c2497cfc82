import GraphIR

extension Operator {
    /// Normalizes every channel of every image by its own mean and variance, then scales and shifts per channel.
    /// https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html, versions 1, 6, 22. Statistics are in double.
    static let instanceNormalization = Operator(
        "InstanceNormalization", accuracy: .accumulating, infer: .sameShape
    ) { binding in
        let epsilon = try binding.real("epsilon", default: 1e-5)
        binding.ignore("consumed_inputs")
        return roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 2 else {
                throw GraphError(.argument, "rank \(x.shape.count), expected at least 2", argument: "input")
            }
            return [
                try call.normalizedByGroup(
                    x, groups: x.shape[1], epsilon: epsilon, scale: call.input(1), bias: call.input(2))
            ]
        }
    }
}

extension Call {
    /// Normalizes `groups` equal parts of the channels of every image, then scales and shifts per channel, or per group
    /// where that is how many numbers there are.
    func normalizedByGroup(
        _ x: Tensor, groups: Int, epsilon: Double, scale: Tensor, bias: Tensor, perGroupParameters: Bool = false
    ) throws -> Tensor {
        let channels = x.shape[1]
        guard groups > 0, channels % groups == 0 else {
            throw GraphError(.argument, "\(channels) channels don't divide into \(groups) groups")
        }
        let perGroup = channels / groups
        func numbers(_ tensor: Tensor, _ name: String) throws -> [Double] {
            guard tensor.shape == [channels] || (perGroupParameters && tensor.shape == [groups]) else {
                let expected = perGroupParameters ? groups : channels
                throw GraphError(.argument, "shape \(tensor.shape), expected [\(expected)]", argument: name)
            }
            let values = try tensor.doubles()
            return values.count == channels ? values : values.flatMap { [Double](repeating: $0, count: perGroup) }
        }
        let scales = try numbers(scale, "scale")
        let biases = try numbers(bias, "bias")
        let count = product([x.shape[0], groups])
        try check(.complex128, [x.shape[0], channels])
        func statistics<T: Real>(_: T.Type) throws -> [(mean: Double, inverse: Double)] {
            var parts = [(mean: Double, inverse: Double)](repeating: (0, 0), count: count)
            try x.withElements(T.self) { values in
                let length = values.count / max(count, 1)
                try parts.withUnsafeMutableBufferPointer { parts in
                    let (source, target) = (Shared(values), Shared(parts))
                    try inParallel(count, grain: max(1, (1 << 15) / max(length, 1))) { piece in
                        for part in piece {
                            try checkTime()
                            let range = (part * length)..<((part + 1) * length)
                            target.pointer[part] = moments(source.pointer[range], epsilon)
                        }
                    }
                }
            }
            return parts
        }
        let parts = try withReal(x.elementType) {
            try statistics(Float.self)
        } double: {
            try statistics(Double.self)
        }
        var allScales: [Double] = []
        var allShifts: [Double] = []
        for item in 0..<(parts.count * perGroup) {
            let (mean, inverse) = parts[item / perGroup]
            allScales.append(scales[item % channels] * inverse)
            allShifts.append(biases[item % channels] - mean * scales[item % channels] * inverse)
        }
        return try scaleShift(x, groups: x.shape[0], channels, allScales, allShifts)
    }
}

/// Mean and 1 / √(variance + epsilon) of some elements, in two passes in double. The variance is the biased one.
func moments<T: Real>(_ values: some Collection<T>, _ epsilon: Double) -> (mean: Double, inverse: Double) {
    var sum = 0.0
    for value in values { sum += Double(value) }
    let mean = sum / Double(values.count)
    var squares = 0.0
    for value in values {
        let distance = Double(value) - mean
        squares += distance * distance
    }
    return (mean, 1 / (squares / Double(values.count) + epsilon).squareRoot())
}
