import GraphIR

/// Broadcasting before opset 7: only the second operand, only where `broadcast` says so, from `axis` on; and before
/// opset 8 not at all for Sum, Max, Min and Mean.
extension OpsetRule {
    static let legacyBroadcast: Table = [
        rule(
            "Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less", version: 7,
            downgrade: { rewriter, node in
                let isCommutative = ["Add", "Mul", "And", "Or", "Xor", "Equal"].contains(node.op.type)
                let a = node.input(0)
                let b = node.input(1)
                if let second = try legacyOperand(rewriter, b, onto: a) {
                    return try rewriter.replace(
                        inputs: [a, second.value], attributes: node.attributes + second.attributes)
                }
                guard isCommutative, let second = try legacyOperand(rewriter, a, onto: b) else {
                    throw rewriter.refusal("broadcasting both operands, or of unknown shapes, has no older form")
                }
                try rewriter.replace(inputs: [b, second.value], attributes: node.attributes + second.attributes)
            },
            upgrade: { rewriter, node in
                let attributes = node.attributes(without: "axis", "broadcast", "consumed_inputs")
                var b = node.input(1)
                if node.integer("broadcast") ?? 0 != 0, let given = node.integer("axis") {
                    let rank = try rewriter.rank(node.input(0))
                    let own = try rewriter.rank(b)
                    let axis = Int(try rewriter.positive(given, rank: rank))
                    guard let end = axis.adding(checked: own), end <= rank else {
                        throw GraphError(.argument, "axis \(given) of \(rank)", node: node.label, argument: "axis")
                    }
                    if own > 0, end < rank {
                        b = try rewriter.unsqueeze(b, (own..<(own + rank - end)).map(Int64.init))
                    }
                }
                try rewriter.replace(inputs: [node.input(0), b], attributes: attributes)
            }),
        rule(
            "Gemm", version: 7,
            downgrade: { rewriter, node in
                guard let c = node.input(2), let sizes = rewriter.sizes(c) else {
                    throw rewriter.refusal("the shape isn't known, the conversion needs it", "C")
                }
                var given: ValueID? = c
                if sizes.count == 2, sizes[0] == 1, sizes[1] != 1 { given = try rewriter.reshape(c, [sizes[1]]) }
                guard sizes.count <= 2, sizes.last != 1 || sizes.allSatisfy({ $0 == 1 }) else {
                    throw rewriter.refusal("a column that is broadcast has no older form", "C")
                }
                try rewriter.replace(
                    inputs: [node.input(0), node.input(1), given],
                    attributes: node.attributes + [.int("broadcast", 1)])
            },
            upgrade: { rewriter, node in
                try rewriter.replace(attributes: node.attributes(without: "broadcast"))
            }),
        rule(
            "Gemm", version: 11,
            downgrade: { rewriter, node in
                if node.input(2) != nil { return try rewriter.carry(node) }
                let zero = try rewriter.scalar(0, rewriter.elementType(node.input(0)))
                try rewriter.replace(inputs: [node.input(0), node.input(1), zero])
            }),
        rule(
            "PRelu", version: 7,
            downgrade: { rewriter, node in
                let slope = node.input(1)
                guard let sizes = rewriter.sizes(slope), let shape = rewriter.shape(node.input(0)) else {
                    throw rewriter.refusal("the shape isn't known, the conversion needs it", "slope")
                }
                let padded = [Int64](repeating: 1, count: max(0, shape.count - sizes.count)) + sizes
                guard padded.count == shape.count,
                    padded.enumerated().allSatisfy({ $0.offset == 1 || $0.element == 1 })
                else { throw rewriter.refusal("a slope that isn't one a channel has no older form", "slope") }
                let count = padded.reduce(1) { $0 &* $1 }
                try rewriter.replace(
                    inputs: [node.input(0), sizes == [count] ? slope : try rewriter.reshape(slope, [count])])
            },
            upgrade: { rewriter, node in
                let rank = try rewriter.rank(node.input(0))
                var slope = node.input(1)
                let own = try rewriter.rank(slope)
                if own == 1, rank > 2, rewriter.sizes(slope) != [1] {
                    slope = try rewriter.unsqueeze(slope, (1..<(rank - 1)).map(Int64.init))
                }
                try rewriter.replace(inputs: [node.input(0), slope])
            }),
        rule(
            "Sum", "Mean", "Max", "Min", version: 8,
            downgrade: { rewriter, node in
                let shapes = node.inputs.map { rewriter.shape($0) }
                if let first = shapes.first ?? nil, isKnown(first), shapes.allSatisfy({ $0 == first }) {
                    return try rewriter.carry(node)
                }
                guard ["Sum", "Mean"].contains(node.op.type), let first = node.inputs.first else {
                    throw rewriter.refusal("broadcasting, or unknown shapes, have no older form")
                }
                var sum = first
                for id in node.inputs.dropFirst() { sum = try rewriter("Add", sum, id) }
                if node.op.type == "Sum" { return try rewriter.finish("Identity", sum) }
                let type = try rewriter.elementType(first)
                try rewriter.finish("Div", sum, try rewriter.scalar(Double(node.inputs.count), type))
            }),
    ]

    private static func isKnown(_ shape: [Dimension]) -> Bool { !shape.contains(.unknown) }

    /// The second operand and the attributes that make it broadcast onto the first; `nil` where there are none.
    private static func legacyOperand(
        _ rewriter: OpsetRewriter, _ b: ValueID?, onto a: ValueID?
    ) throws -> (value: ValueID?, attributes: [Attribute])? {
        guard let target = rewriter.shape(a), let own = rewriter.shape(b) else { return nil }
        if target == own, isKnown(own) { return (b, []) }
        let broadcast = Attribute.int("broadcast", 1)
        if own.allSatisfy({ $0 == .size(1) }), own.count <= target.count { return (b, [broadcast]) }
        guard own.count <= target.count, let first = own.firstIndex(where: { $0 != .size(1) }),
            let last = own.lastIndex(where: { $0 != .size(1) })
        else { return nil }
        let core = Array(own[first...last])
        let axis = target.count - own.count + first
        guard isKnown(core), Array(target[axis..<(axis + core.count)]) == core else { return nil }
        let attributes = [broadcast, .int("axis", Int64(axis))]
        if core.count == own.count { return (b, attributes) }
        guard let sizes = rewriter.sizes(b) else { return nil }
        return (try rewriter.reshape(b, Array(sizes[first...last])), attributes)
    }
}
