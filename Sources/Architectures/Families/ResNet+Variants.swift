import GraphIR

extension ResNet {
    /// timm's `ResNet` arguments as a model: `layers` blocks a stage, the first of each with a shortcut where shapes
    /// change.
    static func model(
        _ layers: [Int], basic: Bool = false, cardinality: Int = 1, baseWidth: Int = 64, stem: [Int] = [64],
        averageShortcut: Bool = false, shortcutKernel: Int = 1, reduceFirst: Int = 1
    ) -> ResNet {
        var entering = stem.last ?? 64
        var stages: [[Block]] = []
        for (stage, count) in layers.enumerated() {
            let planes = 64 << stage
            let leaving = basic ? planes : 4 * planes
            stages.append(
                (0..<count).map { index in
                    let width = planes * baseWidth / 64 * cardinality
                    let needsShortcut = index == 0 && (stage > 0 || entering != leaving)
                    return Block(
                        widths: basic ? [planes, planes] : [width / reduceFirst, width, leaving],
                        groups: basic ? 1 : cardinality,
                        shortcut: needsShortcut ? (stage == 0 || averageShortcut ? 1 : shortcutKernel) : nil)
                })
            entering = leaving
        }
        var model = ResNet(stages: stages)
        model.stem = stem
        model.hasAverageShortcut = averageShortcut
        return model
    }

    private static let deep = [32, 32, 64]
    private static let tiered = [24, 32, 64]
    static let wide = [64, 64, 128]

    /// Channels of the gate, a sixteenth (or `ratio`) of the block's, in eights.
    private static func gate(_ model: ResNet, ratio: Double = 1 / 16) -> Attention {
        .squeezeExcite(
            model.stages.map { blocks in
                let channels = Double(blocks.first?.widths.last ?? 0) * ratio
                let rounded = max(8, Int(channels + 4) / 8 * 8)
                return Double(rounded) < 0.9 * channels ? rounded + 8 : rounded
            })
    }

    /// (log₂ of the channels + 1) ÷ 2, made odd.
    private static func eca(_ model: ResNet) -> Attention {
        .eca(
            model.stages.map { blocks in
                let channels = max(blocks.first?.widths.last ?? 1, 1)
                let binaryLogarithm = Int.bitWidth - 1 - channels.leadingZeroBitCount
                let size = max((binaryLogarithm + 1) / 2, 3)
                return size % 2 == 1 ? size : size + 1
            })
    }

    static func named(
        _ name: String, _ model: ResNet, _ size: Int = 224, se: Double? = nil, hasECA: Bool = false,
        _ change: (inout ResNet) -> Void = { _ in }
    ) -> Variant<ResNet> {
        var model = model
        if let se { model.attention = gate(model, ratio: se) }
        if hasECA { model.attention = eca(model) }
        change(&model)
        return Variant(name, model, preprocessing(of: name, size: size), "timm")
    }

    private static func rs(_ name: String, _ layers: [Int], _ size: Int) -> Variant<ResNet> {
        named(name, model(layers, stem: deep, averageShortcut: true), size, se: 0.25) {
            $0.hasStemPoolConvolution = true
        }
    }

    /// timm `resnet.py`.
    static let variants: [Variant<ResNet>] =
        [
            named("resnet10t", model([1, 1, 1, 1], basic: true, stem: tiered, averageShortcut: true), 176),
            named("resnet14t", model([1, 1, 1, 1], stem: tiered, averageShortcut: true), 176),
            named("resnet18", model([2, 2, 2, 2], basic: true)),
            named("resnet18d", model([2, 2, 2, 2], basic: true, stem: deep, averageShortcut: true)),
            named("resnet34", model([3, 4, 6, 3], basic: true)),
            named("resnet34d", model([3, 4, 6, 3], basic: true, stem: deep, averageShortcut: true)),
            named("resnet26", model([2, 2, 2, 2])),
            named("resnet26d", model([2, 2, 2, 2], stem: deep, averageShortcut: true)),
            named("resnet26t", model([2, 2, 2, 2], stem: tiered, averageShortcut: true), 256),
            named("resnet50", model([3, 4, 6, 3])), named("resnet50c", model([3, 4, 6, 3], stem: deep)),
            named("resnet50d", model([3, 4, 6, 3], stem: deep, averageShortcut: true)),
            named("resnet50s", model([3, 4, 6, 3], stem: wide)),
            named("resnet50_gn", model([3, 4, 6, 3])) { $0.hasGroupNorm = true },
            named("resnet101", model([3, 4, 23, 3])), named("resnet101c", model([3, 4, 23, 3], stem: deep)),
            named("resnet101d", model([3, 4, 23, 3], stem: deep, averageShortcut: true), 256),
            named("resnet101s", model([3, 4, 23, 3], stem: wide)), named("resnet152", model([3, 8, 36, 3])),
            named("resnet152c", model([3, 8, 36, 3], stem: deep)),
            named("resnet152d", model([3, 8, 36, 3], stem: deep, averageShortcut: true), 256),
            named("resnet152s", model([3, 8, 36, 3], stem: wide)),
            named("resnet200d", model([3, 24, 36, 3], stem: deep, averageShortcut: true), 256),
            named("wide_resnet50_2", model([3, 4, 6, 3], baseWidth: 128)),
            named("wide_resnet101_2", model([3, 4, 23, 3], baseWidth: 128)),
            named("resnext50_32x4d", model([3, 4, 6, 3], cardinality: 32, baseWidth: 4)),
            named(
                "resnext50d_32x4d",
                model([3, 4, 6, 3], cardinality: 32, baseWidth: 4, stem: deep, averageShortcut: true)),
            named("resnext101_32x4d", model([3, 4, 23, 3], cardinality: 32, baseWidth: 4)),
            named("resnext101_32x8d", model([3, 4, 23, 3], cardinality: 32, baseWidth: 8)),
            named("resnext101_64x4d", model([3, 4, 23, 3], cardinality: 64, baseWidth: 4)),
            named("resnext101_32x16d", model([3, 4, 23, 3], cardinality: 32, baseWidth: 16)),
            named("resnext101_32x32d", model([3, 4, 23, 3], cardinality: 32, baseWidth: 32)),
            named("seresnet50", model([3, 4, 6, 3]), se: 1 / 16),
            named("seresnet152d", model([3, 8, 36, 3], stem: deep, averageShortcut: true), 256, se: 1 / 16),
            named("seresnext50_32x4d", model([3, 4, 6, 3], cardinality: 32, baseWidth: 4), se: 1 / 16),
            named("seresnext101_32x4d", model([3, 4, 23, 3], cardinality: 32, baseWidth: 4), se: 1 / 16),
            named("seresnext101_32x8d", model([3, 4, 23, 3], cardinality: 32, baseWidth: 8), se: 1 / 16),
            named("seresnext101_64x4d", model([3, 4, 23, 3], cardinality: 64, baseWidth: 4), se: 1 / 16),
            named(
                "seresnext101d_32x8d",
                model([3, 4, 23, 3], cardinality: 32, baseWidth: 8, stem: deep, averageShortcut: true), se: 1 / 16),
            named(
                "seresnext26d_32x4d",
                model([2, 2, 2, 2], cardinality: 32, baseWidth: 4, stem: deep, averageShortcut: true),
                se: 1 / 16),
            named(
                "seresnext26t_32x4d",
                model([2, 2, 2, 2], cardinality: 32, baseWidth: 4, stem: tiered, averageShortcut: true), se: 1 / 16),
            named(
                "senet154",
                model([3, 8, 36, 3], cardinality: 64, baseWidth: 4, stem: wide, shortcutKernel: 3, reduceFirst: 2),
                se: 1 / 16),
            named("ecaresnet26t", model([2, 2, 2, 2], stem: tiered, averageShortcut: true), 256, hasECA: true),
            named("ecaresnet50d", model([3, 4, 6, 3], stem: deep, averageShortcut: true), hasECA: true),
            named("ecaresnet50t", model([3, 4, 6, 3], stem: tiered, averageShortcut: true), 256, hasECA: true),
            named("ecaresnetlight", model([1, 1, 11, 3], averageShortcut: true), hasECA: true),
            named("ecaresnet101d", model([3, 4, 23, 3], stem: deep, averageShortcut: true), hasECA: true),
            named("ecaresnet269d", model([3, 30, 48, 8], stem: deep, averageShortcut: true), 320, hasECA: true),
            named("resnetaa50", model([3, 4, 6, 3])) { $0.antiAliasing = .avg },
            named("resnetaa50d", model([3, 4, 6, 3], stem: deep, averageShortcut: true)) { $0.antiAliasing = .avg },
            named("resnetaa101d", model([3, 4, 23, 3], stem: deep, averageShortcut: true)) { $0.antiAliasing = .avg },
            named(
                "seresnextaa101d_32x8d",
                model([3, 4, 23, 3], cardinality: 32, baseWidth: 8, stem: deep, averageShortcut: true), 288, se: 1 / 16
            ) { $0.antiAliasing = .avg },
            named(
                "seresnextaa201d_32x8d",
                model([3, 24, 36, 4], cardinality: 32, baseWidth: 8, stem: wide, averageShortcut: true), 384, se: 1 / 16
            ) { $0.antiAliasing = .avg },
            named("resnetblur50", model([3, 4, 6, 3])) { $0.antiAliasing = .blur },
            rs("resnetrs50", [3, 4, 6, 3], 160), rs("resnetrs101", [3, 4, 23, 3], 192),
            rs("resnetrs152", [3, 8, 36, 3], 256), rs("resnetrs200", [3, 24, 36, 3], 256),
            rs("resnetrs270", [4, 29, 53, 4], 256), rs("resnetrs350", [4, 36, 72, 4], 288),
            rs("resnetrs420", [4, 44, 87, 4], 320),
        ] + cadenes
}
