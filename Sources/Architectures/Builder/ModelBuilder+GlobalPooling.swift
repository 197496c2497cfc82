import GraphIR

/// How a feature map becomes one vector, by timm's names (`SelectAdaptivePool2d`).
enum GlobalPool: String, Sendable, CaseIterable {
    case avg, max
    /// Half the sum of both.
    case avgmax
    /// Both, one behind the other.
    case catavgmax

    /// Numbers of the vector for each channel.
    var parts: Int { self == .catavgmax ? 2 : 1 }
}

extension ModelBuilder {
    /// `SelectAdaptivePool2d`: `[N, C, H, W]` → `[N, C]`, twice as many for `catavgmax`.
    func globalPool(_ name: String, _ x: Wire, _ kind: GlobalPool) throws -> Wire {
        let vector = try flatten(name + ".flatten", globallyPooled(name + ".pool", x, kind))
        mark(vector, asOutputOf: path(name))
        return vector
    }

    /// `[N, C, H, W]` → `[N, C, 1, 1]`, twice as many channels for `catavgmax`.
    func globallyPooled(_ name: String, _ x: Wire, _ kind: GlobalPool) throws -> Wire {
        switch kind {
        case .avg: return try globalAveragePool(name, x)
        case .max: return try globalMaxPool(name, x, isResult: true)
        case .avgmax:
            let sum = try elementwise(
                "Add", name, mean(name, x, axes: [2, 3], keepsAxes: true), globalMaxPool(name, x))
            return try elementwise("Mul", name, sum, number(0.5, at: path(name)), isResult: true)
        case .catavgmax:
            let parts = try [mean(name, x, axes: [2, 3], keepsAxes: true), globalMaxPool(name, x)]
            let both = try concat(name, parts, axis: 1)
            mark(both, asOutputOf: path(name))
            return both
        }
    }

    /// timm's `global_pool_nlc` of the tokens that take part: `[N, tokens, D]` → `[N, D]`.
    func pooledTokens(_ name: String, _ x: Wire, _ kind: ViT.Pooling) throws -> Wire {
        switch kind {
        case .max: return try max(name, x, axis: 1)
        case .avgmax:
            let sum = try elementwise("Add", name, max(name, x, axis: 1), mean(name, x, axes: [1]))
            return try elementwise("Mul", name, sum, number(0.5, at: path(name)))
        case .avg, .token, .map: return try mean(name, x, axes: [1])
        }
    }

    /// `nn.AdaptiveMaxPool2d(1)`: the greatest of all positions, `[N, C, 1, 1]`.
    func globalMaxPool(_ name: String, _ x: Wire, isResult: Bool = false) throws -> Wire {
        guard x.shape.count == 4 else { throw GraphError(.shape, "\(x.shape) is no feature map", node: path(name)) }
        return node(
            "GlobalMaxPool", at: path(name), [x], shape: [x.shape[0], x.shape[1], .size(1), .size(1)],
            isResult: isResult)
    }

    /// Convolutional block attention: a gate for each channel from the greatest and the mean of all positions, then one
    /// for each position from those of all channels. S. Woo et al., 2018 (arXiv:1807.06521), in the version of GuYuc's
    /// WS-DAN.
    /// - Parameters:
    ///   - hidden: channels between the two 1×1 convolutions.
    ///   - kernel: side of the second gate's convolution, an odd number.
    func convolutionalBlockAttention(_ name: String, _ x: Wire, hidden: Int, kernel: Int) throws -> Wire {
        try scope(name) {
            let channels = x.shape[checked: 1]?.knownSize
            func perceptron(_ pooled: Wire) throws -> Wire {
                let narrow = try relu("mlp.1", conv2d("mlp.0", pooled, out: hidden, kernel: 1, bias: false))
                return try conv2d("mlp.2", narrow, out: channels, kernel: 1, bias: false)
            }
            let greatest = try perceptron(globalMaxPool("max_pool", x, isResult: true))
            let sum = try elementwise("Add", "", greatest, perceptron(globalAveragePool("avg_pool", x)))
            let gated = try elementwise("Mul", "", activation(.sigmoid, "sigmoid", sum), x)
            let both = try concat(
                "", [max("", gated, axis: 1, keepsAxis: true), mean("", gated, axes: [1], keepsAxes: true)], axis: 1)
            let map = try conv2d("conv", both, out: 1, kernel: kernel, padding: .symmetric(kernel / 2), bias: false)
            return try elementwise("Mul", "", activation(.sigmoid, "sigmoid", map), gated)
        }
    }
}
