import GraphIR

/// Inception-v3; its blocks are ``InceptionBricks``.
struct InceptionV3: ArchitectureFamily {
    static let family = "inception_v3"
    var inputChannels = 3
    var classes: Int? = 1000
    var pooling = GlobalPool.avg

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        let x = try InceptionBricks(net: net).features(image, isWhole: true) { $0 }
        net.features = x
        let pooled = try net.globalPool("global_pool", x, pooling)
        guard let classes else { return pooled }
        return try net.linear("fc", pooled, out: classes, bias: true)
    }

    static let exampleKeys = ["Mixed_7c.branch1x1.conv.weight"]

    init() {}

    init?(_ weights: StateDict, hints: Hints) throws {
        guard weights["Mixed_5b.branch1x1.conv.weight"] != nil, weights["Mixed_7c.branch1x1.conv.weight"] != nil else {
            return nil
        }
        pooling = try hints.globalPool(
            columns: weights["fc.weight"]?.shape[checked: 1], channels: 2048,
            isNamed: hints.variant(of: InceptionV3.self) != nil)
        inputChannels = weights["Conv2d_1a_3x3.conv.weight"]?.shape[checked: 1] ?? 3
        classes = (weights["fc.weight"] ?? weights["fc.bias"])?.shape[checked: 0]
    }

    var name: String { "inception_v3" }
    var hyperparameters: [(String, String)] {
        [
            ("in_chans", "\(inputChannels)"), ("num_classes", "\(classes ?? 0)"), ("global_pool", pooling.rawValue),
        ]
    }
    func hasSizes(of other: InceptionV3) -> Bool { true }

    static let variants = [
        Variant(
            "inception_v3", InceptionV3(),
            Preprocessing(
                mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], inputSize: [3, 299, 299], cropFraction: 0.875), "timm")
    ]

    /// The auxiliary classifier takes part in training only.
    static let translations = [
        KeyTranslation(name: "torchvision", anchors: ["AuxLogits.fc.weight"]) { _ in [.drop("AuxLogits")] }
    ]
}
