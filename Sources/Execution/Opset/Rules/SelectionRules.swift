import GraphIR

/// Operators that pick elements by index.
extension OpsetRule {
    static let selections: Table = [
        rule("Gather", version: 11, downgrade: gatherFromFront),
        rule(
            "Scatter", version: 11,
            upgrade: { rewriter, node in
                try rewriter.finish("ScatterElements", node.inputs, node.attributes)
            }),
        rule(
            "ScatterElements", version: 11,
            downgrade: { rewriter, node in
                guard let indices = rewriter.constant(node.input(1)), try indices.integers().allSatisfy({ $0 >= 0 })
                else {
                    throw rewriter.refusal("indices that may count from the end have no older form", "indices")
                }
                try rewriter.finish("Scatter", node.inputs, node.attributes)
            }),
        rule("ScatterElements", "ScatterND", version: 18, downgrade: allowing("reduction", ["none", "add", "mul"])),
        rule(
            "OneHot", version: 11,
            downgrade: { rewriter, node in
                let depth = try rewriter.reshape(node.input(1), [1])
                let indices = try countedFromFront(rewriter, node.input(0), size: depth)
                try rewriter.replace(inputs: [indices] + node.inputs.dropFirst())
            }),
        rule(
            "GridSample", version: 20,
            downgrade: { rewriter, node in
                guard try rewriter.rank(node.input(0)) == 4 else {
                    throw rewriter.refusal("grids of other than two dimensions have no older form")
                }
                let older = ["linear": "bilinear", "cubic": "bicubic"]
                let mode = node.text("mode") ?? "linear"
                try rewriter.replace(
                    attributes: node.attributes(without: "mode") + [.string("mode", older[mode] ?? mode)])
            },
            upgrade: { rewriter, node in
                let newer = ["bilinear": "linear", "bicubic": "cubic"]
                let mode = node.text("mode") ?? "bilinear"
                try rewriter.replace(
                    attributes: node.attributes(without: "mode") + [.string("mode", newer[mode] ?? mode)])
            }),
        rule(
            "RoiAlign", version: 16,
            downgrade: { rewriter, node in
                guard node.text("coordinate_transformation_mode") == "output_half_pixel" else {
                    throw rewriter.refusal(
                        "coordinates other than output_half_pixel have no older form", "coordinate_transformation_mode")
                }
                try rewriter.replace(attributes: node.attributes(without: "coordinate_transformation_mode"))
            },
            upgrade: { rewriter, node in
                try rewriter.replace(
                    attributes: node.attributes + [.string("coordinate_transformation_mode", "output_half_pixel")])
            }),
    ]

    /// The node as it is where a text attribute has one of the values that the older version knows.
    static func allowing(_ name: String, _ values: [String]) -> Rewrite {
        { rewriter, node in
            if let value = node.text(name), !values.contains(value) {
                throw rewriter.refusal("'\(value)' has no older form", name)
            }
            try rewriter.carry(node)
        }
    }

    /// Gather (11) takes indices that count from the end.
    private static let gatherFromFront: Rewrite = { rewriter, node in
        let indices = node.input(1)
        if let known = rewriter.constant(indices), known.count > 0, known.count <= 1 << 16 {
            let values = try known.integers()
            if values.allSatisfy({ $0 >= 0 }) { return try rewriter.carry(node) }
        }
        let size = try rewriter.size(node.input(0), axis: node.integer("axis") ?? 0)
        try rewriter.replace(inputs: [node.input(0), try countedFromFront(rewriter, indices, size: size)])
    }

    /// `index < 0 ? index + size : index`.
    private static func countedFromFront(
        _ rewriter: OpsetRewriter, _ indices: ValueID?, size: ValueID
    ) throws -> ValueID {
        let type = try rewriter.elementType(indices)
        let length = type == .int64 ? size : try rewriter.cast(size, to: type)
        let isNegative = try rewriter("Less", indices, try rewriter.scalar(0, type))
        return try rewriter("Where", isNegative, try rewriter("Add", indices, length), indices)
    }
}
