import GraphIR

extension Operator {
    /// (x − mean) / √(variance + epsilon) · scale + bias with the given statistics, per channel (axis 1).
    /// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html, versions 1, 6, 7, 9, 14, 15.
    ///
    /// Computed as x · s + t, where s = scale / √(variance + epsilon) and t = bias − mean · s come from double and are
    /// rounded once to the element's type; PyTorch computes the same form. Training mode is not supported.
    static let batchNormalization = Operator("BatchNormalization", accuracy: .rounding(ulps: 2)) { binding in
        let epsilon = try binding.real("epsilon", default: 1e-5)
        binding.ignore("momentum", "consumed_inputs")
        let isTraining = binding.version >= 14 ? try binding.flag("training_mode") : false
        let isTest = binding.version < 7 ? try binding.flag("is_test") : true
        let isSpatial = try binding.flag("spatial", default: true)
        guard !isTraining, isTest, !binding.outputs.dropFirst().contains(true) else {
            throw GraphError(
                .unsupportedArgument, "batch normalization in training mode isn't implemented",
                argument: binding.version < 7 ? "is_test" : "training_mode")
        }
        guard isSpatial else {
            throw GraphError(.unsupportedArgument, "statistics per element aren't implemented", argument: "spatial")
        }
        return roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 1 else {
                throw GraphError(.argument, "the input has no axes", argument: "X")
            }
            let channels = x.shape.count > 1 ? x.shape[1] : 1
            let parameters = try ["scale", "B", "input_mean", "input_var"].enumerated().map { position, name in
                let tensor = try call.input(position + 1)
                guard tensor.shape == [channels] else {
                    throw GraphError(.argument, "shape \(tensor.shape), expected [\(channels)]", argument: name)
                }
                return try tensor.doubles()
            }
            let scales = (0..<channels).map { parameters[0][$0] / (parameters[3][$0] + epsilon).squareRoot() }
            let shifts = (0..<channels).map { parameters[1][$0] - parameters[2][$0] * scales[$0] }
            return [try call.scaleShift(x, groups: x.shape[0], channels, scales, shifts)]
        }
    }
}

extension Call {
    /// x · scale + shift, one pair of numbers for every channel of every outer position, or repeated over them.
    func scaleShift(_ x: Tensor, groups: Int, _ channels: Int, _ scales: [Double], _ shifts: [Double]) throws -> Tensor {
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
        return try withReal(x.elementType) { try run(Float.self) } double: { try run(Double.self) }
    }
}

extension Tensor {
    /// The elements of a floating-point tensor as doubles, exactly.
    func doubles() throws -> [Double] { try widened(to: .float64).array(of: Double.self) }
}
