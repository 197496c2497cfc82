import GraphIR

/// MLP-Mixer and its relatives: perceptrons across positions, perceptrons across channels, no attention.
///
/// "MLP-Mixer: An all-MLP Architecture for Vision", I. Tolstikhin et al., 2021 (arXiv:2105.01601); "ResMLP", H. Touvron
/// et al., 2021 (arXiv:2105.03404), with affine maps for norms and one matrix across positions; "Pay Attention to MLPs",
/// H. Liu et al., 2021 (arXiv:2105.08050), gMLP, whose gate mixes positions; timm's gMixer, Mixer with gated perceptrons.
struct MLPMixer: ArchitectureFamily {
    static let family = "mlp_mixer"

    enum Kind: String, Sendable { case mixer, gmixer, resmlp, gmlp }

    var kind = Kind.mixer
    var patch = 16
    var dim: Int
    var depth: Int
    /// Rows of the first matrix across positions; none in ResMLP and gMLP.
    var tokenHidden: Int
    /// Rows of the first matrix across channels.
    var channelHidden: Int
    var grid = ImageSize(14, 14)
    var inputChannels = 3
    var classes: Int? = 1000
    var activation = Activation.gelu

    private static let epsilon: Float = 1e-6
    private var positions: Int { grid.height * grid.width }

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        var x = try net.scope("stem") {
            let map = try net.conv2d("proj", image, out: dim, kernel: patch, stride: patch, bias: true)
            return try net.tokens("flatten", map)
        }
        for index in 0..<depth { x = try net.scope("blocks.\(index)") { try block(net, x) } }
        net.mark(x, asOutputOf: "blocks")
        x = try kind == .resmlp ? affine(net, "norm", x) : net.layerNorm("norm", x, epsilon: Self.epsilon)
        net.features = x
        let pooled = try net.mean("pool", x, axes: [1])
        guard let classes else { return pooled }
        return try net.linear("head", pooled, out: classes, bias: true)
    }

    private func block(_ net: ModelBuilder, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        switch kind {
        case .mixer, .gmixer:
            let across = try net.transpose("", net.layerNorm("norm1", x, epsilon: Self.epsilon), [0, 2, 1])
            let mixed = try perceptron(net, "mlp_tokens", across, hidden: tokenHidden)
            let x = try net.add("residual1", x, net.transpose("", mixed, [0, 2, 1]))
            let fed = try perceptron(
                net, "mlp_channels", net.layerNorm("norm2", x, epsilon: Self.epsilon), hidden: channelHidden)
            return try net.add("residual2", x, fed)
        case .resmlp:
            let across = try net.transpose("", affine(net, "norm1", x), [0, 2, 1])
            let mixed = try net.transpose(
                "", net.linear("linear_tokens", across, out: positions, bias: true), [0, 2, 1])
            let x = try net.add("residual1", x, net.layerScale("", key: "ls1", mixed))
            let fed = try perceptron(net, "mlp_channels", affine(net, "norm2", x), hidden: channelHidden)
            return try net.add("residual2", x, net.layerScale("", key: "ls2", fed))
        case .gmlp:
            let normed = try net.layerNorm("norm", x, epsilon: Self.epsilon)
            return try net.add("residual", x, spatialGating(net, normed))
        }
    }

    private func perceptron(
        _ net: ModelBuilder, _ name: String, _ x: ModelBuilder.Wire, hidden: Int
    ) throws -> ModelBuilder.Wire {
        try net.scope(name) {
            var wide = try net.linear("fc1", x, out: hidden, bias: true)
            if kind == .gmixer {
                let halves = try net.split("act", wide, axis: 2, into: 2)
                wide = try net.elementwise("Mul", "act", halves[0], net.activation(.silu, "act", halves[1]))
            } else {
                wide = try net.activation(activation, "act", wide)
            }
            return try net.linear("fc2", wide, out: x.shape[2].knownSize, bias: true)
        }
    }

    /// gMLP's perceptron: one half of the channels gates the other, after a matrix across positions. The gate's norm is
    /// PyTorch's own, with its epsilon.
    private func spatialGating(_ net: ModelBuilder, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        try net.scope("mlp_channels") {
            let wide = try net.activation(activation, "act", net.linear("fc1", x, out: channelHidden, bias: true))
            let halves = try net.split("gate", wide, axis: 2, into: 2)
            let gate = try net.scope("gate") {
                let across = try net.transpose("", net.layerNorm("norm", halves[1], epsilon: 1e-5), [0, 2, 1])
                let mixed = try net.linear("proj", across, out: positions, bias: true)
                return try net.elementwise("Mul", "", halves[0], net.transpose("", mixed, [0, 2, 1]))
            }
            return try net.linear("fc2", gate, out: dim, bias: true)
        }
    }

    /// ResMLP's substitute for a norm: alpha · x + beta, of shapes `[1, 1, D]`.
    private func affine(_ net: ModelBuilder, _ name: String, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        let alpha = try net.parameter(name + ".alpha", shape: [1, 1, dim])
        let beta = try net.parameter(name + ".beta", shape: [1, 1, dim])
        return try net.elementwise("Add", name, net.elementwise("Mul", name, x, alpha), beta, isResult: true)
    }
}
