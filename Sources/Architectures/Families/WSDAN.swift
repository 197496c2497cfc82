import GraphIR

/// WS-DAN: "See Better Before Looking Closer: Weakly Supervised Data Augmentation Network for Fine-Grained Visual
/// Classification", T. Hu et al., 2019 (arXiv:1901.09891), in the PyTorch versions of GuYuc and of wvinzh.
///
/// Attention maps are a 1×1 convolution of the features. Bilinear attention pooling takes the features' mean under each
/// map; the vector of all of them is square-rooted, normed, and given to one matrix. The mean of the maps, which says
/// where the object is, is a second output.
struct WSDAN: ArchitectureFamily {
    static let family = "wsdan"

    enum Backbone: Sendable, Equatable {
        case inceptionMixed6e
        case inceptionMixed7c
        case resnet(ResNet)

        static func == (a: Backbone, b: Backbone) -> Bool {
            switch (a, b) {
            case (.inceptionMixed6e, .inceptionMixed6e), (.inceptionMixed7c, .inceptionMixed7c): true
            case (.resnet(let left), .resnet(let right)): left.hasSizes(of: right)
            default: false
            }
        }
    }

    /// Whose code it is.
    enum Code: String, Sendable { case guYuc = "GuYuc", wvinzh }

    var code = Code.guYuc
    var backbone = Backbone.inceptionMixed6e
    var maps = 32
    var inputChannels = 3
    var classes: Int? = 200
    var refinement = Refinement.none
    var size = ImageSize(448, 448)
    /// Whether images are brought from ImageNet's mean and deviation to the range from -1 to 1 (wvinzh's Inception).
    var transformsInput = true
    /// Whether the greatest product of features and a map takes the place of the mean (GuYuc's `GMP`).
    var poolsMaximum = false

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        let (whole, map) = try look(net, image)
        try net.output(code == .guYuc ? "attention_map" : "attention_maps", map)
        guard refinement == .crop else { return whole }
        guard classes != nil else {
            throw MappingError(
                .option, "refinement takes the mean of logits, and without a head there are none",
                report: "refinement: crop", hint: "leave out --no-head or refinement")
        }
        let section = try net.scope("crop") { try crop(net, image, map) }
        try net.output("raw_logits", whole)
        let (part, _) = try net.pass("refined") { try look(net, section) }
        return try net.elementwise(
            "Div", "mean", net.elementwise("Add", "mean", whole, part), net.number(2, at: "mean"))
    }

    /// The logits, or the pooled vector without a head, and what the code returns of attention: the mean of the maps, or
    /// the maps.
    private func look(
        _ net: ModelBuilder, _ image: ModelBuilder.Wire
    ) throws -> (ModelBuilder.Wire, map: ModelBuilder.Wire) {
        let (features, attention) = try code == .guYuc ? guYucs(net, image) : wvinzhs(net, image)
        if net.features == nil { net.features = features }
        let map =
            code == .guYuc ? try net.mean("attention_map", attention, axes: [1], keepsAxes: true) : attention
        let vector = try net.scope(bapName) { try pooled(net, features, attention) }
        guard let classes else { return (vector, map) }
        let head = code == .guYuc ? "fc" : "fc_new"
        return (try net.linear(head, net.scale(head, vector, by: 100), out: classes, bias: code == .wvinzh), map)
    }

    private func guYucs(
        _ net: ModelBuilder, _ image: ModelBuilder.Wire
    ) throws -> (features: ModelBuilder.Wire, attention: ModelBuilder.Wire) {
        let features = try self.features(net, image)
        return (features, try attention(net, features))
    }

    /// The authors' code takes the first features of `mixed_7c` for the maps. Its `attentions` are in the state dict all
    /// the same, and no node uses them.
    private func attention(_ net: ModelBuilder, _ features: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        guard backbone == .inceptionMixed7c else {
            return try InceptionBricks(net: net).convolution("attentions", features, maps)
        }
        let channels = features.shape[checked: 1]?.knownSize ?? 0
        try net.keepUnused("attentions.conv", "attentions.bn", shape: [maps, channels, 1, 1])
        return try net.slice("attentions", features, axis: 1, from: 0, to: maps)
    }

    private func features(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        try net.scope("features") {
            switch backbone {
            case .inceptionMixed6e, .inceptionMixed7c:
                return try InceptionBricks(net: net).features(image, isWhole: backbone == .inceptionMixed7c) {
                    Self.inceptionModules[$0] ?? $0
                }
            case .resnet(let model): return try model.features(net, image, names: .sequential)
            }
        }
    }

    /// P = A·Fᵀ ÷ positions, or the greatest product of a position; sign(P)·√(|P| + 10⁻¹²); divided by its length.
    private func pooled(
        _ net: ModelBuilder, _ features: ModelBuilder.Wire, _ attention: ModelBuilder.Wire
    ) throws -> ModelBuilder.Wire {
        guard let channels = features.shape[1].knownSize, let height = features.shape[2].knownSize,
            let width = features.shape[3].knownSize, let positions = height.multiplied(checked: width),
            let length = maps.multiplied(checked: channels)
        else {
            throw GraphError(
                .shape, "\(features.shape) isn't known", node: "bap", hint: "give the image size (--image-size)")
        }
        let products: ModelBuilder.Wire
        if poolsMaximum {
            let a = try net.reshape("", attention, [maps, 1, positions])
            let f = try net.reshape("", features, [1, channels, positions])
            products = try net.max("", net.elementwise("Mul", "", a, f), axis: 3)
        } else {
            let a = try net.reshape("", attention, [maps, positions])
            let f = try net.transpose("", net.reshape("", features, [channels, positions]), [0, 2, 1])
            products = try net.elementwise(
                "Div", "", net.matMul("", a, f), net.number(Float(positions), at: net.path("")))
        }
        let small = try net.number(1e-12, at: net.path(""))
        let size = try net.function("Sqrt", "", net.elementwise("Add", "", net.function("Abs", "", products), small))
        let signed = try net.elementwise("Mul", "", net.function("Sign", "", products), size)
        // Map by map: of so many squares in one sum a runtime may lose eight bits.
        let lengths = try net.euclideanLength("", signed, axis: 2)
        let norm = try net.elementwise("Max", "", net.euclideanLength("", lengths, axis: 1), small)
        return try net.reshape("", net.elementwise("Div", "", signed, norm), [length], isResult: true)
    }

    /// GuYuc numbers the backbone's modules.
    private static let inceptionModules: [String: String] = {
        let order = [
            "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3",
            "maxpool2", "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
            "Mixed_7a", "Mixed_7b", "Mixed_7c",
        ]
        return Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, "\($0)") })
    }()
}
