import GraphIR

extension Operator {
    /// Normalizes groups of channels of every image by their own mean and variance, then scales and shifts per channel.
    /// https://onnx.ai/onnx/operators/onnx__GroupNormalization.html, versions 18 (scale and bias per group), 21. Statistics
    /// are in double.
    static let groupNormalization = Operator(
        "GroupNormalization", accuracy: .accumulating, infer: .sameShape
    ) { binding in
        let isPerGroup = binding.version < 21
        let epsilon = try binding.real("epsilon", default: 1e-5)
        let groups = Int(try binding.int("num_groups", default: 1))
        // The type in which statistics are kept; ours are wider than any.
        binding.ignore("stash_type")
        return roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 2, groups > 0, x.shape[1] % groups == 0 else {
                throw GraphError(
                    .argument, "shape \(x.shape) has no \(groups) groups of channels", argument: "num_groups")
            }
            return [
                try call.normalizedByGroup(
                    x, groups: groups, epsilon: epsilon, scale: call.input(1), bias: call.input(2),
                    perGroupParameters: isPerGroup)
            ]
        }
    }
}
