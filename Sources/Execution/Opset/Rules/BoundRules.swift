import GraphIR

/// Clip and Pad: bounds, amounts and values became inputs.
extension OpsetRule {
    static let bounds: Table = [
        // Clip (1) knew no bounds where none were given, Clip (6) the greatest float32, Clip (11) none again.
        rule(
            "Clip", version: 6,
            downgrade: boundsGiven { $0 ? -Float.greatestFiniteMagnitude : .greatestFiniteMagnitude },
            upgrade: boundsGiven { $0 ? -Float.infinity : .infinity }),
        rule("Clip", version: 11, downgrade: clipToAttributes, upgrade: clipToInputs),
        rule("Pad", version: 11, downgrade: padToAttributes, upgrade: padToInputs),
        rule("Pad", version: 18, downgrade: padOfAllAxes),
        rule(
            "Pad", version: 19,
            downgrade: { rewriter, node in
                guard node.text("mode") != "wrap" else { throw rewriter.refusal("'wrap' has no older form", "mode") }
                try rewriter.carry(node)
            }),
    ]

    private static func boundsGiven(_ standard: @escaping @Sendable (_ isLeast: Bool) -> Float) -> Rewrite {
        { rewriter, node in
            var attributes = node.attributes(without: "consumed_inputs")
            for name in ["min", "max"] where node.real(name) == nil {
                attributes.append(.float(name, standard(name == "min")))
            }
            try rewriter.replace(attributes: attributes)
        }
    }

    private static let clipToAttributes: Rewrite = { rewriter, node in
        var attributes: [Attribute] = []
        for (position, name) in [(1, "min"), (2, "max")] {
            guard let bound = try rewriter.constantInput(position, name) else {
                attributes.append(.float(name, name == "min" ? -.infinity : .infinity))
                continue
            }
            guard let number = try bound.number(), Double(Float(number)) == number || number.isNaN else {
                throw rewriter.refusal("a bound of type \(bound.elementType.name) can't be an attribute", name)
            }
            attributes.append(.float(name, Float(number)))
        }
        try rewriter.replace(inputs: [node.input(0)], attributes: attributes)
    }

    private static let clipToInputs: Rewrite = { rewriter, node in
        let type = try rewriter.elementType(node.input(0))
        var inputs: [ValueID?] = [node.input(0), nil, nil]
        let greatest = Float.greatestFiniteMagnitude
        for (position, name, standard) in [(1, "min", -greatest), (2, "max", greatest)] {
            let value = node.real(name) ?? standard
            // The greatest float16 is far below: there is nothing to clip.
            if value.isInfinite || (type == .float16 && value.magnitude > 65504) { continue }
            inputs[position] = try rewriter.scalar(Double(value), type)
        }
        try rewriter.replace(inputs: inputs, attributes: [])
    }

    private static let padToAttributes: Rewrite = { rewriter, node in
        guard let pads = try rewriter.integers(1, "pads") else {
            throw GraphError(.argument, "the input is required", node: node.label, argument: "pads")
        }
        var attributes = node.attributes + [.ints("pads", pads)]
        if let value = try rewriter.constantInput(2, "constant_value") {
            guard let number = try value.number(), Double(Float(number)) == number || number.isNaN else {
                throw rewriter.refusal("a value of type \(value.elementType.name) can't be an attribute")
            }
            attributes.append(.float("value", Float(number)))
        }
        try rewriter.replace(inputs: [node.input(0)], attributes: attributes)
    }

    private static let padToInputs: Rewrite = { rewriter, node in
        guard let pads = node.integers("pads") else {
            throw GraphError(.argument, "the attribute is required", node: node.label, argument: "pads")
        }
        var inputs: [ValueID?] = [node.input(0), try rewriter.ints(pads)]
        if let value = node.real("value"), value != 0 {
            inputs.append(try rewriter.scalar(Double(value), rewriter.elementType(node.input(0))))
        }
        try rewriter.replace(inputs: inputs, attributes: node.attributes(without: "pads", "value"))
    }

    /// Pad (18) of chosen axes: the others get 0.
    private static let padOfAllAxes: Rewrite = { rewriter, node in
        guard node.input(3) != nil else { return try rewriter.carry(node) }
        guard let axes = try rewriter.integers(3, "axes") else { return }
        let rank = try rewriter.rank(node.input(0))
        let chosen = try axes.map { try rewriter.positive($0, rank: rank) }
        // Where an axis isn't among the chosen, the amount is the zero that is put behind them.
        let zero = Int64(axes.count * 2)
        let order = (0..<2).flatMap { side in
            (0..<Int64(rank)).map { axis -> Int64 in
                chosen.firstIndex(of: axis).map { Int64($0 + side * axes.count) } ?? zero
            }
        }
        let pads: ValueID
        if let given = try rewriter.constant(node.input(1))?.integers() {
            pads = try rewriter.ints(
                try order.map { index in
                    if index == zero { return 0 }
                    guard let amount = given[checked: Int(index)] else {
                        throw GraphError(
                            .argument, "\(given.count) amounts for \(axes.count) axes", node: node.label,
                            argument: "pads")
                    }
                    return amount
                })
        } else {
            let all = try rewriter.concat([node.input(1), try rewriter.ints([0])])
            pads = try rewriter("Gather", all, try rewriter.ints(order))
        }
        try rewriter.replace(inputs: [node.input(0), pads, node.input(2)])
    }
}
