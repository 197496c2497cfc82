import GraphIR

extension ResNet {
    static let exampleKeys = ["layer1.0.conv1.weight"]

    init?(_ checkpoint: StateDict, hints: Hints) throws {
        let cadenes = Self.plain(cadenes: checkpoint)
        let weights = cadenes ?? checkpoint
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        guard shape("layer1.0.conv1.weight") != nil || shape("layer1.0.conv2.weight") != nil else { return nil }
        let stem =
            shape("conv1.0.weight") == nil
            ? [shape("conv1.weight")?[checked: 0] ?? 64]
            : ["0", "3", "6"].map { shape("conv1.\($0).weight")?[checked: 0] ?? 64 }
        // Cadene's code has no choice of strides and anti-aliasing.
        let stride = cadenes == nil ? try hints.choice("output_stride", among: ["8", "16", "32"]) : "32"
        let outputStride = stride.flatMap { Int($0) } ?? 32
        self.init(stages: Self.stages(weights, entering: stem.last ?? 64, outputStride: outputStride))
        self.stem = stem
        self.outputStride = outputStride
        if cadenes != nil { names = .cadene }
        inputChannels = (shape("conv1.0.weight") ?? shape("conv1.weight"))?[checked: 1] ?? 3
        classes = shape("fc.weight")?[checked: 0] ?? shape("fc.bias")?[checked: 0]
        hasAverageShortcut =
            weights.tensors.contains {
                $0.key.string.contains(".downsample.2.")
                    || $0.key.string.hasSuffix(".downsample.1.weight") && $0.value.shape.count == 4
            }
        hasStemPoolConvolution = weights.names.contains { $0.hasPrefix("maxpool.") }
        hasBlockBiases = shape("layer1.0.conv1.bias") != nil
        // Batch norm has statistics, and a counter even where these were lost.
        hasGroupNorm =
            shape("bn1.weight") != nil
            && !weights.names.contains { $0.hasSuffix(".running_mean") || $0.hasSuffix(".num_batches_tracked") }
        if shape("layer1.0.se.fc1.weight") != nil {
            attention = .squeezeExcite(
                stages.indices.map { shape("layer\($0 + 1).0.se.fc1.weight")?[checked: 0] ?? 0 })
        } else if shape("layer1.0.se.conv.weight") != nil {
            attention = .eca(stages.indices.map { shape("layer\($0 + 1).0.se.conv.weight")?[checked: 2] ?? 3 })
        } else if shape("layer1.0.cbam.mlp.0.weight") != nil {
            attention = .cbam(
                stages.indices.map { shape("layer\($0 + 1).0.cbam.mlp.0.weight")?[checked: 0] ?? 0 },
                kernel: shape("layer1.0.cbam.conv.weight")?[checked: 2] ?? 7)
        }
        let sizes =
            stem + stages.flatMap { $0.flatMap { $0.widths + [$0.groups, $0.shortcut ?? 1] } } + [inputChannels]
        guard sizes.allSatisfy({ (1...65536).contains($0) }), stages.allSatisfy({ $0.count <= 1000 }) else {
            return nil
        }
        let named = hints.variant(of: ResNet.self)?.variant.model
        activation = try hints.activation(ofNamed: named?.activation, usual: .relu)
        pooling = try hints.globalPool(
            columns: shape("fc.weight")?[checked: 1], channels: stages.last?.last?.widths.last, isNamed: named != nil)
        try setNorm(named, hints)
        if named == nil, stride == nil { hints.assume("output_stride", "32") }
        if cadenes == nil { try setAntiAliasing(named, hints) }
    }

    private mutating func setNorm(_ named: ResNet?, _ hints: Hints) throws {
        guard hasGroupNorm else {
            try hints.choice("norm_layer", among: ["batchnorm", "batchnorm2d", "frozenbatchnorm2d"])
            return
        }
        let widths = stem + stages.flatMap { $0.flatMap(\.widths) }
        let layer = try hints.choice("norm_layer", among: ["groupnorm", "groupnorm1"])
        let stated = try hints.count("num_groups", wants: "a divisor of all widths") { groups in
            widths.allSatisfy { $0 % groups == 0 }
        }
        normGroups = stated ?? (layer == "groupnorm1" ? 1 : 32)
        if stated == nil, layer == nil, named == nil {
            hints.assume("num_groups", "32")
        }
    }

    private mutating func setAntiAliasing(_ named: ResNet?, _ hints: Hints) throws {
        let known = ["none", "avg", "blur", "avgpool2d", "blurpool", "blurpool2d", ""]
        if let stated = try hints.choice("aa_layer", among: known) {
            antiAliasing = stated.hasPrefix("avg") ? .avg : stated.hasPrefix("blur") ? .blur : .none
        } else if let named {
            antiAliasing = named.antiAliasing
        } else if let name = hints.architecture?.name,
            let said = AntiAliasing.allCases.first(where: {
                $0 != .none && (name.contains("net\($0.mark)") || name.contains("next\($0.mark)"))
            })
        {
            antiAliasing = said
            hints.note("anti-aliasing \(said.rawValue): the name \(name) says so")
        } else {
            let names = Self.variants.filter { $0.model.antiAliasing != .none && $0.model.hasSizes(of: self) }
                .map(\.name)
            hints.assume(
                "aa_layer", "none", names.isEmpty ? nil : "\(names.listed(most: 3)) of the same shapes have one")
        }
    }

    func hasSizes(of other: ResNet) -> Bool {
        stem == other.stem && stages == other.stages && hasAverageShortcut == other.hasAverageShortcut
            && hasStemPoolConvolution == other.hasStemPoolConvolution && attention == other.attention
            && names == other.names && hasGroupNorm == other.hasGroupNorm && hasBlockBiases == other.hasBlockBiases
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
        case .cbam(let widths, _): gate = "cbam " + widths.map(String.init).joined(separator: ",")
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
            ("global_pool", pooling.rawValue), ("output_stride", "\(outputStride)"),
        ] + (hasGroupNorm ? [("num_groups", "\(normGroups)")] : [])
    }
}
