import GraphIR

extension WSDAN {
    static let exampleKeys = ["attentions.conv.weight", "fc_new.weight"]

    init?(_ weights: StateDict, hints: Hints) throws {
        self.init()
        if let found = try Self.wvinzhs(weights, hints) {
            code = .wvinzh
            (backbone, maps, inputChannels) = found
            classes = weights["fc_new.weight"]?.shape[checked: 0]
            try setTransform(hints)
            try setSize(hints)
            return
        }
        guard let attention = weights["attentions.conv.weight"]?.shape, attention.count == 4,
            (1...4096).contains(attention[0])
        else { return nil }
        maps = attention[0]
        classes = weights["fc.weight"]?.shape[checked: 0]
        if weights["features.4.conv.weight"] == nil {
            var renamed = StateDict()
            for (key, tensor) in weights.tensors {
                guard key.string.hasPrefix("features.") else { continue }
                renamed[ResNet.plainName(ofSequential: String(key.string.dropFirst("features.".count)))] = tensor
            }
            guard let model = try ResNet(renamed, partOf: hints) else { return nil }
            backbone = .resnet(model)
            inputChannels = model.inputChannels
        } else {
            backbone = weights["features.17.branch1x1.conv.weight"] == nil ? .inceptionMixed6e : .inceptionMixed7c
            inputChannels = weights["features.0.conv.weight"]?.shape[checked: 1] ?? 3
        }
        if let name = try hints.choice("refinement", among: Refinement.allCases.map(\.rawValue)) {
            refinement = Refinement(rawValue: name) ?? .none
        }
        if backbone == .inceptionMixed7c {
            hints.note("attention maps: the first \(maps) features, as in the authors' code; attentions.* stay unused")
        }
        if let stated = try hints.choice("pool", among: ["GAP", "GMP"]) {
            poolsMaximum = stated == "gmp"
        } else {
            hints.assume("pool", "GAP", "as every published WS-DAN")
        }
        try setSize(hints)
    }

    private mutating func setSize(_ hints: Hints) throws {
        let sides = try hints.counts("img_size", wants: "a size, or height and width in pixels, up to 65536") {
            (1...2).contains($0.count) && $0.allSatisfy { $0 <= 65536 }
        }
        if let sides, let height = sides.first, let width = sides.last {
            size = ImageSize(height, width)
        } else if variant == nil, hints.options.imageSize == nil {
            hints.assume("img_size", "\(size.height),\(size.width)", "as every published WS-DAN")
        }
    }

    private mutating func setTransform(_ hints: Hints) throws {
        guard backbone == .inceptionMixed6e else { return }
        if let stated = try hints.choice("transform_input", among: ["true", "false"]) {
            transformsInput = stated == "true"
        } else if hints.variant(of: WSDAN.self) == nil {
            hints.assume("transform_input", "true", "as in wvinzh's code")
        }
    }

    var imageSize: ImageSize? { size }
    var name: String {
        variant?.name ?? "wsdan_\(hyperparameters[0].1)_m\(maps)"
    }
    var hyperparameters: [(String, String)] {
        let net =
            switch backbone {
            case .inceptionMixed6e: "inception_mixed_6e"
            case .inceptionMixed7c: "inception_mixed_7c"
            case .resnet(let model): model.nameAsBackbone
            }
        return [
            ("net", net), ("num_attentions", "\(maps)"), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"), ("code", code.rawValue),
        ] + (code == .guYuc ? [("pool", poolsMaximum ? "GMP" : "GAP"), ("refinement", refinement.rawValue)] : [])
    }
    func hasSizes(of other: WSDAN) -> Bool {
        code == other.code && backbone == other.backbone && maps == other.maps
    }

    private static func wsdan(_ name: String, _ backbone: Backbone, _ code: Code = .guYuc) -> Variant<WSDAN> {
        var model = WSDAN()
        (model.code, model.backbone) = (code, backbone)
        return Variant(
            name, model,
            .imageNet(size: 448, cropFraction: 0.875, interpolation: "bilinear", cropMode: "squash"), code.rawValue)
    }

    static let variants: [Variant<WSDAN>] =
        [wsdan("wsdan_inception_mixed_6e", .inceptionMixed6e), wsdan("wsdan_inception_mixed_7c", .inceptionMixed7c)]
        + ["resnet34", "resnet50", "resnet101", "resnet152"].flatMap { name -> [Variant<WSDAN>] in
            guard var model = ResNet(name: name) else { return [] }
            model.hasBlockBiases = name == "resnet34"
            var gated = model
            gated.attention = .cbam(model.stages.map { ($0.last?.widths.last ?? 16) / 16 }, kernel: 7)
            return [wsdan("wsdan_\(name)", .resnet(model)), wsdan("wsdan_\(name)_cbam", .resnet(gated))]
        } + [wsdan("inception_v3_bap", .inceptionMixed6e, .wvinzh)] + wvinzhsResNet

    /// The last stage has two blocks.
    private static let wvinzhsResNet: [Variant<WSDAN>] = {
        guard var model = ResNet(name: "resnet50") else { return [] }
        model.stages[3].removeLast()
        return [wsdan("resnet50_bap", .resnet(model), .wvinzh)]
    }()
}

extension ResNet {
    /// The backbone under the names of its code, which has no choice of strides, pooling and anti-aliasing.
    init?(_ weights: StateDict, partOf hints: Hints) throws {
        try hints.choice("global_pool", among: ["avg"])
        try hints.choice("output_stride", among: ["32"])
        try hints.choice("aa_layer", among: ["none"])
        let own = Hints(options: hints.options, config: hints.config)
        try self.init(weights, hints: own)
        hints.absorb(own) { $0.name == "act_layer" }
    }

    /// The model's name in GuYuc's code: timm's of its twin without biases and gates.
    fileprivate var nameAsBackbone: String {
        var model = self
        model.hasBlockBiases = false
        guard case .cbam = attention else { return model.name }
        model.attention = .none
        return model.name + "_cbam"
    }
}
