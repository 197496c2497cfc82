import GraphIR

/// The SE-ResNets of R. Cadene's `pretrained-models.pytorch`, converted from the authors' Caffe files
/// (arXiv:1709.01507). timm has them in `senet.py`.
extension ResNet {
    /// timm `senet.py`.
    static let cadenes: [Variant<ResNet>] = [
        ("seresnet18", [2, 2, 2, 2], true, 1), ("seresnet34", [3, 4, 6, 3], true, 1),
        ("seresnet50", [3, 4, 6, 3], false, 1), ("seresnet101", [3, 4, 23, 3], false, 1),
        ("seresnet152", [3, 8, 36, 3], false, 1), ("senet154", [3, 8, 36, 3], false, 64),
        ("seresnext26_32x4d", [2, 2, 2, 2], false, 32), ("seresnext50_32x4d", [3, 4, 6, 3], false, 32),
        ("seresnext101_32x4d", [3, 4, 23, 3], false, 32),
    ].map { (name: String, layers: [Int], isBasic: Bool, groups: Int) in
        let isDeep = groups == 64
        let sizes = model(
            layers, basic: isBasic, cardinality: groups, baseWidth: groups == 1 ? 64 : 4, stem: isDeep ? wide : [64],
            shortcutKernel: isDeep ? 3 : 1, reduceFirst: isDeep ? 2 : 1)
        return named("legacy_" + name, sizes) {
            $0.names = .cadene
            $0.attention = .squeezeExcite($0.stages.map { ($0.last?.widths.last ?? 16) / 16 })
        }
    }

    /// Weights in Cadene's spelling in torchvision's; `nil` for others.
    static func plain(cadenes weights: StateDict) -> StateDict? {
        guard weights["layer0.conv1.weight"] != nil || weights["layer1.0.se_module.fc1.weight"] != nil else {
            return nil
        }
        let isDeep = weights["layer0.conv2.weight"] != nil || weights["layer0.conv3.weight"] != nil
        let stem =
            isDeep
            ? [
                ("conv1", "conv1.0"), ("bn1", "conv1.1"), ("conv2", "conv1.3"), ("bn2", "conv1.4"),
                ("conv3", "conv1.6"), ("bn3", "bn1"),
            ]
            : [("conv1", "conv1"), ("bn1", "bn1")]
        let rules =
            stem.map { ("layer0." + $0, $1) } + [("last_linear", "fc")]
            + (1...8).map { ("layer\($0).#.se_module", "layer\($0).#.se") }
        var plain = StateDict()
        for (key, tensor) in weights.tensors {
            plain[rules.lazy.compactMap { translated(key.string, $0.0, $0.1) }.first ?? key.string] = tensor
        }
        return plain
    }
}
