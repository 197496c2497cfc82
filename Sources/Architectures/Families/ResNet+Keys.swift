import GraphIR

extension ResNet {
    /// Key formats of other authors.
    static let translations: [KeyTranslation] =
        [
            wrapped("MoCo", "encoder_q"), wrapped("MoCo v3", "base_encoder"), wrapped("VISSL", "_feature_blocks"),
            wrapped("VISSL", "trunk._feature_blocks"), wrapped("VISSL", "base_model.model.trunk._feature_blocks"),
        ] + ["", "resnet."].map(huggingFace) + [pycls]

    /// What self-supervised training wraps a ResNet in. Its head is a projection for training.
    private static func wrapped(_ name: String, _ prefix: String) -> KeyTranslation {
        KeyTranslation(name: name, anchors: [prefix + ".conv1.weight", prefix + ".layer1.0.conv1.weight"]) { _ in
            [.drop(prefix + ".fc"), .rename(prefix, ""), .drop("")]
        }
    }

    private static func huggingFace(_ prefix: String) -> KeyTranslation {
        let stem = prefix + "embedder.embedder"
        return KeyTranslation(name: "Hugging Face", anchors: [stem + ".convolution.weight"]) { weights in
            var rules: [KeyTranslation.Rule] = [
                .rename(stem + ".convolution", "conv1"), .rename(stem + ".normalization", "bn1"),
                .rename("classifier.1", "fc"),
            ]
            for stage in 0..<8 {
                let layer = "\(prefix)encoder.stages.\(stage).layers.#"
                let new = "layer\(stage + 1).#"
                for index in 0..<3 {
                    rules += [
                        .rename("\(layer).layer.\(index).convolution", "\(new).conv\(index + 1)"),
                        .rename("\(layer).layer.\(index).normalization", "\(new).bn\(index + 1)"),
                    ]
                }
                rules += [
                    .rename("\(layer).shortcut.convolution", "\(new).downsample.0"),
                    .rename("\(layer).shortcut.normalization", "\(new).downsample.1"),
                ]
            }
            return rules
        }
    }

    /// Stages and blocks are counted from one.
    private static let pycls: KeyTranslation = {
        var translation = KeyTranslation(name: "pycls", anchors: ["stem.conv.weight", "s1.b1.f.a.weight"]) { weights in
            var rules: [KeyTranslation.Rule] = [
                .rename("stem.conv", "conv1"), .rename("stem.bn", "bn1"), .rename("head.fc", "fc"),
            ]
            for stage in 1...8 {
                var block = 1
                while weights["s\(stage).b\(block).f.a.weight"] != nil {
                    let (old, new) = ("s\(stage).b\(block)", "layer\(stage).\(block - 1)")
                    for (index, letter) in ["a", "b", "c"].enumerated() {
                        rules += [
                            .rename("\(old).f.\(letter)", "\(new).conv\(index + 1)"),
                            .rename("\(old).f.\(letter)_bn", "\(new).bn\(index + 1)"),
                        ]
                    }
                    rules += [
                        .rename("\(old).proj", "\(new).downsample.0"), .rename("\(old).bn", "\(new).downsample.1"),
                    ]
                    block += 1
                }
            }
            return rules
        }
        translation.remark =
            "strides: on the 3×3 convolutions, as in pycls' configurations (RESNET.STRIDE_1X1 False); its default is other"
        return translation
    }()
}
