import GraphIR

extension Operator {
    /// One step of Adagrad: h' = h + g², x' = x − r/(1 + t·decay) · g/(√h' + ε), with g + norm·x for g.
    /// https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adagrad.html, versions 1.
    static let adagrad = optimizer("Adagrad", states: 1) { binding in
        let decay = try binding.real("decay_factor", default: 0)
        let epsilon = try binding.real("epsilon", default: 1e-6)
        let norm = try binding.real("norm_coefficient", default: 0)
        return { step, x, g, state in
            let rate = step.rate / (1 + step.count * decay)
            let gradient = norm * x + g
            let h = state[0] + gradient * gradient
            return (x - rate * gradient / (h.squareRoot() + epsilon), [h])
        }
    }

    /// One step of Adam: v' = α v + (1 − α) g, h' = β h + (1 − β) g², x' = x − r v'/(√h' + ε), with g + norm·x for g;
    /// from the first update on r is r √(1 − βᵗ)/(1 − αᵗ).
    /// https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adam.html, versions 1.
    static let adam = optimizer("Adam", states: 2) { binding in
        let alpha = try binding.real("alpha", default: 0.9)
        let beta = try binding.real("beta", default: 0.999)
        let epsilon = try binding.real("epsilon", default: 1e-6)
        let norm = try binding.real("norm_coefficient", default: 0)
        let after = try binding.real("norm_coefficient_post", default: 0)
        return { step, x, g, state in
            let gradient = norm * x + g
            let v = alpha * state[0] + (1 - alpha) * gradient
            let h = beta * state[1] + (1 - beta) * gradient * gradient
            let rate =
                step.count > 0
                ? step.rate * (1 - Double.power(beta, step.count)).squareRoot() / (1 - Double.power(alpha, step.count))
                : step.rate
            return ((1 - after) * (x - rate * v / (h.squareRoot() + epsilon)), [v, h])
        }
    }

    /// One step of gradient descent with momentum: v' = α v + β g, x' = x − r v' or, after Nesterov, x − r (g + α v'),
    /// with g + norm·x for g; β is 1 in the first step.
    /// https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Momentum.html, versions 1.
    static let momentum = optimizer("Momentum", states: 1) { binding in
        let alpha = try binding.real("alpha", default: 0)
        let beta = try binding.real("beta", default: 1)
        let norm = try binding.real("norm_coefficient", default: 0)
        let mode = try binding.string("mode") ?? "standard"
        guard mode == "standard" || mode == "nesterov" else {
            throw GraphError(.argument, "\"\(mode)\" is neither standard nor nesterov", argument: "mode")
        }
        return { step, x, g, state in
            let gradient = norm * x + g
            let v = alpha * state[0] + (step.count > 0 ? beta : 1) * gradient
            return (x - step.rate * (mode == "standard" ? v : gradient + alpha * v), [v])
        }
    }

    /// An optimizer: inputs are the learning rate, the number of updates, and then all tensors, all gradients and all of
    /// each kind of state; outputs all new tensors and all of each kind of new state. Computed in double, rounded once.
    private static func optimizer(
        _ name: String, states: Int, _ make: @escaping @Sendable (inout Binding) throws -> UpdateRule
    ) -> Operator {
        Operator(
            name, domain: "ai.onnx.preview.training", accuracy: .rounding(ulps: 0.51),
            infer: InferenceRule { node in
                let given = node.inputs.count - 2
                guard given > 0, given % (states + 2) == 0 else {
                    throw GraphError(
                        .argument, "\(given) tensors besides rate and count, expected a multiple of \(states + 2)",
                        argument: "inputs")
                }
                let count = given / (states + 2)
                for output in node.outputs.indices {
                    // State follows behind the gradients.
                    let input = 2 + output + (output < count ? 0 : count)
                    node.set(output, type: node.type(input))
                }
            },
            bind: { binding in
                let rule = try make(&binding)
                let given = binding.inputs.count - 2
                guard given > 0, given % (states + 2) == 0 else {
                    throw GraphError(
                        .argument, "\(given) tensors besides rate and count, expected a multiple of \(states + 2)",
                        argument: "inputs")
                }
                let count = given / (states + 2)
                return { call in
                    let step = UpdateStep(
                        rate: try call.number(0, "R"), count: try call.number(1, "T"))
                    var outputs = [Tensor?](repeating: nil, count: count * (states + 1))
                    for index in 0..<count {
                        let tensors = try (0..<(states + 2)).map { try call.input(2 + index + $0 * count) }
                        let updated = try call.update(tensors, step, rule)
                        for (kind, tensor) in updated.enumerated() { outputs[index + kind * count] = tensor }
                    }
                    return outputs
                }
            })
    }
}

private struct UpdateStep: Sendable {
    let rate: Double
    let count: Double
}

/// The new element and its new state from the element, its gradient and its state.
private typealias UpdateRule =
    @Sendable (_ step: UpdateStep, _ x: Double, _ gradient: Double, _ state: [Double]) -> (Double, [Double])

extension Call {
    fileprivate func number(_ input: Int, _ name: String) throws -> Double {
        try converted(self.input(input), to: .float64).scalar(Double.self, name)
    }

    /// A tensor and its state, from the tensor, its gradient and its state.
    fileprivate func update(_ tensors: [Tensor], _ step: UpdateStep, _ rule: UpdateRule) throws -> [Tensor] {
        let shape = tensors[0].shape
        for tensor in tensors where tensor.shape != shape {
            throw GraphError(
                .argument, "shape \(tensor.shape), the tensor to update has \(shape)", argument: "inputs")
        }
        try check(.float64, [2, tensors.count, tensors[0].count])
        let values = try tensors.map { try doubles($0) }
        var results = tensors.indices.dropLast().map { _ in [Double](repeating: 0, count: tensors[0].count) }
        for index in 0..<tensors[0].count {
            let (x, state) = rule(step, values[0][index], values[1][index], values.dropFirst(2).map { $0[index] })
            results[0][index] = x
            for (kind, value) in state.enumerated() { results[1 + kind][index] = value }
        }
        let types = [tensors[0].elementType] + tensors.dropFirst(2).map(\.elementType)
        return try zip(results, types).map { values, type in
            try real(shape: shape, values, inDouble: type == .float64)
        }
    }
}
