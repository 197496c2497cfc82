import GraphIR

/// Arithmetic on types that a version brought.
extension OpsetRule {
    static let arithmetic: Table = [
        rule(
            "Mod", version: 28,
            downgrade: { rewriter, node in
                let (a, b) = (node.input(0), node.input(1))
                let type = try rewriter.elementType(a)
                guard type.isFloatingPoint, node.integer("fmod") ?? 0 == 0 else { return try rewriter.carry(node) }
                // The truncated remainder, with the divisor added where their signs differ.
                let rest = try rewriter("Mod", a, b, with: .int("fmod", 1))
                let zero = try rewriter.scalar(0, type)
                let differ = try rewriter(
                    "Xor", try rewriter("Less", rest, zero), try rewriter("Less", b, zero))
                let isWhole = try rewriter("Equal", rest, zero)
                let signed = try rewriter("Where", differ, try rewriter("Add", rest, b), rest)
                // A zero has the divisor's sign.
                let isNegative = try rewriter("Less", b, zero)
                try rewriter.finish(
                    "Where", isWhole, try rewriter("Where", isNegative, try rewriter("Neg", zero), zero), signed)
            }),
        rule("BitShift", version: 28, downgrade: shiftOfAnyAmount),
        rule(
            "BitwiseNot", version: 18,
            downgrade: { rewriter, node in
                // All bits set, less the value: -1 - x for signed types.
                let x = node.input(0)
                let type = try rewriter.elementType(x)
                guard let bytes = type.byteCount(of: 1) else { throw rewriter.refusal("\(type.name) has no bits") }
                let ones = try Tensor(type, shape: [], bytes: Bytes([UInt8](repeating: 0xFF, count: bytes)))
                try rewriter.finish("Sub", try rewriter.constant("ones", ones), x)
            }),
        rule(
            "Bernoulli", version: 15,
            downgrade: { rewriter, node in
                let x = node.input(0)
                let type = try rewriter.elementType(x)
                let seed = node.real("seed").map { [Attribute.float("seed", $0)] } ?? []
                let draw = try rewriter.step("RandomUniformLike", [x], seed)
                let to = Attribute.int("to", node.integer("dtype") ?? Int64(type.rawValue))
                try rewriter.finish("Cast", try rewriter("Less", draw, x), with: to)
            }),
        rule(
            "Range", version: 27,
            downgrade: { rewriter, node in
                let type = try rewriter.elementType(node.input(0))
                guard type.isNarrowFloat else { return try rewriter.carry(node, without: "stash_type") }
                guard node.integer("stash_type") ?? 1 == 1 else {
                    throw rewriter.refusal("counting in other than float32 has no older form", "stash_type")
                }
                let inputs = try node.inputs.map { try rewriter.wide($0) }
                let values = try rewriter.step("Range", inputs)
                try rewriter.finish("Cast", values, with: .int("to", Int64(type.rawValue)))
            }),
        rule(
            "Erf", version: 13,
            upgrade: { rewriter, node in
                guard try rewriter.elementType(node.input(0)).isFloatingPoint else {
                    throw rewriter.refusal("of integers ended with opset 13")
                }
                try rewriter.replace()
            }),
    ]

    /// BitShift (28) takes signed types, and any amount: those below 0 or of all bits leave nothing but the sign.
    private static let shiftOfAnyAmount: Rewrite = { rewriter, node in
        let (x, amount) = (node.input(0), node.input(1))
        let type = try rewriter.elementType(x)
        let isLeft = node.text("direction") == "LEFT"
        let plain = unsigned(type)
        let zero = try rewriter.scalar(0, type)
        let bits = Double(type.bitWidth)
        if plain == type, let known = rewriter.constant(amount), known.count <= 1 << 16 {
            let amounts = try known.wholeNumbers()
            if amounts.allSatisfy({ $0 < bits }) { return try rewriter.carry(node) }
        }
        var isShort = try rewriter("Less", amount, try rewriter.scalar(bits, type))
        if plain != type {
            isShort = try rewriter("And", isShort, try rewriter("Not", try rewriter("Less", amount, zero)))
        }
        let safe = try rewriter("Where", isShort, amount, zero)
        let direction = Attribute.string("direction", isLeft ? "LEFT" : "RIGHT")
        func shifted(_ x: ValueID?) throws -> ValueID {
            if plain == type { return try rewriter("BitShift", x, safe, with: direction) }
            let result = try rewriter(
                "BitShift", try rewriter.cast(x, to: plain), try rewriter.cast(safe, to: plain), with: direction)
            return try rewriter.cast(result, to: type)
        }
        if isLeft || plain == type { return try rewriter.finish("Where", isShort, try shifted(x), zero) }
        // A negative number is shifted as its complement, -1 - x.
        let minusOne = try rewriter.scalar(-1, type)
        let isNegative = try rewriter("Less", x, zero)
        let positive = try shifted(
            try rewriter("Where", isNegative, try rewriter("Sub", minusOne, x), x))
        let signed = try rewriter("Where", isNegative, try rewriter("Sub", minusOne, positive), positive)
        try rewriter.finish("Where", isShort, signed, try rewriter("Where", isNegative, minusOne, zero))
    }

    private static func unsigned(_ type: ElementType) -> ElementType {
        switch type {
        case .int8: .uint8
        case .int16: .uint16
        case .int32: .uint32
        case .int64: .uint64
        default: type
        }
    }

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
