import GraphIR

/// The windows of signal processing (17): sums of cosines.
extension OpsetRule {
    static let windows: Table = [
        rule("HannWindow", version: 17, downgrade: window([0.5, -0.5])),
        rule("HammingWindow", version: 17, downgrade: window([25.0 / 46, -21.0 / 46])),
        rule("BlackmanWindow", version: 17, downgrade: window([0.42, -0.5, 0.08])),
    ]

    /// `c₀ + c₁ cos(2πn/N) + c₂ cos(4πn/N)`, where N is the size, or one less where the window isn't periodic.
    private static func window(_ terms: [Double]) -> Rewrite {
        { rewriter, node in
            let given = node.integer("output_datatype") ?? 1
            let type = ElementType(rawValue: Int32(clamping: given)) == .float64 ? ElementType.float64 : .float32
            let size = try rewriter.cast(node.input(0), to: type)
            let one = try rewriter.scalar(1, type)
            let steps = try rewriter("Range", try rewriter.scalar(0, type), size, one)
            let period = node.integer("periodic") ?? 1 != 0 ? size : try rewriter("Sub", size, one)
            var sum = try rewriter.scalar(terms[0], type)
            for (order, factor) in terms.enumerated().dropFirst() {
                let turns = try rewriter("Mul", steps, try rewriter.scalar(2 * Double.pi * Double(order), type))
                let wave = try rewriter("Cos", try rewriter("Div", turns, period))
                sum = try rewriter("Add", sum, try rewriter("Mul", wave, try rewriter.scalar(factor, type)))
            }
            try rewriter.finish("Cast", sum, with: .int("to", given))
        }
    }
}
