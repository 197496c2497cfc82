import GraphIR

/// Normalisations that a version brought or changed.
extension OpsetRule {
    static let normalizations: Table = [
        rule("LayerNormalization", version: 17, downgrade: layerNormalization),
        rule("RMSNormalization", version: 23, downgrade: rmsNormalization),
        rule(
            "GroupNormalization", version: 21, downgrade: groupNormalization, upgrade: groupNormalizationOfChannels),
        rule(
            "BatchNormalization", version: 14, downgrade: batchNormalization,
            upgrade: { rewriter, node in
                guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else {
                    throw rewriter.refusal("how the variance of a batch was estimated wasn't said before opset 14")
                }
                try rewriter.replace(outputs: Array(node.outputs.prefix(1)))
            }),
        rule("MeanVarianceNormalization", version: 9, downgrade: meanVarianceNormalization),
    ]

    /// Whether the node is computed in float32 although its type is narrower, as `stash_type` says.
    private static func isStashed(_ type: ElementType, _ node: Node) -> Bool {
        type.isNarrowFloat && node.integer("stash_type") ?? 1 == 1
    }

    /// The axes from `axis` on.
    private static func axesFrom(_ rewriter: OpsetRewriter, _ node: Node) throws -> [Int64] {
        let axis = node.integer("axis") ?? -1
        if let rank = rewriter.shape(node.input(0))?.count {
            return Array(try rewriter.positive(axis, rank: rank)..<Int64(max(rank, 1)))
        }
        guard axis < 0, axis > -Int64(Tensor.maximumRank) else { _ = try rewriter.rank(node.input(0)); return [] }
        return Array(axis...(-1))
    }

    private static func epsilon(_ rewriter: OpsetRewriter, _ node: Node, of x: ValueID?) throws -> ValueID {
        try rewriter.scalar(Double(node.real("epsilon") ?? 1e-5), rewriter.elementType(x))
    }

    /// LayerNormalization (17) by its definition. Types narrower than float32 are normalised in float32, as
    /// `stash_type` says.
    private static let layerNormalization: Rewrite = { rewriter, node in
        let type = try rewriter.elementType(node.input(0))
        let axes = try axesFrom(rewriter, node)
        let x = isStashed(type, node) ? try rewriter.cast(node.input(0), to: .float32) : node.input(0)
        let mean = try rewriter.reduce("ReduceMean", x, axes: axes)
        let centered = try rewriter("Sub", x, mean)
        let variance = try rewriter.reduce("ReduceMean", try rewriter("Mul", centered, centered), axes: axes)
        let deviation = try rewriter("Sqrt", try rewriter("Add", variance, try epsilon(rewriter, node, of: x)))
        var result = try rewriter("Div", centered, deviation)
        if try rewriter.elementType(x) != type { result = try rewriter.cast(result, to: type) }
        if let bias = node.input(2) {
            try rewriter.finish("Add", try rewriter("Mul", result, node.input(1)), bias)
        } else {
            try rewriter.finish("Mul", result, node.input(1))
        }
        // Mean and deviation are of the type that is stashed.
        let stash = ElementType(rawValue: Int32(clamping: node.integer("stash_type") ?? 1)) ?? .float32
        let to = Attribute.int("to", Int64(stash.rawValue))
        if rewriter.wants(1) { try rewriter.finish("Cast", mean, with: to, output: 1) }
        if rewriter.wants(2) {
            try rewriter.finish("Cast", try rewriter("Reciprocal", deviation), with: to, output: 2)
        }
    }

    /// RMSNormalization (23): `x / √(mean(x²) + ε) · scale`, the result in the type of `scale`.
    private static let rmsNormalization: Rewrite = { rewriter, node in
        let type = try rewriter.elementType(node.input(0))
        let x = isStashed(type, node) ? try rewriter.cast(node.input(0), to: .float32) : node.input(0)
        let axes = try axesFrom(rewriter, node)
        let square = try rewriter.reduce("ReduceMean", try rewriter("Mul", x, x), axes: axes)
        let root = try rewriter("Sqrt", try rewriter("Add", square, try epsilon(rewriter, node, of: x)))
        var result = try rewriter("Div", x, root)
        let scaled = try rewriter.elementType(node.input(1))
        if try rewriter.elementType(x) != type { result = try rewriter.cast(result, to: type) }
        if scaled != type { result = try rewriter.cast(result, to: scaled) }
        try rewriter.finish("Mul", result, node.input(1))
    }

    /// GroupNormalization (21; before that scale and bias were one a group): an InstanceNormalization over groups, then
    /// scale and bias a channel.
    private static let groupNormalization: Rewrite = { rewriter, node in
        let x = node.input(0)
        let type = try rewriter.elementType(x)
        let rank = try rewriter.rank(x)
        guard let groups = node.integer("num_groups"), groups > 0, groups <= 1 << 20, rank >= 2 else {
            throw GraphError(.argument, "needs num_groups above 0 and two axes", node: node.label)
        }
        let wide = try rewriter.wide(x)
        let computed = try rewriter.elementType(wide)
        func filled(_ value: Double) throws -> Tensor {
            computed == .float32
                ? try Tensor([Float](repeating: Float(value), count: Int(groups)), shape: [Int(groups)])
                : try Tensor([Double](repeating: value, count: Int(groups)), shape: [Int(groups)])
        }
        let ones = try rewriter.constant("ones_\(groups)", try filled(1))
        let zeros = try rewriter.constant("zeros_\(groups)", try filled(0))
        let grouped = try rewriter.reshape(wide, [0, groups, -1])
        let normal = try rewriter(
            "InstanceNormalization", grouped, ones, zeros, with: .float("epsilon", node.real("epsilon") ?? 1e-5))
        var restored = try rewriter(
            "Reshape", normal, try rewriter.shapeOf(x), as: .tensor(computed, rewriter.shape(x)))
        if computed != type { restored = try rewriter.cast(restored, to: type) }
        let column = [-1] + [Int64](repeating: 1, count: rank - 2)
        let scale = try rewriter.reshape(node.input(1), column)
        let bias = try rewriter.reshape(node.input(2), column)
        try rewriter.finish("Add", try rewriter("Mul", restored, scale), bias)
    }

    /// Scale and bias of each group, repeated for the group's channels.
    private static let groupNormalizationOfChannels: Rewrite = { rewriter, node in
        guard let groups = node.integer("num_groups"), groups > 0 else {
            throw GraphError(.argument, "needs num_groups above 0", node: node.label)
        }
        let channels = try rewriter.size(node.input(0), axis: 1)
        let share = try rewriter("Div", channels, try rewriter.ints([groups]))
        let shape = try rewriter.concat([try rewriter.ints([groups]), share])
        func repeated(_ x: ValueID?) throws -> ValueID {
            try rewriter.reshape(try rewriter("Expand", try rewriter.unsqueeze(x, [1]), shape), [-1])
        }
        try rewriter.replace(
            inputs: [node.input(0), try repeated(node.input(1)), try repeated(node.input(2))])
    }

    /// BatchNormalization (14) in training: by the batch's own mean and variance.
    private static let batchNormalization: Rewrite = { rewriter, node in
        guard node.integer("training_mode") ?? 0 != 0 else {
            return try rewriter.replace(
                attributes: node.attributes(without: "training_mode"), outputs: Array(node.outputs.prefix(1)))
        }
        let x = node.input(0)
        let rank = try rewriter.rank(x)
        guard rank >= 2, rewriter.opset >= 9 else { throw rewriter.refusal("training has no older form") }
        let axes = (0..<Int64(rank)).filter { $0 != 1 }
        let column = [-1] + [Int64](repeating: 1, count: rank - 2)
        let mean = try rewriter.reduce("ReduceMean", x, axes: axes)
        let centered = try rewriter("Sub", x, mean)
        let variance = try rewriter.reduce("ReduceMean", try rewriter("Mul", centered, centered), axes: axes)
        let root = try rewriter("Sqrt", try rewriter("Add", variance, try epsilon(rewriter, node, of: x)))
        let scaled = try rewriter(
            "Mul", try rewriter("Div", centered, root), try rewriter.reshape(node.input(1), column))
        try rewriter.finish("Add", scaled, try rewriter.reshape(node.input(2), column))
        let momentum = Double(node.real("momentum") ?? 0.9)
        for (output, (old, new)) in [(node.input(3), mean), (node.input(4), variance)].enumerated() {
            guard rewriter.wants(output + 1) else { continue }
            let type = try rewriter.elementType(old)
            let kept = try rewriter("Mul", old, try rewriter.scalar(momentum, type))
            var flat = try rewriter.reshape(new, [-1])
            if try rewriter.elementType(flat) != type { flat = try rewriter.cast(flat, to: type) }
            let added = try rewriter("Mul", flat, try rewriter.scalar(1 - momentum, type))
            try rewriter.finish("Add", kept, added, output: output + 1)
        }
    }

    /// MeanVarianceNormalization (9): `(x − mean) / (√(mean(x²) − mean²) + 1e-9)`.
    private static let meanVarianceNormalization: Rewrite = { rewriter, node in
        let x = node.input(0)
        let axes = node.integers("axes") ?? [0, 2, 3]
        let type = try rewriter.elementType(x)
        let mean = try rewriter.reduce("ReduceMean", x, axes: axes)
        let square = try rewriter.reduce("ReduceMean", try rewriter("Mul", x, x), axes: axes)
        let variance = try rewriter("Sub", square, try rewriter("Mul", mean, mean))
        let root = try rewriter("Add", try rewriter("Sqrt", variance), try rewriter.scalar(1e-9, type))
        try rewriter.finish("Div", try rewriter("Sub", x, mean), root)
    }
}
