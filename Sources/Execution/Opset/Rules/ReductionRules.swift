import GraphIR

/// The reductions: their axes became an input with opset 13 (ReduceSum) and 18, types came and went; and the softmaxes,
/// which worked on a matrix before opset 13.
extension OpsetRule {
    static let reductions: Table = [
        rule("ReduceSum", version: 13, downgrade: toAttribute("axes"), upgrade: toInput("axes")),
        rule(
            "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
            "ReduceLogSumExp", "ReduceSumSquare", version: 18, downgrade: reductionWithoutInput,
            upgrade: toInput("axes")
        ),
    ]

    private static let reductionWithoutInput: Rewrite = { rewriter, node in
        let axes = node.input(1)
        let isNoop = node.integer("noop_with_empty_axes") ?? 0 != 0
        let isEmpty = rewriter.sizes(axes) == [0]
        guard let axes, rewriter.constant(axes) == nil, !isEmpty, node.op.type != "ReduceMax",
            node.op.type != "ReduceMin", node.op.type != "ReduceProd"
        else {
            if isNoop, axes == nil || isEmpty { return try finishWithoutAxes(rewriter, node) }
            if isNoop, try rewriter.constant(axes)?.integers().isEmpty ?? false {
                return try finishWithoutAxes(rewriter, node)
            }
            if isEmpty {
                return try rewriter.replace(
                    inputs: [node.input(0)], attributes: node.attributes(without: "noop_with_empty_axes"))
            }
            return try toAttribute("axes")(rewriter, node)
        }
        // Axes that aren't constant: ReduceSum takes them, and the others are sums.
        if isNoop {
            guard let sizes = rewriter.sizes(axes), sizes != [0] else {
                throw rewriter.refusal("axes of which there may be none have no older form", "axes")
            }
        }
        let keep = Attribute.int("keepdims", node.integer("keepdims") ?? 1)
        let type = try rewriter.elementType(node.input(0))
        let x = try rewriter.wide(node.input(0))
        func sum(_ x: ValueID?) throws -> ValueID { try rewriter("ReduceSum", x, axes, with: keep) }
        switch node.op.type {
        case "ReduceL1":
            try rewriter.finishWide("ReduceSum", try rewriter("Abs", x), axes, with: keep, like: node.input(0))
        case "ReduceSumSquare":
            try rewriter.finishWide("ReduceSum", try rewriter("Mul", x, x), axes, with: keep, like: node.input(0))
        case "ReduceL2" where type.isFloatingPoint:
            try rewriter.finishWide("Sqrt", try sum(rewriter("Mul", x, x)), like: node.input(0))
        case "ReduceLogSum" where type.isFloatingPoint:
            try rewriter.finishWide("Log", try sum(x), like: node.input(0))
        case "ReduceMean" where type.isFloatingPoint:
            let total = try sum(x)
            let computed = try rewriter.elementType(x)
            func count(_ x: ValueID?) throws -> ValueID {
                try rewriter.cast(try rewriter("Size", x), to: .float64)
            }
            let parts = try rewriter.cast(try rewriter("Div", try count(x), try count(total)), to: computed)
            try rewriter.finishWide("Div", total, parts, like: node.input(0))
        default: throw rewriter.refusal("axes that aren't constant have no older form", "axes")
        }
    }

    /// A reduction over no axis: what it does to each element.
    private static func finishWithoutAxes(_ rewriter: OpsetRewriter, _ node: Node) throws {
        let x = node.input(0)
        switch node.op.type {
        case "ReduceSumSquare": try rewriter.finish("Mul", x, x)
        case "ReduceL1", "ReduceL2": try rewriter.finish("Abs", x)
        case "ReduceLogSum": try rewriter.finish("Log", x)
        default: try rewriter.finish("Identity", x)
        }
    }

    // MARK: Softmax

    static let softmaxes: Table = [
        rule("Softmax", "LogSoftmax", "Hardmax", version: 13, downgrade: softmaxToFlat, upgrade: softmaxFromFlat)
    ]

    /// Softmax and its kin (13) work on one axis; before that on all from `axis` on, as one. Over the last axis both
    /// are the same; over another, that axis is brought to the end.
    private static let softmaxToFlat: Rewrite = { rewriter, node in
        let rank = Int64(try rewriter.rank(node.input(0)))
        let axis = try rewriter.positive(node.integer("axis") ?? -1, rank: Int(rank))
        let last = Attribute.int("axis", max(0, rank - 1))
        guard axis < rank - 1 else {
            return try rewriter.replace(attributes: [last])
        }
        var order = Array(0..<rank)
        order.swapAt(Int(axis), Int(rank - 1))
        let type = try rewriter.elementType(node.input(0))
        let shape = rewriter.shape(node.input(0)).map { sizes in order.map { sizes[Int($0)] } }
        let swapped = ValueType.tensor(type, shape)
        let x = try rewriter("Transpose", node.input(0), with: .ints("perm", order), as: swapped)
        let result = try rewriter(node.op.type, x, with: last, as: swapped)
        try rewriter.finish("Transpose", result, with: .ints("perm", order))
    }

    private static let softmaxFromFlat: Rewrite = { rewriter, node in
        let rank = try rewriter.rank(node.input(0))
        let given = node.integer("axis") ?? 1
        let axis = given == Int64(rank) ? given : try rewriter.positive(given, rank: rank)
        let last = Attribute.int("axis", -1)
        guard axis != Int64(rank) - 1 else {
            return try rewriter.replace(attributes: [last])
        }
        let type = try rewriter.elementType(node.input(0))
        let flatType = ValueType.tensor(type, [.unknown, .unknown])
        let flat = try rewriter("Flatten", node.input(0), with: .int("axis", axis), as: flatType)
        let result = try rewriter(node.op.type, flat, with: last, as: flatType)
        try rewriter.finish("Reshape", result, try rewriter.shapeOf(node.input(0)))
    }
}
