import GraphIR

extension Operator {
    /// Σ weight[c, j] · padded[b, c, t + j] + bias[c], where `padded` is the input behind the k − 1 elements that came
    /// before it (zeros without a state); then optionally x · sigmoid(x). The last k − 1 elements are the next state.
    /// https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html, version 27.
    static let causalConvWithState = Operator("CausalConvWithState", accuracy: .accumulating, infer: causalInference) {
        binding in
        let isGated = try isGated(&binding)
        return roundingOnce { call in
            let (x, weights) = (try call.input(0), try call.input(1))
            try requireType(x.elementType, weights, call[2], call[3])
            guard x.shape.count == 3, weights.shape.count == 3, weights.shape[0] == x.shape[1], weights.shape[1] == 1,
                weights.shape[2] > 0
            else {
                throw GraphError(
                    .argument, "weights of shape \(weights.shape) for an input of \(x.shape)", argument: "weight")
            }
            let reach = weights.shape[2] - 1
            if let bias = call[2], bias.shape != [x.shape[1]] {
                throw GraphError(.argument, "shape \(bias.shape), expected [\(x.shape[1])]", argument: "bias")
            }
            if let past = call[3], past.shape != [x.shape[0], x.shape[1], reach] {
                throw GraphError(
                    .argument, "shape \(past.shape), expected [\(x.shape[0]), \(x.shape[1]), \(reach)]",
                    argument: "past_state")
            }
            let problem = CausalConvolution(x: x, weights: weights, reach: reach, isGated: isGated)
            return try withReal(x.elementType) {
                try problem.run(call, Float.self)
            } double: {
                try problem.run(call, Double.self)
            }
        }
    }

    private static let causalInference = InferenceRule { node in
        _ = try isGated(&node.binding)
        var letters = DimensionLetters()
        try letters.match(node, 0, "B C L", "input")
        try letters.match(node, 1, "C 1 K", "weight")
        try letters.match(node, 2, "C", "bias")
        try letters.merge("K-1", letters["K"].plus(.size(-1)), "weight")
        try letters.match(node, 3, "B C K-1", "past_state")
        if let size = letters["K"].known, size < 1 {
            throw GraphError(.argument, "a kernel of \(size), expected 1 or more", argument: "weight")
        }
        node.set(0, shape: node.shape(0))
        node.set(1, shape: [letters["B"], letters["C"], letters["K-1"]])
    }
}

/// Whether an activation follows: SiLU, which some call swish.
private func isGated(_ binding: inout Binding) throws -> Bool {
    let activation = try binding.string("activation") ?? "none"
    guard ["none", "silu", "swish"].contains(activation) else {
        throw GraphError(.argument, "\"\(activation)\" is none of none, silu, swish", argument: "activation")
    }
    return activation != "none"
}

private struct CausalConvolution: Sendable {
    let x: Tensor
    let weights: Tensor
    let reach: Int
    let isGated: Bool

    func run<T: RowFunctions>(_ call: Call, _: T.Type) throws -> [Tensor?] {
        let (channels, length) = (x.shape[1], x.shape[2])
        let rows = x.shape[0] * channels
        guard let padded = length.adding(checked: reach) else {
            throw GraphError(.memory, "\(length) elements behind \(reach) are too many")
        }
        var output: Tensor?
        let state = try call.make([x.shape[0], channels, reach], of: T.self) { state in
            let rest = try call.taking(state.count * MemoryLayout<T>.size, for: "the state")
            let states = Shared(state.baseAddress)
            output = try rest.make(x.shape, of: T.self) { out in
                let to = Shared(out.baseAddress)
                try withPointers(of: T.self, x, weights, call[2], call[3]) { pointers in
                    let inputs = Shared(pointers)
                    try inParallel(rows, grain: Swift.max(1, (1 << 16) / Swift.max(1, length * (reach + 1)))) { piece in
                        let (x, weights) = (inputs.pointer[0], inputs.pointer[1])
                        let (bias, past) = (inputs.pointer[2], inputs.pointer[3])
                        try rest.withScratch(padded.adding(checked: length), of: T.self) { line in
                            for row in piece {
                                try rest.checkTime()
                                let channel = row % channels
                                if let past { line.update(from: past + row * reach, count: reach) }
                                if let x { (line + reach).update(from: x + row * length, count: length) }
                                if let target = to.pointer, let weights {
                                    let result = target + row * length
                                    result.update(repeating: bias?[channel] ?? 0, count: length)
                                    for tap in 0...reach {
                                        let weight = weights[channel * (reach + 1) + tap]
                                        for i in 0..<length { result[i] += weight * line[tap + i] }
                                    }
                                    if isGated {
                                        T.sigmoid(result, line + padded, length)
                                        for i in 0..<length { result[i] *= line[padded + i] }
                                    }
                                }
                                if let target = states.pointer {
                                    (target + row * reach).update(from: line + length, count: reach)
                                }
                            }
                        }
                    }
                }
            }
        }
        return [output, state]
    }
}
