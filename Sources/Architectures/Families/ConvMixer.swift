import GraphIR

/// ConvMixer: "Patches Are All You Need?", A. Trockman and J. Z. Kolter, 2022 (arXiv:2201.09792).
///
/// Patches are embedded by one convolution. Each of `depth` blocks mixes positions by a depthwise convolution with a
/// residual connection, then channels by a pointwise one. The norm stands behind the activation throughout.
struct ConvMixer: ArchitectureFamily {
    static let family = "convmixer"

    var dim: Int
    var depth: Int
    var kernel = 9
    var patch = 7
    var inputChannels = 3
    /// `nil` for a model without a head.
    var classes: Int? = 1000
    var activation = Activation.gelu
    var pooling = GlobalPool.avg
    var keys = ConvMixerKeys(grammar: .timm)

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        // σ, then BN: the two modules behind each convolution.
        func activateAndNormalize(_ x: ModelBuilder.Wire, _ modules: [String]) throws -> ModelBuilder.Wire {
            try net.batchNorm(modules[2], net.activation(activation, modules[1], x))
        }

        let stem = keys.stem
        var x = try net.conv2d(stem[0], image, out: dim, kernel: patch, stride: patch, bias: true)
        x = try activateAndNormalize(x, stem)
        keys.stemContainers.forEach { net.mark(x, asOutputOf: $0) }

        for index in 0..<depth {
            let depthwise = keys.depthwise(index)
            var mixed = try net.conv2d(
                depthwise[0], x, out: dim, kernel: kernel, padding: .same, groups: dim, bias: true)
            mixed = try activateAndNormalize(mixed, depthwise)
            keys.depthwiseContainers(index).forEach { net.mark(mixed, asOutputOf: $0) }
            x = try net.add(keys.residual(index), mixed, x)

            let pointwise = keys.pointwise(index)
            x = try net.conv2d(pointwise[0], x, out: dim, kernel: 1, bias: true)
            x = try activateAndNormalize(x, pointwise)
            keys.blockContainers(index, of: depth).forEach { net.mark(x, asOutputOf: $0) }
        }

        net.features = x
        x = try net.flatten(keys.flatten(depth), net.globallyPooled(keys.pool(depth), x, pooling))
        keys.poolContainers.forEach { net.mark(x, asOutputOf: $0) }
        guard let classes else { return x }
        return try net.linear(keys.head(depth), x, out: classes, bias: true)
    }
}

extension ConvMixer {
    /// timm's name for it: `convmixer_{dim}_{depth}`, with kernel and patch where they aren't 9 and 7.
    var name: String {
        if let known = Self.variants.first(where: { $0.model.hasSizes(of: self) }) { return known.name }
        return "convmixer_\(dim)_\(depth)_ks\(kernel)_p\(patch)"
    }

    func likened(to model: ConvMixer) -> ConvMixer {
        var result = self
        (result.classes, result.inputChannels, result.keys) = (model.classes, model.inputChannels, model.keys)
        return result
    }

    func hasSizes(of other: ConvMixer) -> Bool {
        dim == other.dim && depth == other.depth && kernel == other.kernel && patch == other.patch
    }

    private static func imageNet(_ name: String, _ model: ConvMixer, _ summary: String) -> Variant<ConvMixer> {
        Variant(name, model, .imageNet(cropFraction: 0.96), summary)
    }

    /// timm's three first, then the paper's others, then the repository's for CIFAR-10.
    static let variants: [Variant<ConvMixer>] = [
        imageNet("convmixer_1536_20", ConvMixer(dim: 1536, depth: 20), "timm, paper"),
        imageNet(
            "convmixer_768_32", ConvMixer(dim: 768, depth: 32, kernel: 7, activation: .relu), "timm, paper; ReLU"),
        imageNet("convmixer_1024_20_ks9_p14", ConvMixer(dim: 1024, depth: 20, patch: 14), "timm, paper"),
        imageNet("convmixer_1536_20_ks3_p7", ConvMixer(dim: 1536, depth: 20, kernel: 3), "paper"),
        imageNet("convmixer_1024_16_ks9_p7", ConvMixer(dim: 1024, depth: 16), "paper"),
        imageNet("convmixer_1024_12_ks8_p7", ConvMixer(dim: 1024, depth: 12, kernel: 8), "paper; even kernel"),
        imageNet("convmixer_512_16_ks8_p7", ConvMixer(dim: 512, depth: 16, kernel: 8), "paper; even kernel"),
        imageNet("convmixer_512_12_ks8_p7", ConvMixer(dim: 512, depth: 12, kernel: 8), "paper; even kernel"),
        imageNet(
            "convmixer_768_32_ks3_p14", ConvMixer(dim: 768, depth: 32, kernel: 3, patch: 14, activation: .relu),
            "paper; ReLU"),
        imageNet("convmixer_1536_20_ks9_p14", ConvMixer(dim: 1536, depth: 20, patch: 14), "paper"),
        Variant(
            "convmixer_256_8_ks5_p2", ConvMixer(dim: 256, depth: 8, kernel: 5, patch: 2, classes: 10),
            Preprocessing(
                mean: [0.4914, 0.4822, 0.4465], std: [0.2471, 0.2435, 0.2616], inputSize: [3, 32, 32], cropFraction: 1),
            "the authors' CIFAR-10 script"),
    ]

    var hyperparameters: [(String, String)] {
        [
            ("dim", "\(dim)"), ("depth", "\(depth)"), ("kernel_size", "\(kernel)"), ("patch_size", "\(patch)"),
            ("in_chans", "\(inputChannels)"), ("num_classes", "\(classes ?? 0)"), ("act_layer", activation.rawValue),
            ("global_pool", pooling.rawValue), ("keys", keys.grammar.rawValue),
        ]
    }

    var normsFollowReLU: Bool { activation == .relu }

    static let exampleKeys = ConvMixerKeys.Grammar.allCases.map { ConvMixerKeys(grammar: $0).stem[0] + ".weight" }

    /// The variant or free combination of sizes of a name such as `convmixer_1024_20_ks9_p14`; `nil` for other names.
    /// Kernel and patch are 9 and 7 unless a known variant says otherwise.
    init?(name: String) {
        let bare = name.split(separator: ".").first.map(String.init) ?? name
        if let known = Self.variants.first(where: { $0.name == bare }) {
            self = known.model
            return
        }
        var parts = bare.split(separator: "_").map(String.init)
        guard parts.first == "convmixer", let dim = parts[checked: 1].flatMap({ Int($0) }),
            let depth = parts[checked: 2].flatMap({ Int($0) })
        else { return nil }
        self.init(dim: dim, depth: depth)
        parts.removeFirst(3)
        for part in parts {
            if part == "relu" {
                activation = .relu
            } else if part.hasPrefix("ks"), let size = Int(part.dropFirst(2)) {
                kernel = size
            } else if part.hasPrefix("p"), let size = Int(part.dropFirst()) {
                patch = size
            } else {
                return nil
            }
        }
        guard (1...Self.sizeLimit).contains(dim), (0...Self.depthLimit).contains(depth),
            (1...Self.windowLimit).contains(kernel), (1...Self.windowLimit).contains(patch)
        else { return nil }
        if let known = Self.variants.first(where: { $0.model.hasSizes(of: self) }) {
            activation = known.model.activation
        }
    }

    /// Forty times the widest that was published: what is beyond isn't a model but a mistake.
    static let sizeLimit = 65536
    /// Thirty times the deepest that was published.
    static let depthLimit = 1000
    /// Larger than any image that a patch or kernel could cover in practice.
    static let windowLimit = 1024
}
