import GraphIR

/// The recurrent networks: the batch may come first from opset 14 on.
extension OpsetRule {
    static let recurrent: Table = [
        rule(
            "RNN", "GRU", "LSTM", version: 14,
            downgrade: { rewriter, node in
                let attributes = node.attributes(without: "layout")
                guard node.integer("layout") ?? 0 != 0 else { return try rewriter.carry(node, without: "layout") }
                var inputs = node.inputs
                for position in [0, 5, 6] {
                    guard let id = node.input(position) else { continue }
                    inputs[position] = try rewriter.transpose(id, [1, 0, 2])
                }
                let results = node.outputs.enumerated().map { position, id in
                    id.map { id in
                        rewriter.newValue(
                            rewriter.graph[id].name + "/sequence_first",
                            type: rewriter.type(id)?.elementType.map { .tensor($0, nil) })
                    }
                }
                try rewriter.step(node.op.type, inputs, attributes, outputs: results)
                for (position, result) in results.enumerated() {
                    guard let result else { continue }
                    let order: [Int64] = position == 0 ? [2, 0, 1, 3] : [1, 0, 2]
                    try rewriter.finish("Transpose", result, with: .ints("perm", order), output: position)
                }
            })
    ]
}
