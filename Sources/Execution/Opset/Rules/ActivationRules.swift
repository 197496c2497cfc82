import GraphIR

/// Activations that a version brought, in terms of those before it.
extension OpsetRule {
    static let activations: Table = [
        rule("Gelu", version: 20, downgrade: gelu),
        rule(
            "HardSwish", version: 14,
            downgrade: { rewriter, node in
                // x · max(0, min(1, x/6 + 1/2))
                let x = try rewriter.wide(node.input(0))
                let gate = try rewriter("HardSigmoid", x, with: .float("alpha", 1 / 6), .float("beta", 0.5))
                try rewriter.finishWide("Mul", x, gate, like: node.input(0))
            }),
        rule(
            "Mish", version: 18,
            downgrade: { rewriter, node in
                // x · tanh(softplus(x))
                let x = try rewriter.wide(node.input(0))
                let gate = try rewriter("Tanh", try rewriter("Softplus", x))
                try rewriter.finishWide("Mul", x, gate, like: node.input(0))
            }),
        rule(
            "Swish", version: 24,
            downgrade: { rewriter, node in
                // x · sigmoid(αx)
                let x = try rewriter.wide(node.input(0))
                let gate = try sigmoid(rewriter, x, factor: node.real("alpha") ?? 1)
                try rewriter.finishWide("Mul", x, gate, like: node.input(0))
            }),
        rule("SwiGLU", version: 28, downgrade: swiGLU),
        rule("Celu", version: 12, downgrade: celu),
        rule(
            "Celu", version: 28,
            downgrade: { rewriter, node in
                if try rewriter.elementType(node.input(0)) == .float32 { return try rewriter.carry(node) }
                try celu(rewriter, node)
            }),
        rule(
            "Shrink", version: 9,
            downgrade: { rewriter, node in
                throw rewriter.refusal("choosing by condition came with opset 9")
            }),
        rule(
            "ThresholdedRelu", version: 10,
            downgrade: { rewriter, node in
                let x = node.input(0)
                let type = try rewriter.elementType(x)
                let alpha = try rewriter.scalar(Double(node.real("alpha") ?? 1), type)
                let isAbove = try rewriter("Greater", x, alpha)
                try rewriter.finish("Where", isAbove, x, try rewriter.scalar(0, type))
            }),
        rule(
            "Relu", version: 14,
            downgrade: { rewriter, node in
                let x = node.input(0)
                let type = try rewriter.elementType(x)
                if type.isFloatingPoint { return try rewriter.carry(node) }
                try rewriter.finish("Max", x, try rewriter.scalar(0, type))
            }),
        rule(
            "GreaterOrEqual", version: 12,
            downgrade: { rewriter, node in
                let (a, b) = (node.input(0), node.input(1))
                try rewriter.finish("Or", try rewriter("Greater", a, b), try rewriter("Equal", a, b))
            }),
        rule(
            "LessOrEqual", version: 12,
            downgrade: { rewriter, node in
                let (a, b) = (node.input(0), node.input(1))
                try rewriter.finish("Or", try rewriter("Less", a, b), try rewriter("Equal", a, b))
            }),
    ]

    /// Gelu (20): `x/2 · (1 + erf(x/√2))`, or with tanh `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, in the order of
    /// operations that PyTorch's exporter writes and that runtimes fuse again.
    private static let gelu: Rewrite = { rewriter, node in
        let x = try rewriter.wide(node.input(0))
        let type = try rewriter.elementType(x)
        let one = try rewriter.scalar(1, type)
        let half = try rewriter.scalar(0.5, type)
        let shaped: ValueID
        if node.text("approximate") == "tanh" {
            let cube = try rewriter("Pow", x, try rewriter.scalar(3, type))
            let scaled = try rewriter("Mul", cube, try rewriter.scalar(0.044715, type))
            let sum = try rewriter("Add", x, scaled)
            let argument = try rewriter("Mul", sum, try rewriter.scalar((2 / Double.pi).squareRoot(), type))
            shaped = try rewriter("Tanh", argument)
        } else {
            // The root is taken by the graph, so that it is exact in whatever type that is run.
            let argument = try rewriter("Div", x, try rewriter("Sqrt", try rewriter.scalar(2, type)))
            shaped = try rewriter("Erf", argument)
        }
        let product = try rewriter("Mul", x, try rewriter("Add", shaped, one))
        try rewriter.finishWide("Mul", product, half, like: node.input(0))
    }

    static func sigmoid(_ rewriter: OpsetRewriter, _ x: ValueID?, factor: Float) throws -> ValueID {
        if factor == 1 { return try rewriter("Sigmoid", x) }
        let scaled = try rewriter("Mul", x, try rewriter.scalar(Double(factor), rewriter.elementType(x)))
        return try rewriter("Sigmoid", scaled)
    }

    /// Celu (12): `α · elu(x/α)`.
    private static let celu: Rewrite = { rewriter, node in
        let x = try rewriter.wide(node.input(0))
        let alpha = try rewriter.scalar(Double(node.real("alpha") ?? 1), rewriter.elementType(x))
        let shaped = try rewriter("Elu", try rewriter("Div", x, alpha), with: .float("alpha", 1))
        try rewriter.finishWide("Mul", alpha, shaped, like: node.input(0))
    }
}

extension OpsetRule {
    /// SwiGLU (28): `a · sigmoid(αa) · b`.
    static let swiGLU: Rewrite = { rewriter, node in
        let a = try rewriter.wide(node.input(0))
        let gate = try sigmoid(rewriter, a, factor: node.real("alpha") ?? 1)
        try rewriter.finishWide(
            "Mul", try rewriter("Mul", a, gate), try rewriter.wide(node.input(1)), like: node.input(0))
    }
}
