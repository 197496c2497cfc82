import GraphIR

extension Operator {
    /// (x − mean) / √(variance + epsilon) · scale + bias per channel (axis 1): with the given statistics, or in training
    /// mode with those of the input, and then the running statistics are given too.
    /// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html, versions 1, 6, 7, 9, 14, 15.
    ///
    /// Computed as x · s + t, where s = scale / √(variance + epsilon) and t = bias − mean · s come from double and are
    /// rounded once to the element's type; PyTorch computes the same form. Training is what `is_test` says before version
    /// 7, what more than one output says before 14, and `training_mode` since. With `spatial` = 0 (before version 9)
    /// every position of every channel is a channel of its own.
    static let batchNormalization = Operator(
        "BatchNormalization", accuracy: .rounding(ulps: 2), infer: .batchNormalization
    ) { binding in
        let epsilon = try binding.real("epsilon", default: 1e-5)
        let momentum = try binding.real("momentum", default: 0.9)
        binding.ignore("consumed_inputs")
        let hasMoreOutputs = binding.outputs.dropFirst().contains(true)
        let isTraining =
            switch binding.version {
            case 14...: try binding.flag("training_mode")
            case 7...: hasMoreOutputs
            default: try !binding.flag("is_test")
            }
        guard isTraining || !hasMoreOutputs else {
            throw GraphError(
                .argument, "only training gives more than one output",
                argument: binding.version >= 14 ? "training_mode" : "is_test")
        }
        let isSpatial = binding.version >= 9 ? true : try binding.flag("spatial", default: true)
        return { call in
            let given = try call.input(0)
            var x = try given.widened(to: given.isHalf ? .float32 : given.elementType)
            guard x.shape.count >= 1 else {
                throw GraphError(.argument, "the input has no axes", argument: "X")
            }
            let features = isSpatial ? x.shape.dropFirst().prefix(1) : x.shape.dropFirst()
            let channels = product(features)
            if !isSpatial { x = try x.reshaped([x.shape[0], channels]) }
            let parameters = try ["scale", "B", "input_mean", "input_var"].enumerated().map { position, name in
                let tensor = try call.input(position + 1)
                guard tensor.shape == [channels] || tensor.shape == Array(features) else {
                    throw GraphError(.argument, "shape \(tensor.shape), expected \(Array(features))", argument: name)
                }
                return try tensor.doubles()
            }
            let (means, variances) =
                isTraining
                ? try statistics(of: x, channels: channels) : (parameters[2], parameters[3])
            let scales = (0..<channels).map { parameters[0][$0] / (variances[$0] + epsilon).squareRoot() }
            let shifts = (0..<channels).map { parameters[1][$0] - means[$0] * scales[$0] }
            let y = try call.scaleShift(x, groups: x.shape[0], channels, scales, shifts)
            var results: [Tensor?] = [try call.converted(y.reshaped(given.shape), to: given.elementType)]
            guard isTraining else { return results }
            func append(_ values: [Double], like position: Int) throws {
                let model = try call.input(position)
                results.append(try call.converted(Tensor(values, shape: model.shape), to: model.elementType))
            }
            for (position, current) in [(3, means), (4, variances)] {
                try append(
                    zip(parameters[position - 1], current).map { $0 * momentum + $1 * (1 - momentum) }, like: position)
            }
            try append(means, like: 3)
            try append(variances, like: 4)
            return results
        }
    }
}

/// Mean and variance (the biased one) of every channel over all other axes, in two passes in double.
private func statistics(of x: Tensor, channels: Int) throws -> (means: [Double], variances: [Double]) {
    func run<T: Real>(_: T.Type) throws -> ([Double], [Double]) {
        var means = [Double](repeating: 0, count: channels)
        var variances = means
        let length = product(x.shape.dropFirst(2))
        let count = Double(x.shape[0]) * Double(length)
        try x.withElements(T.self) { values in
            func forEachElement(_ channel: Int, _ body: (Double) -> Void) {
                for image in 0..<x.shape[0] {
                    let start = (image * channels + channel) * length
                    for i in start..<(start + length) { body(Double(values[i])) }
                }
            }
            for channel in 0..<channels {
                var sum = 0.0
                forEachElement(channel) { sum += $0 }
                let mean = sum / count
                var squares = 0.0
                forEachElement(channel) { squares += ($0 - mean) * ($0 - mean) }
                means[channel] = mean
                variances[channel] = squares / count
            }
        }
        return (means, variances)
    }
    return try withReal(x.elementType) {
        try run(Float.self)
    } double: {
        try run(Double.self)
    }
}

extension Call {
    /// x · scale + shift, one pair of numbers for every channel of every outer position, or repeated over them.
    func scaleShift(_ x: Tensor, groups: Int, _ channels: Int, _ scales: [Double], _ shifts: [Double]) throws -> Tensor
    {
        func run<T: Real>(_: T.Type) throws -> Tensor {
            try make(x.shape, of: T.self) { out in
                guard let to = out.baseAddress, !out.isEmpty, !scales.isEmpty else { return }
                let length = out.count / (groups * channels)
                try x.withElements(T.self) { values in
                    guard let from = values.baseAddress else { return }
                    let (source, target) = (Shared(from), Shared(to))
                    let grain = max(1, ParallelLimits.elements / max(length, 1))
                    try inParallel(groups * channels, grain: grain) { piece in
                        for item in piece {
                            T.scaleShift(
                                source.pointer + item * length, T(scales[item % scales.count]),
                                T(shifts[item % shifts.count]), target.pointer + item * length, length)
                        }
                    }
                }
            }
        }
        return try withReal(x.elementType) {
            try run(Float.self)
        } double: {
            try run(Double.self)
        }
    }
}

extension Tensor {
    /// The elements of a floating-point tensor as doubles, exactly.
    func doubles() throws -> [Double] { try widened(to: .float64).array(of: Double.self) }
}

extension InferenceRule {
    fileprivate static let batchNormalization = InferenceRule { node in
        let shape = try node.shape(0, rank: 1...Int.max, "X")
        let isSpatial = try node.binding.flag("spatial", default: true)
        var channels = shape.map { $0.count > 1 ? $0[1] : .size(1) } ?? .unknown
        for (position, name) in ["scale", "B", "input_mean", "input_var"].enumerated() where isSpatial {
            guard let shape = try node.shape(position + 1, rank: 1...1, name) else { continue }
            channels = try node.unified(channels, shape[0], name)
        }
        if node.binding.version >= 14 {
            let trains = try node.binding.flag("training_mode")
            guard node.outputs.count == (trains ? 3 : 1) else {
                throw GraphError(
                    .argument, "\(node.outputs.count) outputs, expected 3 for training and 1 else",
                    argument: "training_mode")
            }
        }
        node.set(0, shape: shape)
        for output in node.outputs.indices.dropFirst() { node.set(output, shape: isSpatial ? [channels] : nil) }
    }
}
