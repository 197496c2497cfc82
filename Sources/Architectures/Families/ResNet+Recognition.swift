import GraphIR

extension ResNet {
    static let exampleKeys = ["layer1.0.conv1.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        guard shape("layer1.0.conv1.weight") != nil || shape("layer1.0.conv2.weight") != nil else { return nil }
        var stages: [[Block]] = []
        while weights.count(of: "layer\(stages.count + 1)") > 0, stages.count < 8 {
            let stage = "layer\(stages.count + 1)"
            stages.append(
                (0..<weights.count(of: stage)).map { Block(weights, at: "\(stage).\($0)") })
        }
        self.init(stages: stages)
        stem =
            shape("conv1.0.weight") == nil
            ? [shape("conv1.weight")?[checked: 0] ?? 64]
            : ["0", "3", "6"].map { shape("conv1.\($0).weight")?[checked: 0] ?? 64 }
        inputChannels = (shape("conv1.0.weight") ?? shape("conv1.weight"))?[checked: 1] ?? 3
        classes = shape("fc.weight")?[checked: 0] ?? shape("fc.bias")?[checked: 0]
        hasAverageShortcut =
            weights.tensors.contains {
                $0.key.string.contains(".downsample.2.")
                    || $0.key.string.hasSuffix(".downsample.1.weight") && $0.value.shape.count == 4
            }
        hasStemPoolConvolution = weights.names.contains { $0.hasPrefix("maxpool.") }
        hasBlockBiases = shape("layer1.0.conv1.bias") != nil
        hasGroupNorm = shape("bn1.weight") != nil && shape("bn1.running_mean") == nil
        if shape("layer1.0.se.fc1.weight") != nil {
            attention = .squeezeExcite(
                stages.indices.map { shape("layer\($0 + 1).0.se.fc1.weight")?[checked: 0] ?? 0 })
        } else if shape("layer1.0.se.conv.weight") != nil {
            attention = .eca(stages.indices.map { shape("layer\($0 + 1).0.se.conv.weight")?[checked: 2] ?? 3 })
        }
        let sizes = stem + stages.flatMap { $0.flatMap { $0.widths + [$0.groups] } } + [inputChannels]
        guard sizes.allSatisfy({ (1...65536).contains($0) }), stages.allSatisfy({ $0.count <= 1000 }) else {
            return nil
        }
        let named = hints.variant(of: ResNet.self)?.variant.model
        activation = try hints.activation(
            ofNamed: named?.activation, usual: .relu, reason: "that of every published ResNet")
        try setAntiAliasing(named, hints)
    }

    private mutating func setAntiAliasing(_ named: ResNet?, _ hints: Hints) throws {
        if let text = hints.text("aa_layer") {
            switch text.lowercased() {
            case "avg", "avgpool2d": antiAliasing = .avg
            case "blur", "blurpool2d", "blurpool": antiAliasing = .blur
            case "none", "": antiAliasing = .none
            default:
                throw MappingError(
                    .option, "there is no anti-aliasing '\(text)'", report: "known: none, avg, blur",
                    hint: "one of none, avg, blur")
            }
        } else if let named {
            antiAliasing = named.antiAliasing
        } else if let name = hints.architecture?.name,
            let said = AntiAliasing.allCases.first(where: {
                $0 != .none && (name.contains("net\($0.mark)") || name.contains("next\($0.mark)"))
            })
        {
            antiAliasing = said
            hints.note("anti-aliasing \(said.rawValue): the name \(name) says so")
        } else if Self.variants.contains(where: { $0.model.antiAliasing != .none && $0.model.hasSizes(of: self) }) {
            let names = Self.variants.filter { $0.model.antiAliasing != .none && $0.model.hasSizes(of: self) }
            hints.note(
                "anti-aliasing none: shapes can't tell it from \(names.map(\.name).joined(separator: ", ")) "
                    + "(--architecture or --set aa_layer=avg settles it)")
        }
    }

    func hasSizes(of other: ResNet) -> Bool {
        stem == other.stem && stages == other.stages && hasAverageShortcut == other.hasAverageShortcut
            && hasStemPoolConvolution == other.hasStemPoolConvolution && attention == other.attention
            && hasGroupNorm == other.hasGroupNorm && hasBlockBiases == other.hasBlockBiases
    }

    var name: String {
        if let known = Self.variants.first(where: {
            $0.model.hasSizes(of: self) && $0.model.antiAliasing == antiAliasing
        }) {
            return known.name
        }
        return "resnet_\(stages.map { "\($0.count)" }.joined(separator: "_"))_\(stages.last?.last?.widths.last ?? 0)"
    }

    var hyperparameters: [(String, String)] {
        var gate = "none"
        switch attention {
        case .none: break
        case .squeezeExcite(let widths): gate = "se " + widths.map(String.init).joined(separator: ",")
        case .eca(let kernels): gate = "eca " + kernels.map(String.init).joined(separator: ",")
        }
        return [
            ("layers", stages.map { "\($0.count)" }.joined(separator: ",")),
            ("block", stages.first?.first?.widths.count == 3 ? "bottleneck" : "basic"),
            ("stem", stem.map(String.init).joined(separator: ",")),
            (
                "widths",
                stages.map { ($0.first?.widths ?? []).map(String.init).joined(separator: "-") }
                    .joined(separator: ",")
            ),
            ("cardinality", "\(stages.first?.first?.groups ?? 1)"), ("avg_down", "\(hasAverageShortcut)"),
            ("replace_stem_pool", "\(hasStemPoolConvolution)"), ("attn_layer", gate),
            ("aa_layer", antiAliasing.rawValue), ("norm_layer", hasGroupNorm ? "groupnorm" : "batchnorm"),
            ("in_chans", "\(inputChannels)"), ("num_classes", "\(classes ?? 0)"), ("act_layer", activation.rawValue),
        ]
    }
}

extension ResNet.Block {
    /// Widths and groups of the block at this path. A convolution that is missing is taken as wide as its neighbours.
    fileprivate init(_ weights: StateDict, at path: String) {
        func shape(_ key: String) -> [Int]? { weights["\(path).\(key).weight"]?.shape }
        let hasThird = shape("conv3") != nil || shape("bn3") != nil
        let known = (1...(hasThird ? 3 : 2)).map { shape("conv\($0)")?[checked: 0] ?? shape("bn\($0)")?[checked: 0] }
        widths = known.map { $0 ?? known.compactMap { $0 }.first ?? 64 }
        let spatial = shape(hasThird ? "conv2" : "conv1")
        let entering = hasThird ? widths[0] : nil
        if let inner = spatial?[checked: 1], inner > 0, let entering, entering % inner == 0 {
            groups = entering / inner
        } else {
            groups = 1
        }
        // Any key of a shortcut says that there is one.
        if weights.names.contains(where: { $0.hasPrefix("\(path).downsample.") }) {
            shortcut = [shape("downsample.0"), shape("downsample.1")].compactMap { $0?[checked: 2] }.first ?? 1
        }
    }
}
