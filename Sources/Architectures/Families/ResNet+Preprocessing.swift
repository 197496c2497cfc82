extension ResNet {
    /// The preprocessing of the tag that timm takes by default for `name`; other tags of it may differ, and their
    /// `config.json` says so.
    static func preprocessing(of name: String, size: Int) -> Preprocessing {
        let isOld = name.hasPrefix("legacy_")
        let crop = cropFractions[name] ?? (isOld || croppedAsTorchvision.contains(name) ? 0.875 : 0.95)
        let isBilinear =
            bilinear.contains(name) || isOld && !["legacy_seresnet18", "legacy_seresnext26_32x4d"].contains(name)
        return .imageNet(size: size, cropFraction: crop, interpolation: isBilinear ? "bilinear" : "bicubic")
    }

    /// Neither timm's usual 0.95 nor torchvision's 0.875.
    private static let cropFractions: [String: Double] = [
        "resnet26t": 0.94, "resnet50_gn": 0.94, "resnetrs50": 0.91, "resnetrs101": 0.94, "resnetrs152": 1,
        "resnetrs200": 1, "resnetrs270": 1, "resnetrs350": 1, "resnetrs420": 1, "seresnextaa201d_32x8d": 1,
    ]

    private static let croppedAsTorchvision: Set<String> = [
        "resnet10t", "resnet14t", "resnet18d", "resnet34d", "resnet26", "resnet26d", "resnet50c", "resnet50d",
        "resnet50s", "resnet101c", "resnet101s", "resnet152c", "resnet152s", "wide_resnet50_2", "wide_resnet101_2",
        "resnext50d_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_32x16d", "resnext101_32x32d",
        "seresnext50_32x4d", "seresnext101_32x4d", "seresnext101_64x4d", "seresnext26d_32x4d", "seresnext26t_32x4d",
        "senet154", "ecaresnet26t", "ecaresnet50d", "ecaresnet50t", "ecaresnetlight", "ecaresnet101d", "resnetblur50",
    ]

    private static let bilinear: Set<String> = [
        "wide_resnet101_2", "resnext101_32x4d", "resnext101_32x8d", "resnext101_32x16d", "resnext101_32x32d",
    ]
}
