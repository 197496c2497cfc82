import GraphIR

/// The losses (12) by their definitions.
extension OpsetRule {
    static let losses: Table = [
        rule(
            "NegativeLogLikelihoodLoss", version: 12,
            downgrade: { rewriter, node in
                try finishLikelihoodLoss(rewriter, node, logarithms: node.input(0))
            }),
        rule(
            "SoftmaxCrossEntropyLoss", version: 12,
            downgrade: { rewriter, node in
                let x = node.input(0)
                let rank = Int64(try rewriter.rank(x))
                guard rank >= 2 else { throw GraphError(.argument, "scores of rank \(rank)", node: node.label) }
                // LogSoftmax works on all axes from one on, as one: the classes go to the end.
                var order = Array(0..<rank)
                order.swapAt(1, Int(rank - 1))
                let moved = rank > 2 ? try rewriter.transpose(x, order) : x
                var logarithms = try rewriter("LogSoftmax", moved, with: .int("axis", rank - 1))
                if rank > 2 { logarithms = try rewriter.transpose(logarithms, order) }
                try finishLikelihoodLoss(rewriter, node, logarithms: logarithms)
                if rewriter.wants(1) { try rewriter.finish("Identity", logarithms, output: 1) }
            }),
    ]

    /// `−logarithms[n, target[n, …], …] · weight[target]`, reduced as the node says.
    private static func finishLikelihoodLoss(
        _ rewriter: OpsetRewriter, _ node: Node, logarithms: ValueID?
    ) throws {
        let type = try rewriter.elementType(logarithms)
        let target = node.input(1)
        var picked = target
        var isIgnored: ValueID?
        if let ignored = node.integer("ignore_index") {
            let classes = try rewriter.elementType(target)
            let mask = try rewriter("Equal", target, try rewriter.scalar(Double(ignored), classes))
            picked = try rewriter("Where", mask, try rewriter.scalar(0, classes), target)
            isIgnored = mask
        }
        let zero = try rewriter.scalar(0, type)
        let column = try rewriter.unsqueeze(picked, [1])
        let chosen = try rewriter("GatherElements", logarithms, column, with: .int("axis", 1))
        var loss = try rewriter("Neg", try rewriter.squeeze(chosen, [1]))
        var weights: ValueID?
        if let given = node.input(2) {
            weights = try rewriter("Gather", given, picked)
        } else if let isIgnored {
            weights = try rewriter("Where", isIgnored, zero, try rewriter.scalar(1, type))
        }
        if let known = weights, node.input(2) != nil {
            if let isIgnored { weights = try rewriter("Where", isIgnored, zero, known) }
            loss = try rewriter("Mul", loss, weights)
        }
        if let isIgnored { loss = try rewriter("Where", isIgnored, zero, loss) }
        let whole = Attribute.int("keepdims", 0)
        switch node.text("reduction") ?? "mean" {
        case "none": try rewriter.finish("Identity", loss)
        case "sum": try rewriter.finish("ReduceSum", loss, with: whole)
        case "mean":
            guard let weights else { return try rewriter.finish("ReduceMean", loss, with: whole) }
            let total = try rewriter("ReduceSum", loss, with: whole)
            try rewriter.finish("Div", total, try rewriter("ReduceSum", weights, with: whole))
        case let other:
            throw GraphError(.argument, "'\(other)' is unknown", node: node.label, argument: "reduction")
        }
    }
}
