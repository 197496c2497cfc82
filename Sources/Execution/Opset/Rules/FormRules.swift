import GraphIR

/// Attributes that became inputs.
extension OpsetRule {
    static let forms: Table = [
        rule("Squeeze", "Unsqueeze", version: 13, downgrade: toAttribute("axes"), upgrade: toInput("axes")),
        rule("Split", version: 13, downgrade: toAttribute("split"), upgrade: toInput("split")),
        rule(
            "Split", version: 18, downgrade: splitWithoutCount,
            upgrade: { rewriter, node in
                if node.input(1) != nil { return try rewriter.carry(node) }
                try rewriter.replace(attributes: node.attributes + [.int("num_outputs", Int64(node.outputs.count))])
            }),
        rule(
            "Slice", version: 10, downgrade: sliceToAttributes,
            upgrade: { rewriter, node in
                guard let starts = node.integers("starts"), let ends = node.integers("ends") else {
                    throw GraphError(.argument, "needs starts and ends", node: node.label)
                }
                var inputs: [ValueID?] = [node.input(0), try rewriter.ints(starts), try rewriter.ints(ends)]
                if let axes = node.integers("axes") { inputs.append(try rewriter.ints(axes)) }
                try rewriter.replace(inputs: inputs, attributes: [])
            }),
        rule(
            "Reshape", version: 5, downgrade: toAttribute("shape"),
            upgrade: { rewriter, node in
                guard let shape = node.integers("shape") else {
                    throw GraphError(.argument, "the attribute is required", node: node.label, argument: "shape")
                }
                try rewriter.replace(inputs: [node.input(0), try rewriter.ints(shape)], attributes: [])
            }),
        rule(
            "Reshape", version: 14,
            downgrade: { rewriter, node in
                guard node.integer("allowzero") ?? 0 != 0 else { return try rewriter.carry(node) }
                guard let shape = rewriter.constant(node.input(1)), try !shape.integers().contains(0) else {
                    throw rewriter.refusal(
                        "a shape that may hold a zero that means zero has no older form", "allowzero")
                }
                try rewriter.replace(attributes: node.attributes(without: "allowzero"))
            }),
        rule(
            "TopK", version: 10,
            downgrade: { rewriter, node in
                guard let count = try rewriter.integers(1, "K")?.first else {
                    throw GraphError(.argument, "the input is required", node: node.label, argument: "K")
                }
                try rewriter.replace(inputs: [node.input(0)], attributes: node.attributes + [.int("k", count)])
            },
            upgrade: { rewriter, node in
                guard let count = node.integer("k") else {
                    throw GraphError(.argument, "the attribute is required", node: node.label, argument: "k")
                }
                try rewriter.replace(
                    inputs: [node.input(0), try rewriter.ints([count])], attributes: node.attributes(without: "k"))
            }),
        rule("TopK", version: 11, downgrade: topKLargest),
        rule(
            "DFT", version: 20,
            downgrade: { rewriter, node in
                if node.integer("onesided") ?? 0 != 0, node.integer("inverse") ?? 0 != 0 {
                    throw rewriter.refusal("an inverse of half a spectrum has no older form", "onesided")
                }
                let axis = node.input(2) == nil ? -2 : try rewriter.constantInput(2, "axis")?.integers().first
                try rewriter.replace(
                    inputs: [node.input(0), node.input(1)], attributes: node.attributes + [.int("axis", axis ?? -2)])
            },
            upgrade: { rewriter, node in
                let axis = try rewriter.int(node.integer("axis") ?? 1)
                try rewriter.replace(
                    inputs: [node.input(0), node.input(1), axis], attributes: node.attributes(without: "axis"))
            }),
    ]

    /// A constant second input of integers becomes an attribute.
    static func toAttribute(_ name: String) -> Rewrite {
        { rewriter, node in
            let values = try rewriter.integers(1, name)
            if values?.isEmpty ?? true, node.integer("noop_with_empty_axes") ?? 0 != 0 {
                return try rewriter.finish("Identity", node.input(0))
            }
            var attributes = node.attributes(without: "noop_with_empty_axes")
            if let values, !values.isEmpty || name == "shape" { attributes.append(.ints(name, values)) }
            try rewriter.replace(inputs: [node.input(0)], attributes: attributes)
        }
    }

    /// An attribute of integers becomes a constant second input.
    static func toInput(_ name: String) -> Rewrite {
        { rewriter, node in
            guard let values = node.integers(name) else { return try rewriter.carry(node) }
            try rewriter.replace(
                inputs: [node.input(0), try rewriter.ints(values)], attributes: node.attributes(without: name))
        }
    }

    /// Split (18) says how many parts where it doesn't say which, the last being smaller; before that it made as many
    /// as there are outputs, of equal size.
    private static let splitWithoutCount: Rewrite = { rewriter, node in
        guard let count = node.integer("num_outputs") else { return try rewriter.carry(node) }
        let attributes = node.attributes(without: "num_outputs")
        guard count > 0, count == Int64(node.outputs.count) else {
            throw GraphError(
                .argument, "asks for \(count) parts, has \(node.outputs.count) outputs", node: node.label,
                argument: "num_outputs")
        }
        let axis = node.integer("axis") ?? 0
        let shape = rewriter.shape(node.input(0))
        guard let shape, let index = Int(exactly: try rewriter.positive(axis, rank: shape.count)),
            case .size(let size)? = shape[checked: index]
        else {
            guard rewriter.opset >= 13 else {
                throw rewriter.refusal("parts of unknown size have no older form", "num_outputs")
            }
            let sizes = try partSizes(rewriter, of: node.input(0), axis: axis, count: count)
            return try rewriter.replace(inputs: [node.input(0), sizes], attributes: attributes)
        }
        if size % count == 0 { return try rewriter.replace(attributes: attributes) }
        let part = size / count + 1
        var sizes = [Int64](repeating: part, count: Int(count) - 1)
        guard let taken = part.multiplied(checked: count - 1), taken <= size else {
            throw rewriter.refusal("\(size) has no \(count) parts of \(part)", "num_outputs")
        }
        sizes.append(size - taken)
        if rewriter.opset < 13 {
            return try rewriter.replace(attributes: attributes + [.ints("split", sizes)])
        }
        try rewriter.replace(inputs: [node.input(0), try rewriter.ints(sizes)], attributes: attributes)
    }

    /// The sizes of `count` parts, the last of which has what the others leave.
    private static func partSizes(
        _ rewriter: OpsetRewriter, of x: ValueID?, axis: Int64, count: Int64
    ) throws -> ValueID {
        let whole = try rewriter.size(x, axis: axis)
        if count == 1 { return whole }
        let others = try rewriter.ints([count - 1])
        let part = try rewriter("Div", try rewriter("Add", whole, others), try rewriter.ints([count]))
        let last = try rewriter("Sub", whole, try rewriter("Mul", part, others))
        return try rewriter.concat([try rewriter("Expand", part, others), last])
    }

    /// Slice (10): starts, ends and axes became inputs, and steps came.
    private static let sliceToAttributes: Rewrite = { rewriter, node in
        guard let starts = try rewriter.integers(1, "starts"), let ends = try rewriter.integers(2, "ends") else {
            throw GraphError(.argument, "needs starts and ends", node: node.label)
        }
        let axes = try rewriter.integers(3, "axes")
        if let steps = try rewriter.integers(4, "steps"), steps.contains(where: { $0 != 1 }) {
            throw rewriter.refusal("steps other than 1 have no older form", "steps")
        }
        let positive = try axes.map { axes in
            try axes.map { $0 < 0 ? try rewriter.positive($0, rank: rewriter.rank(node.input(0))) : $0 }
        }
        try rewriter.replace(
            inputs: [node.input(0)],
            attributes: [.ints("starts", starts), .ints("ends", ends)] + (positive.map { [.ints("axes", $0)] } ?? []))
    }

    /// TopK (11) finds the smallest too: those are the largest of the negated.
    private static let topKLargest: Rewrite = { rewriter, node in
        let attributes = node.attributes(without: "largest", "sorted")
        guard node.integer("largest") ?? 1 == 0 else { return try rewriter.replace(attributes: attributes) }
        guard try rewriter.elementType(node.input(0)).isFloatingPoint else {
            throw rewriter.refusal("the smallest integers have no older form", "largest")
        }
        let negated = try rewriter("Neg", node.input(0))
        let values = rewriter.newValue(node.label + "/values", type: rewriter.type(node.outputs.first ?? nil))
        try rewriter.step(
            "TopK", [negated, node.input(1)], attributes, outputs: [values, node.outputs[checked: 1] ?? nil])
        try rewriter.finish("Neg", values)
    }
}
