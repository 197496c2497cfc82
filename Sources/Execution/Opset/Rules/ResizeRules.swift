import GraphIR

/// Upsample, which became Resize with opset 10, and Resize's many ways.
extension OpsetRule {
    static let resizing: Table = [
        rule(
            "Upsample", version: 7,
            downgrade: { rewriter, node in
                guard let scales = node.reals("scales"), scales.count == 4, scales[0] == 1, scales[1] == 1 else {
                    throw rewriter.refusal("scales other than of height and width have no older form", "scales")
                }
                let mode = node.text("mode") == "linear" ? "bilinear" : "nearest"
                try rewriter.replace(attributes: [
                    .float("height_scale", scales[2]), .float("width_scale", scales[3]), .string("mode", mode),
                ])
            },
            upgrade: { rewriter, node in
                guard let height = node.real("height_scale"), let width = node.real("width_scale") else {
                    throw GraphError(.argument, "needs height_scale and width_scale", node: node.label)
                }
                let mode = node.text("mode") == "bilinear" ? "linear" : "nearest"
                try rewriter.replace(attributes: [.floats("scales", [1, 1, height, width]), .string("mode", mode)])
            }),
        rule(
            "Upsample", version: 9,
            downgrade: { rewriter, node in
                let scales = try rewriter.constantInput(1, "scales")?.array(of: Float.self) ?? []
                try rewriter.replace(
                    inputs: [node.input(0)], attributes: node.attributes + [.floats("scales", scales)])
            },
            upgrade: { rewriter, node in
                try rewriter.replace(
                    inputs: [node.input(0), try floats(rewriter, node.reals("scales") ?? [])],
                    attributes: node.attributes(without: "scales"))
            }),
        rule(
            "Upsample", version: 10,
            upgrade: { rewriter, node in
                try rewriter.finish("Resize", node.inputs, node.attributes)
            }),
        rule(
            "Resize", version: 10,
            downgrade: { rewriter, node in
                let scales = try rewriter.constantInput(1, "scales")?.array(of: Float.self) ?? []
                guard scales.allSatisfy({ $0 >= 1 }) else {
                    throw rewriter.refusal("making smaller has no older form", "scales")
                }
                try rewriter.finish("Upsample", node.inputs, node.attributes)
            }),
        rule(
            "Resize", version: 11, downgrade: resizeWithoutModes,
            upgrade: { rewriter, node in
                try rewriter.replace(
                    inputs: [node.input(0), try floats(rewriter, []), node.input(1)],
                    attributes: node.attributes + [
                        .string("coordinate_transformation_mode", "asymmetric"), .string("nearest_mode", "floor"),
                    ])
            }),
        rule(
            "Resize", version: 13,
            downgrade: { rewriter, node in
                var inputs = node.inputs
                for position in [1, 2] where node.input(position) == nil {
                    while inputs.count <= position { inputs.append(nil) }
                    inputs[position] = try floats(rewriter, [])
                }
                try rewriter.replace(inputs: inputs)
            },
            upgrade: { rewriter, node in
                if node.text("coordinate_transformation_mode") == "tf_half_pixel_for_nn" {
                    throw rewriter.refusal(
                        "'tf_half_pixel_for_nn' ended with opset 13", "coordinate_transformation_mode")
                }
                // What isn't used was given empty.
                let inputs = node.inputs.enumerated().map { position, id in
                    position > 0 && (rewriter.constant(id)?.count == 0 || rewriter.sizes(id) == [0]) ? nil : id
                }
                try rewriter.replace(inputs: inputs)
            }),
        rule("Resize", version: 18, downgrade: resizeOfAllAxes),
        rule(
            "Resize", version: 19,
            downgrade: allowing(
                "coordinate_transformation_mode",
                ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"])),
    ]

    private static func floats(_ rewriter: OpsetRewriter, _ values: [Float]) throws -> ValueID {
        try rewriter.constant(
            "floats_" + values.map { "\($0)" }.joined(separator: "_"), try Tensor(values, shape: [values.count]))
    }

    /// Resize (10) knew one way: coordinates divided by the scale, and the element before.
    private static let resizeWithoutModes: Rewrite = { rewriter, node in
        let mode = node.text("mode") ?? "nearest"
        guard node.input(3) == nil, node.input(2) != nil, rewriter.sizes(node.input(2)) != [0] else {
            throw rewriter.refusal("sizes have no older form", "sizes")
        }
        guard node.text("coordinate_transformation_mode") == "asymmetric", mode != "cubic",
            mode != "nearest" || node.text("nearest_mode") == "floor"
        else {
            throw rewriter.refusal(
                "coordinates other than asymmetric, rounded other than to floor, have no older form",
                "coordinate_transformation_mode")
        }
        try rewriter.replace(inputs: [node.input(0), node.input(2)], attributes: [.string("mode", mode)])
    }

    /// Resize (18) of chosen axes: the others keep their sizes.
    private static let resizeOfAllAxes: Rewrite = { rewriter, node in
        guard node.integer("antialias") ?? 0 == 0 else {
            throw rewriter.refusal(
                "filtering against aliasing has no older form", "antialias",
                hint: "choose opset 18 or a newer one, or compute what depends on weights alone beforehand (--fold)")
        }
        let policy = node.text("keep_aspect_ratio_policy") ?? "stretch"
        guard policy == "stretch" || node.input(3) == nil else {
            throw rewriter.refusal("'\(policy)' has no older form", "keep_aspect_ratio_policy")
        }
        let attributes = node.attributes(without: "antialias", "axes", "keep_aspect_ratio_policy")
        guard let axes = node.integers("axes") else { return try rewriter.replace(attributes: attributes) }
        let x = node.input(0)
        let rank = try rewriter.rank(x)
        let chosen = try axes.map { try rewriter.positive($0, rank: rank) }
        /// The given values at the chosen axes, others elsewhere: `given` is followed by `others`.
        func spread(_ given: ValueID?, sides: Int, others: ValueID, _ other: (Int64) -> Int64) throws -> ValueID? {
            guard let given, rewriter.sizes(given) != [0] else { return given }
            var order: [Int64] = []
            for side in 0..<sides {
                for axis in 0..<Int64(rank) {
                    if let index = chosen.firstIndex(of: axis) {
                        order.append(Int64(index + side * chosen.count))
                    } else {
                        // Behind the given ones; of the two sides of a region, each has its own.
                        order.append(Int64(sides * chosen.count) + other(axis) + (sides == 2 ? Int64(side) : 0))
                    }
                }
            }
            return try rewriter("Gather", try rewriter.concat([given, others]), try rewriter.ints(order))
        }
        func vector(_ values: [Double], like id: ValueID?) throws -> ValueID {
            let type = try rewriter.elementType(id)
            let floats = try floats(rewriter, values.map { Float($0) })
            return type == .float32 ? floats : try rewriter.cast(floats, to: type)
        }
        var inputs: [ValueID?] = [x, nil, nil, nil]
        if let roi = node.input(1) {
            inputs[1] = try spread(roi, sides: 2, others: vector([0, 1], like: roi)) { _ in 0 }
        }
        if let scales = node.input(2) {
            inputs[2] = try spread(scales, sides: 1, others: vector([1], like: scales)) { _ in 0 }
        }
        if let sizes = node.input(3) {
            inputs[3] = try spread(sizes, sides: 1, others: rewriter.shapeOf(x)) { $0 }
        }
        try rewriter.replace(inputs: inputs, attributes: attributes)
    }
}
