import GraphIR

extension Operator {
    /// Numbers of the normal distribution, the same in every run.
    /// https://onnx.ai/onnx/operators/onnx__RandomNormal.html, versions 1, 22.
    static let randomNormal = random("RandomNormal", isLike: false, normal)

    /// Numbers of the normal distribution in the shape (and, without `dtype`, of the type) of another tensor.
    /// https://onnx.ai/onnx/operators/onnx__RandomNormalLike.html, versions 1, 22.
    static let randomNormalLike = random("RandomNormalLike", isLike: true, normal)

    /// Numbers of low..<high, the same in every run.
    /// https://onnx.ai/onnx/operators/onnx__RandomUniform.html, versions 1, 22.
    static let randomUniform = random("RandomUniform", isLike: false, uniform)

    /// Numbers of low..<high in the shape (and, without `dtype`, of the type) of another tensor.
    /// https://onnx.ai/onnx/operators/onnx__RandomUniformLike.html, versions 1, 22.
    static let randomUniformLike = random("RandomUniformLike", isLike: true, uniform)

    private static func normal(_ binding: inout Binding) throws -> @Sendable (inout MersenneTwister) -> Double {
        let mean = try binding.real("mean", default: 0)
        let scale = try binding.real("scale", default: 1)
        return { mean + scale * $0.normal() }
    }

    private static func uniform(_ binding: inout Binding) throws -> @Sendable (inout MersenneTwister) -> Double {
        let low = try binding.real("low", default: 0)
        let high = try binding.real("high", default: 1)
        return { low + (high - low) * $0.uniform() }
    }

    private static func random(
        _ name: String, isLike: Bool,
        _ distribution: @escaping @Sendable (inout Binding) throws -> @Sendable (inout MersenneTwister) -> Double
    ) -> Operator {
        Operator(
            name, accuracy: .exact,
            infer: InferenceRule { node in
                let type = try node.binding.elementType()
                let shape =
                    isLike ? node.shape(0) : try node.binding.ints("shape")?.map { try .size(said: $0, "shape") }
                node.set(0, shape: shape, type: type ?? (isLike ? node.elementType(0) : .float32))
            }
        ) { binding in
            let draw = try distribution(&binding)
            let type = try binding.elementType()
            let seed = try binding.randomSeed()
            let fixed = isLike ? nil : try binding.ints("shape")?.map { Int($0) } ?? []
            return { call in
                if let fixed { return [try call.drawn(type ?? .float32, fixed, seed: seed, draw)] }
                let x = try call.input(0)
                return [try call.drawn(type ?? x.elementType, x.shape, seed: seed, draw)]
            }
        }
    }
}
