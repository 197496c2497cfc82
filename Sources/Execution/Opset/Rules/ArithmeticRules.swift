import GraphIR

/// Arithmetic on types that a version brought.
extension OpsetRule {
    static let arithmetic: Table = [
        rule("Mod", version: 28, downgrade: { rewriter, node in
            let (a, b) = (node.input(0), node.input(1))
            let type = try rewriter.elementType(a)
            guard type.isFloatingPoint, node.integer("fmod") ?? 0 == 0 else { return try rewriter.carry(node) }
            // The truncated remainder, with the divisor added where their signs differ.
            let rest = try rewriter("Mod", a, b, with: .int("fmod", 1))
            let zero = try rewriter.scalar(0, type)
            let differ = try rewriter(
                "Xor", try rewriter("Less", rest, zero), try rewriter("Less", b, zero))
            let isWhole = try rewriter("Equal", rest, zero)
            let isWrong = try rewriter("And", differ, try rewriter("Not", isWhole))
            try rewriter.finish("Where", isWrong, try rewriter("Add", rest, b), rest)
        }),
        rule("Range", version: 27, downgrade: { rewriter, node in
            let type = try rewriter.elementType(node.input(0))
            guard type.isNarrowFloat else { return try rewriter.carry(node, without: "stash_type") }
            guard node.integer("stash_type") ?? 1 == 1 else {
                throw rewriter.refusal("counting in other than float32 has no older form", "stash_type")
            }
            let inputs = try node.inputs.map { try rewriter.wide($0) }
            let values = try rewriter.step("Range", inputs)
            try rewriter.finish("Cast", values, with: .int("to", Int64(type.rawValue)))
        }),
        rule("Erf", version: 13, upgrade: { rewriter, node in
            guard try rewriter.elementType(node.input(0)).isFloatingPoint else {
                throw rewriter.refusal("of integers ended with opset 13")
            }
            try rewriter.replace()
        }),
    ]

    /// The type that an operator can be computed in, to the same result, where a version doesn't take `narrow`.
    static func widerType(of narrow: ElementType, for type: String) -> ElementType? {
        switch narrow {
        case .float16, .bfloat16: return kindsOfTheirOwn.contains(type) ? nil : .float32
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz:
            return type == "IsNaN" || type == "IsInf" ? .float32 : nil
        // Integers wrap: the low bits of the wider result are the narrower one.
        case .int8, .int16, .uint8, .uint16: return ["Add", "Sub", "Mul", "Div"].contains(type) ? .int32 : nil
        // False is below true, as 0 is below 1.
        case .bool: return type == "ReduceMax" || type == "ReduceMin" ? .uint8 : nil
        default: return nil
        }
    }

    /// Operators that draw at random, convert, or whose result type is an attribute.
    private static let kindsOfTheirOwn: Set<String> = [
        "Bernoulli", "Cast", "CastLike", "Constant", "ConstantOfShape", "DequantizeLinear", "EyeLike", "Multinomial",
        "QLinearMatMul", "QuantizeLinear", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
        "Range",
    ]
}
