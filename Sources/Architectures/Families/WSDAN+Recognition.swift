import GraphIR

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
            // What a ResNet by itself might be besides, none behind WS-DAN is.
            let own = Hints(options: hints.options, config: hints.config)
            guard let model = try ResNet(renamed, hints: own) else { return nil }
            hints.absorb(own) { !$0.hasPrefix("anti-aliasing none") }
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
        hints.note("pooling: the mean (GAP), as every published WS-DAN; the maximum can't be told by shapes")
    }

    var imageSize: ImageSize? { ImageSize(448, 448) }
    var name: String {
        variant?.name ?? "wsdan_\(hyperparameters[0].1)_m\(maps)"
    }
    var hyperparameters: [(String, String)] {
        let net =
            switch backbone {
            case .inceptionMixed6e: "inception_mixed_6e"
            case .inceptionMixed7c: "inception_mixed_7c"
            case .resnet(let model): model.withoutBlockBiases.name
            }
        return [
            ("net", net), ("num_attentions", "\(maps)"), ("in_chans", "\(inputChannels)"),
            ("num_classes", "\(classes ?? 0)"), ("refinement", refinement.rawValue),
        ]
    }
    func hasSizes(of other: WSDAN) -> Bool { backbone == other.backbone && maps == other.maps }

    private static func wsdan(_ name: String, _ backbone: Backbone) -> Variant<WSDAN> {
        var model = WSDAN()
        model.backbone = backbone
        return Variant(
            name, model,
            .imageNet(size: 448, cropFraction: 0.875, interpolation: "bilinear", cropMode: "squash"), "GuYuc")
    }

    static let variants: [Variant<WSDAN>] =
        [wsdan("wsdan_inception_mixed_6e", .inceptionMixed6e), wsdan("wsdan_inception_mixed_7c", .inceptionMixed7c)]
        + ["resnet34", "resnet50", "resnet101", "resnet152"].compactMap { name in
            ResNet(name: name).map { model in
                var model = model
                model.hasBlockBiases = name == "resnet34"
                return wsdan("wsdan_\(name)", .resnet(model))
            }
        }
}

extension ResNet {
    /// The model of which timm has the name.
    fileprivate var withoutBlockBiases: ResNet {
        var model = self
        model.hasBlockBiases = false
        return model
    }
}
