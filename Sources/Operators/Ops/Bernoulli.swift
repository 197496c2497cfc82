import GraphIR

extension Operator {
    /// 1 with the probability that each element says, 0 else; the same in every run.
    /// https://onnx.ai/onnx/operators/onnx__Bernoulli.html, versions 15, 22.
    static let bernoulli = Operator(
        "Bernoulli", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: node.shape(0), type: try node.binding.elementType() ?? node.elementType(0))
        }
    ) { binding in
        let type = try binding.elementType()
        let seed = try binding.randomSeed()
        return { call in
            let x = try call.input(0)
            let wide = try call.converted(x, to: .float64)
            let drawn = try call.make(.uint8, x.shape, as: UInt8.self) { out in
                var source = MersenneTwister(seed: seed)
                try wide.withElements(Double.self) { chances in
                    for (index, chance) in chances.enumerated() {
                        guard chance >= 0, chance <= 1 else {
                            throw GraphError(.argument, "\(chance) is no probability", argument: "input")
                        }
                        out[index] = source.uniform() < chance ? 1 : 0
                        if index % (1 << 20) == 0 { try call.checkTime() }
                    }
                }
            }
            return [try call.converted(drawn, to: type ?? x.elementType)]
        }
    }
}
