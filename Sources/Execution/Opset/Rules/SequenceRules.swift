import GraphIR

/// Optionals: since opset 18 their operators take what isn't optional too.
extension OpsetRule {
    static let sequences: Table = [
        rule(
            "OptionalHasElement", version: 18,
            downgrade: { rewriter, node in
                let type = rewriter.type(node.input(0))
                if node.input(0) != nil {
                    guard let type else {
                        throw rewriter.refusal("the input's type isn't known, the conversion needs it")
                    }
                    if case .optional? = type.kind { return try rewriter.carry(node) }
                }
                let has = try Tensor(.bool, shape: [], bytes: Bytes([node.input(0) == nil ? 0 : 1]))
                try rewriter.finish("Constant", [], [Attribute("value", .tensor(TensorRecord(has)))])
            }),
        rule(
            "OptionalGetElement", version: 18,
            downgrade: { rewriter, node in
                guard let type = rewriter.type(node.input(0)) else {
                    throw rewriter.refusal("the input's type isn't known, the conversion needs it")
                }
                if case .optional? = type.kind { return try rewriter.carry(node) }
                try rewriter.finish("Identity", node.input(0))
            }),
    ]
}
