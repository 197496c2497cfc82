import GraphIR

/// WS-DAN in the version of wvinzh (github.com/wvinzh/WS_DAN_PyTorch): attention maps are the first channels of what a
/// backbone's next convolution makes of the features. The rest of that module is in the state dict, and nothing of it
/// in the result.
extension WSDAN {
    typealias Maps = (features: ModelBuilder.Wire, attention: ModelBuilder.Wire)

    /// The module that pools.
    var bapName: String {
        if code == .wvinzh, case .resnet(let model) = backbone { return Self.lastBlock(of: model) + ".bap" }
        return "bap"
    }

    private static func lastBlock(of model: ResNet) -> String {
        "layer\(model.stages.count).\((model.stages.last?.count ?? 1) - 1)"
    }

    func wvinzhs(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> Maps {
        if case .resnet(let model) = backbone { return try wvinzhs(net, image, model) }
        let bricks = InceptionBricks(net: net)
        let features = try bricks.features(transformed(net, image), isWhole: false) { $0 }
        return try net.within("Mixed_7a") {
            let wide = try bricks.convolution("branch3x3_1", features, 192)
            let rest = [
                ("branch3x3_2", [320, 192, 3, 3]), ("branch7x7x3_1", [192, 768, 1, 1]),
                ("branch7x7x3_2", [192, 192, 1, 7]), ("branch7x7x3_3", [192, 192, 7, 1]),
                ("branch7x7x3_4", [192, 192, 3, 3]),
            ]
            for (name, shape) in rest { try net.keepUnused(name + ".conv", name + ".bn", shape: shape) }
            return (features, try net.slice("", wide, axis: 1, from: 0, to: maps))
        }
    }

    /// Features and maps are those between the convolutions of the last block.
    private func wvinzhs(_ net: ModelBuilder, _ image: ModelBuilder.Wire, _ model: ResNet) throws -> Maps {
        guard let last = model.stages.last, let block = last.last, block.widths.count == 3 else {
            throw GraphError(.shape, "the last block isn't of three convolutions", node: bapName)
        }
        var whole = model
        let stage = model.stages.count - 1
        whole.stages.removeLast()
        let x = try whole.features(net, image, names: .torchvision)
        let before = try net.within("layer\(stage + 1)") { try model.blocks(net, x, stage, last.dropLast()) }
        return try net.within(Self.lastBlock(of: model)) {
            let narrow = try net.conv2d("conv1", before, out: block.widths[0], kernel: 1, bias: false)
            let features = try net.activation(model.activation, "relu", net.batchNorm("bn1", narrow))
            let spatial = try net.conv2d(
                "conv2", features, out: block.widths[1], kernel: 3, padding: .symmetric(1), groups: block.groups,
                bias: false)
            let wide = try net.activation(model.activation, "relu", net.batchNorm("bn2", spatial))
            try net.keepUnused("conv3", "bn3", shape: [block.widths[2], block.widths[1], 1, 1])
            return (features, try net.slice("", wide, axis: 1, from: 0, to: maps))
        }
    }

    /// torchvision's `transform_input`: from ImageNet's mean and deviation to the range from -1 to 1.
    private func transformed(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        guard transformsInput else { return image }
        guard inputChannels == 3 else {
            throw Candidate.refusal(
                "\(code.rawValue)'s code changes the range of three channels, not of \(inputChannels)",
                hint: "leave --input-channels out, or --set transform_input=false where the model goes without")
        }
        let ranges: [(scale: Float, shift: Float)] = [(0.458, -0.03), (0.448, -0.088), (0.45, -0.188)]
        let channels = try ranges.enumerated().map { index, range in
            let channel = try net.slice("transform_input", image, axis: 1, from: index, to: index + 1)
            let scaled = try net.elementwise(
                "Mul", "transform_input", channel, net.number(range.scale, at: "transform_input"))
            return try net.elementwise(
                "Add", "transform_input", scaled, net.number(range.shift, at: "transform_input"))
        }
        return try net.concat("transform_input", channels, axis: 1)
    }

    /// The backbone that a checkpoint of wvinzh's has, and its maps; `nil` for others.
    static func wvinzhs(_ weights: StateDict, _ hints: Hints) throws -> (backbone: Backbone, maps: Int, channels: Int)?
    {
        guard let head = weights["fc_new.weight"]?.shape, head.count == 2 else { return nil }
        let (backbone, width, most, channels): (Backbone, Int, Int, Int)
        if weights["Mixed_6e.branch1x1.conv.weight"] != nil {
            let stem = weights["Conv2d_1a_3x3.conv.weight"]?.shape
            (backbone, width, most, channels) = (.inceptionMixed6e, 768, 192, stem?[checked: 1] ?? 3)
        } else if let model = try ResNet(weights, partOf: hints), let block = model.stages.last?.last,
            block.widths.count == 3
        {
            (backbone, width, most, channels) = (.resnet(model), block.widths[0], block.widths[1], model.inputChannels)
        } else {
            return nil
        }
        guard width > 0, most > 0 else { return nil }
        return (backbone, min(max(head[1] / width, 1), most), channels)
    }

    /// The auxiliary classifier takes part in training only.
    static let translations = [
        KeyTranslation(name: "wvinzh", anchors: ["AuxLogits.fc.weight", "fc_new.weight"]) { _ in [.drop("AuxLogits")] }
    ]
}

extension ModelBuilder {
    /// The weights of a convolution without bias and of the norm behind it, which are in the state dict and which no
    /// node uses.
    func keepUnused(_ convolution: String, _ norm: String, shape: [Int]) throws {
        let fanIn = Swift.max(shape.dropFirst().checkedProduct() ?? 1, 1)
        try initializer(path(convolution + ".weight"), shape: shape, role: .uniform(fanIn: fanIn))
        let roles: [(String, ParameterRole)] = [
            ("weight", .scale), ("bias", .shift), ("running_mean", .runningMean), ("running_var", .runningVariance),
        ]
        for (name, role) in roles {
            try initializer(path("\(norm).\(name)"), shape: Array(shape.prefix(1)), role: role)
        }
        ledger.keep(path("\(norm).num_batches_tracked"), shape: [], role: .counter)
    }
}
