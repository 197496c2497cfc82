import GraphIR

/// WS-DAN: "See Better Before Looking Closer: Weakly Supervised Data Augmentation Network for Fine-Grained Visual
/// Classification", T. Hu et al., 2019 (arXiv:1901.09891), in the PyTorch version of GuYuc.
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

    var backbone = Backbone.inceptionMixed6e
    var maps = 32
    var inputChannels = 3
    var classes: Int? = 200

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        let features = try self.features(net, image)
        net.features = features
        let bricks = InceptionBricks(net: net)
        let attention =
            try backbone == .inceptionMixed7c
            ? net.slice("attentions", features, axis: 1, from: 0, to: maps)
            : bricks.convolution("attentions", features, maps)
        try net.output("attention_map", net.mean("attention_map", attention, axes: [1], keepsAxes: true))
        let vector = try net.scope("bap") { try pooled(net, features, attention) }
        guard let classes else { return vector }
        return try net.linear("fc", net.scale("fc", vector, by: 100), out: classes, bias: false)
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

    /// P = A·Fᵀ ÷ positions; sign(P)·√(|P| + 10⁻¹²); divided by its length.
    private func pooled(
        _ net: ModelBuilder, _ features: ModelBuilder.Wire, _ attention: ModelBuilder.Wire
    ) throws -> ModelBuilder.Wire {
        guard let channels = features.shape[1].knownSize, let height = features.shape[2].knownSize,
            let width = features.shape[3].knownSize
        else {
            throw GraphError(.shape, "\(features.shape) isn't known", node: "bap", hint: "give the image size")
        }
        let a = try net.reshape("", attention, [maps, height * width])
        let f = try net.transpose("", net.reshape("", features, [channels, height * width]), [0, 2, 1])
        let mean = try net.elementwise(
            "Div", "", net.matMul("", a, f), net.number(Float(height * width), at: net.path("")))
        let flat = try net.reshape("", mean, [maps * channels])
        let small = try net.number(1e-12, at: net.path(""))
        let size = try net.function("Sqrt", "", net.elementwise("Add", "", net.function("Abs", "", flat), small))
        let signed = try net.elementwise("Mul", "", net.function("Sign", "", flat), size)
        let length = try net.elementwise("Max", "", net.euclideanLength("", signed, axis: 1), small)
        return try net.elementwise("Div", "", signed, length, isResult: true)
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

extension WSDAN {
    static let exampleKeys = ["attentions.conv.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        guard let attention = weights["attentions.conv.weight"]?.shape, attention.count == 4,
            (1...4096).contains(attention[0])
        else { return nil }
        self.init()
        maps = attention[0]
        classes = weights["fc.weight"]?.shape[checked: 0]
        if weights["features.4.conv.weight"] == nil {
            var renamed = StateDict()
            for (key, tensor) in weights.tensors {
                guard key.string.hasPrefix("features.") else { continue }
                renamed[ResNet.plainName(ofSequential: String(key.string.dropFirst("features.".count)))] = tensor
            }
            guard let model = try ResNet(renamed, hints: hints) else { return nil }
            backbone = .resnet(model)
            inputChannels = model.inputChannels
        } else {
            backbone = weights["features.17.branch1x1.conv.weight"] == nil ? .inceptionMixed6e : .inceptionMixed7c
            inputChannels = weights["features.0.conv.weight"]?.shape[checked: 1] ?? 3
        }
        hints.note("pooling: the mean (GAP), as every published WS-DAN; the maximum can't be told by shapes")
    }

    var imageSize: ImageSize? { ImageSize(448, 448) }
    var name: String {
        variant?.name ?? "wsdan_" + hyperparameters[0].1
    }
    var hyperparameters: [(String, String)] {
        let net =
            switch backbone {
            case .inceptionMixed6e: "inception_mixed_6e"
            case .inceptionMixed7c: "inception_mixed_7c"
            case .resnet(let model): model.name
            }
        return [
            ("net", net), ("num_attentions", "\(maps)"), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"),
        ]
    }
    func hasSizes(of other: WSDAN) -> Bool { backbone == other.backbone && maps == other.maps }

    private static func wsdan(_ name: String, _ backbone: Backbone) -> Variant<WSDAN> {
        var model = WSDAN()
        model.backbone = backbone
        return Variant(
            name, model, .imageNet(size: 448, cropFraction: 0.875, interpolation: "bilinear"), "GuYuc")
    }

    static let variants: [Variant<WSDAN>] =
        [wsdan("wsdan_inception_mixed_6e", .inceptionMixed6e), wsdan("wsdan_inception_mixed_7c", .inceptionMixed7c)]
        + ["resnet50", "resnet101", "resnet152"].compactMap { name in
            ResNet(name: name).map { wsdan("wsdan_\(name)", .resnet($0)) }
        }
}
