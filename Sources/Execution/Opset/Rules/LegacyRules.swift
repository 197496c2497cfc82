import GraphIR

/// What changed up to opset 7: attributes of the first operators that later ones do without.
extension OpsetRule {
    static let legacy: Table = [
        rule(
            "BatchNormalization", version: 6,
            downgrade: { rewriter, node in
                try rewriter.replace(attributes: node.attributes + [.ints("consumed_inputs", [0, 0, 0, 1, 1])])
            }),
        rule(
            "BatchNormalization", version: 7,
            downgrade: { rewriter, node in
                let isTest = node.outputs.dropFirst().allSatisfy { $0 == nil }
                try rewriter.replace(attributes: node.attributes + [.int("is_test", isTest ? 1 : 0)])
            }, upgrade: batchNormalizationWithoutTest),
        rule(
            "BatchNormalization", version: 9,
            downgrade: { rewriter, node in
                try rewriter.carry(node)
            },
            upgrade: { rewriter, node in
                guard node.integer("spatial") ?? 1 != 0 else {
                    throw rewriter.refusal("statistics of each activation have no newer form", "spatial")
                }
                try rewriter.replace(attributes: node.attributes(without: "spatial"))
            }),
        rule(
            "Cast", version: 6,
            downgrade: { rewriter, node in
                guard let number = node.integer("to"), let small = Int32(exactly: number),
                    let type = ElementType(rawValue: small)
                else { throw rewriter.refusal("is no type", "to") }
                try rewriter.replace(attributes: [.string("to", type.onnxName)])
            },
            upgrade: { rewriter, node in
                guard let name = node.text("to"), let type = ElementType.allCases.first(where: { $0.onnxName == name })
                else { throw rewriter.refusal("is no type", "to") }
                try rewriter.replace(attributes: [.int("to", Int64(type.rawValue))])
            }),
        rule(
            "Concat", version: 4,
            upgrade: { rewriter, node in
                let axis = Attribute.int("axis", node.integer("axis") ?? 1)
                try rewriter.replace(attributes: node.attributes(without: "axis") + [axis])
            }),
        rule(
            "GRU", version: 3,
            downgrade: { rewriter, node in
                guard node.integer("linear_before_reset") ?? 0 == 0 else {
                    throw rewriter.refusal("has no older form", "linear_before_reset")
                }
                let direction = Attribute.string("direction", node.text("direction") ?? "forward")
                var outputs = node.outputs
                if outputs.count < 2 || outputs[1] == nil {
                    outputs = [outputs.first ?? nil, rewriter.newValue(node.label + "/Y_h")]
                }
                try rewriter.replace(
                    attributes: node.attributes(without: "direction", "linear_before_reset") + [direction],
                    outputs: outputs)
            },
            upgrade: { rewriter, node in
                // The default of the first version was misspelt.
                let direction = node.text("direction").flatMap { $0 == "foward" ? nil : $0 } ?? "forward"
                try rewriter.replace(
                    attributes: node.attributes(without: "direction") + [.string("direction", direction)])
            }),
        rule(
            "RNN", "GRU", "LSTM", version: 7,
            downgrade: { rewriter, node in
                let isWanted: Int64 = rewriter.wants(0) ? 1 : 0
                try rewriter.replace(attributes: node.attributes + [.int("output_sequence", isWanted)])
            },
            upgrade: { rewriter, node in
                try rewriter.replace(attributes: node.attributes(without: "output_sequence"))
            }),
        rule(
            "GlobalLpPool", "LpPool", version: 2,
            downgrade: { rewriter, node in
                let power = Attribute.float("p", Float(node.integer("p") ?? 2))
                try rewriter.replace(attributes: node.attributes(without: "p") + [power])
            },
            upgrade: { rewriter, node in
                guard let power = Int64(exactly: node.real("p") ?? 2) else {
                    throw rewriter.refusal("a norm that is no whole number has no newer form", "p")
                }
                try rewriter.replace(attributes: node.attributes(without: "p") + [.int("p", power)])
            }),
        rule("Pad", version: 2, downgrade: renamed("pads", "paddings"), upgrade: renamed("paddings", "pads")),
        rule(
            "Split", version: 2,
            upgrade: { rewriter, node in
                guard node.integer("axis") != nil else {
                    throw rewriter.refusal("isn't given, and had no default", "axis")
                }
                var attributes = node.attributes
                if let sizes = try rewriter.integers(1, "split") { attributes.append(.ints("split", sizes)) }
                try rewriter.replace(inputs: [node.input(0)], attributes: attributes)
            }),
        rule(
            "Tile", version: 6, downgrade: tileByAxis,
            upgrade: { rewriter, node in
                guard let count = try rewriter.constantInput(1, "tiles")?.number(),
                    let axis = try rewriter.constantInput(2, "axis")?.number(), let position = Int64(exactly: axis),
                    let factor = Int64(exactly: count)
                else { throw rewriter.refusal("tiles and axis must be whole numbers") }
                let rank = try rewriter.rank(node.input(0))
                var repeats = [Int64](repeating: 1, count: rank)
                guard let index = Int(exactly: position), repeats.indices.contains(index) else {
                    throw GraphError(.argument, "axis \(position) of \(rank)", node: node.label, argument: "axis")
                }
                repeats[index] = factor
                try rewriter.replace(inputs: [node.input(0), try rewriter.ints(repeats)])
            }),
        rule(
            "Dropout", version: 7,
            downgrade: { rewriter, node in
                try rewriter.replace(attributes: node.attributes + [.int("is_test", 1)])
            },
            upgrade: { rewriter, node in
                guard node.integer("is_test") ?? 0 != 0 else {
                    throw rewriter.refusal("dropping at random, in training, has no form in opset 7", "is_test")
                }
                try rewriter.replace(attributes: node.attributes(without: "is_test", "consumed_inputs"))
            }),
        rule(
            "Dropout", version: 10,
            downgrade: { rewriter, node in
                try maskOfOtherType(rewriter, node, to: rewriter.elementType(node.input(0)))
            }, upgrade: { rewriter, node in try maskOfOtherType(rewriter, node, to: .bool) }),
        rule(
            "Dropout", version: 12, downgrade: dropoutWithoutTraining,
            upgrade: { rewriter, node in
                let ratio = try rewriter.scalar(Double(node.real("ratio") ?? 0.5), .float32)
                try rewriter.replace(inputs: [node.input(0), ratio], attributes: node.attributes(without: "ratio"))
            }),
    ]

    private static func renamed(_ old: String, _ new: String) -> Rewrite {
        { rewriter, node in
            try rewriter.replace(
                attributes: node.attributes.map { $0.name == old ? Attribute(new, $0.value) : $0 })
        }
    }

    /// BatchNormalization (7) normalises by the batch where it gives the batch's statistics; before, where it wasn't a
    /// test.
    private static let batchNormalizationWithoutTest: Rewrite = { rewriter, node in
        var outputs = node.outputs
        if node.integer("is_test") ?? 0 == 0, outputs.count < 5 {
            let names = ["Y", "mean", "var", "saved_mean", "saved_var"]
            outputs += names.dropFirst(outputs.count).map { rewriter.newValue("\(node.label)/\($0)") }
        }
        try rewriter.replace(attributes: node.attributes(without: "is_test", "consumed_inputs"), outputs: outputs)
    }

    /// Tile (6) of all axes at once; before, of one.
    private static let tileByAxis: Rewrite = { rewriter, node in
        guard let repeats = try rewriter.integers(1, "repeats") else {
            throw rewriter.refusal("the input is required", "repeats")
        }
        let type = try rewriter.elementType(node.input(0))
        var x = node.input(0)
        for (axis, count) in repeats.enumerated() where count != 1 {
            x = try rewriter(
                "Tile", x, try rewriter.scalar(Double(count), type), try rewriter.scalar(Double(axis), type))
        }
        try rewriter.finish("Identity", x)
    }

    private static func maskOfOtherType(_ rewriter: OpsetRewriter, _ node: Node, to type: ElementType) throws {
        guard let mask = node.outputs[checked: 1] ?? nil else { return try rewriter.carry(node) }
        let other: ElementType = type == .bool ? try rewriter.elementType(node.input(0)) : .bool
        let raw = rewriter.newValue(rewriter.graph[mask].name + "/mask", type: .tensor(type, rewriter.shape(mask)))
        try rewriter.replace(outputs: [node.outputs.first ?? nil, raw])
        try rewriter.finish("Cast", raw, with: .int("to", Int64(other.rawValue)), output: 1)
    }

    /// Dropout (12) draws where it trains; what it does otherwise is nothing, with a mask that keeps all.
    private static let dropoutWithoutTraining: Rewrite = { rewriter, node in
        if node.input(2) != nil {
            guard let training = try rewriter.constantInput(2, "training_mode"),
                try training.bytes().array().allSatisfy({ $0 == 0 })
            else { throw rewriter.refusal("dropping at random, in training, has no older form", "training_mode") }
        }
        var ratio: [Attribute] = []
        if let id = node.input(1), let number = try rewriter.constant(id)?.number() {
            ratio = [.float("ratio", Float(number))]
        }
        try rewriter.finish("Dropout", [node.input(0)], ratio)
        guard rewriter.wants(1) else { return }
        let yes = TensorRecord(try Tensor(.bool, shape: [1], bytes: Bytes([1])))
        try rewriter.finish(
            "ConstantOfShape", try rewriter.shapeOf(node.input(0)), with: Attribute("value", .tensor(yes)), output: 1)
    }
}
