import GraphIR

extension Operator {
    /// Normalizes groups of channels of every image by their own mean and variance, then scales and shifts.
    /// https://onnx.ai/onnx/operators/onnx__GroupNormalization.html, versions 18, 21. Statistics are in double.
    ///
    /// Version 18 has a scale and bias per group, which are repeated for each channel.
    static let groupNormalization = Operator("GroupNormalization", accuracy: .accumulating) { binding in
        let epsilon = try binding.real("epsilon", default: 1e-5)
        let groups = Int(try binding.int("num_groups", default: 1))
        binding.ignore("stash_type")
        let isPerGroup = binding.version < 21
        return roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 2, groups > 0, x.shape[1] % groups == 0 else {
                throw GraphError(.argument, "shape \(x.shape) has no \(groups) groups of channels", argument: "num_groups")
            }
            func perChannel(_ tensor: Tensor) throws -> Tensor {
                guard isPerGroup else { return tensor }
                guard tensor.shape == [groups] else {
                    throw GraphError(.argument, "shape \(tensor.shape), expected [\(groups)]", argument: "scale, bias")
                }
                let repeats = x.shape[1] / groups
                return try Tensor(tensor.doubles().flatMap { [Double](repeating: $0, count: repeats) }, shape: [x.shape[1]])
            }
            let scale = try perChannel(call.input(1))
            let bias = try perChannel(call.input(2))
            return [try call.normalizedByGroup(x, groups: groups, epsilon: epsilon, scale: scale, bias: bias)]
        }
    }
}
