import Foundation
import GraphIR

extension ATenTable {
    /// Arithmetic and functions of one number.
    mutating func addElementwise() {
        for (name, op) in [
            ("acos", "Acos"), ("acosh", "Acosh"), ("asin", "Asin"), ("asinh", "Asinh"), ("atan", "Atan"),
            ("atanh", "Atanh"), ("cos", "Cos"), ("cosh", "Cosh"), ("erf", "Erf"), ("exp", "Exp"), ("log", "Log"),
            ("reciprocal", "Reciprocal"), ("sigmoid", "Sigmoid"), ("sin", "Sin"), ("sinh", "Sinh"), ("sqrt", "Sqrt"),
            ("tan", "Tan"), ("tanh", "Tanh"),
        ] {
            add(name) { c in try c.net.unary(op, c.net.real(c.tensor("self"))) }
        }
        for (name, op) in [("abs", "Abs"), ("neg", "Neg"), ("negative", "Neg"), ("sign", "Sign"), ("sgn", "Sign")] {
            add(name) { c in try c.net.unary(op, c.tensor("self")) }
        }
        for (name, op) in [("ceil", "Ceil"), ("floor", "Floor"), ("round", "Round")] {
            add(name) { c in
                let x = try c.tensor("self")
                return x.elementType.isFloatingPoint ? try c.net.unary(op, x) : x
            }
        }
        add("trunc", "fix") { c in try c.net.truncated(c.tensor("self")) }
        add("frac") { c in
            let x = try c.tensor("self")
            return try c.net.binary("Sub", x, c.net.truncated(x))
        }
        add("rsqrt") { c in try c.net.unary("Reciprocal", c.net.unary("Sqrt", c.net.real(c.tensor("self")))) }
        add("square") { c in
            let x = try c.tensor("self")
            return try c.net.binary("Mul", x, x)
        }
        add("exp2") { c in
            let x = try c.net.real(c.tensor("self"))
            return try c.net.binary("Pow", c.net.scalar(.whole(2), as: x.elementType), x)
        }
        add("erfc") { c in
            let x = try c.net.real(c.tensor("self"))
            return try c.net.binary("Sub", c.net.scalar(.whole(1), as: x.elementType), c.net.unary("Erf", x))
        }
        add("log2") { c in try c.net.with("Div", c.net.unary("Log", c.net.real(c.tensor("self"))), log(2)) }
        add("log10") { c in try c.net.with("Div", c.net.unary("Log", c.net.real(c.tensor("self"))), log(10)) }
        add("log1p") { c in try c.net.unary("Log", c.net.with("Add", c.net.real(c.tensor("self")), 1)) }
        add("expm1") { c in try c.net.with("Sub", c.net.unary("Exp", c.net.real(c.tensor("self"))), 1) }
        add("deg2rad") { c in try c.net.with("Mul", c.net.real(c.tensor("self")), Double.pi / 180) }
        add("rad2deg") { c in try c.net.with("Mul", c.net.real(c.tensor("self")), 180 / Double.pi) }
        addArithmetic()
        addPowers()
        addExtremes()
        add("lerp.Scalar", "lerp.Tensor") { c in
            let start = try c.tensor("self")
            let way = try c.net.binary("Sub", c.tensor("end"), start)
            let part = try c.net.binary("Mul", .wire(way), c.operand("weight"))
            return try c.net.binary("Add", start, part)
        }
        for (name, op) in [("addcmul", "Mul"), ("addcdiv", "Div")] {
            add(name) { c in
                var product = try c.net.binary(op, .wire(c.tensor("tensor1")), .wire(c.tensor("tensor2")))
                product = try c.net.scaled(product, by: c.number("value"))
                return try c.net.binary("Add", .wire(c.tensor("self")), .wire(product))
            }
        }
        add("hypot") { c in
            let x = try c.tensor("self")
            let y = try c.tensor("other")
            let sum = try c.net.binary("Add", c.net.binary("Mul", x, x), c.net.binary("Mul", y, y))
            return try c.net.unary("Sqrt", sum)
        }
    }

    private mutating func addArithmetic() {
        for (name, op) in [("add", "Add"), ("sub", "Sub"), ("subtract", "Sub")] {
            for overload in ["Tensor", "Scalar"] {
                add("\(name).\(overload)") { c in
                    try c.net.sum(op, c.operand("self"), c.operand("other"), alpha: c.number("alpha"))
                }
            }
        }
        add("rsub.Tensor", "rsub.Scalar") { c in
            try c.net.sum("Sub", c.operand("other"), c.operand("self"), alpha: c.number("alpha"))
        }
        add("mul.Tensor", "mul.Scalar", "multiply.Tensor") { c in
            let (a, b) = try (c.operand("self"), c.operand("other"))
            // Of truth values the product is "and".
            let isLogical = try c.net.commonType([a, b]) == .bool
            return try c.net.binary(isLogical ? "And" : "Mul", a, b)
        }
        add("div.Tensor", "div.Scalar", "divide.Tensor") { c in
            try c.net.binary("Div", c.operand("self"), c.operand("other"), isReal: true)
        }
        add("div.Tensor_mode", "div.Scalar_mode") { c in
            let (a, b) = try (c.operand("self"), c.operand("other"))
            switch try c.optionalString("rounding_mode") {
            case nil: return try c.net.binary("Div", a, b, isReal: true)
            case "floor": return try c.net.floorDivided(a, b)
            case "trunc":
                let quotient = try c.net.binary("Div", a, b)
                return quotient.elementType.isFloatingPoint ? try c.net.truncated(quotient) : quotient
            default: throw c.net.unsupported("is no way of rounding that we know", "rounding_mode")
            }
        }
        add("floor_divide", "floor_divide.Scalar") { c in
            try c.net.floorDivided(c.operand("self"), c.operand("other"))
        }
        add("remainder.Tensor", "remainder.Scalar") { c in
            let (a, b) = try (c.operand("self"), c.operand("other"))
            let type = try c.net.commonType([a, b])
            let wires = try c.net.wires([a, b], as: type)
            if !type.isFloatingPoint { return try c.net.binary("Mod", wires[0], wires[1]) }
            let whole = try c.net.unary("Floor", c.net.binary("Div", wires[0], wires[1]))
            return try c.net.binary("Sub", wires[0], c.net.binary("Mul", wires[1], whole))
        }
        add("fmod.Tensor", "fmod.Scalar") { c in
            let (a, b) = try (c.operand("self"), c.operand("other"))
            let wires = try c.net.wires([a, b], as: c.net.commonType([a, b]))
            return try c.net.emit(
                "Mod", wires, [Attribute("fmod", .int(1))],
                shape: c.net.broadcast(wires[0].shape, wires[1].shape))
        }
    }

    private mutating func addPowers() {
        add("pow.Tensor_Scalar") { c in
            let exponent = try c.number("exponent")
            let base = try c.tensor("self")
            let x = try c.net.cast(base, to: c.net.commonType([.wire(base), .number(exponent)]))
            switch exponent.real {
            case 1: return x
            case 2: return try c.net.binary("Mul", x, x)
            case 3: return try c.net.binary("Mul", c.net.binary("Mul", x, x), x)
            case 0.5 where x.elementType.isFloatingPoint: return try c.net.unary("Sqrt", x)
            case -0.5 where x.elementType.isFloatingPoint:
                return try c.net.unary("Reciprocal", c.net.unary("Sqrt", x))
            case -1 where x.elementType.isFloatingPoint: return try c.net.unary("Reciprocal", x)
            default: return try c.net.binary("Pow", .wire(x), .number(exponent))
            }
        }
        add("pow.Scalar", "pow.Tensor_Tensor") { c in
            try c.net.binary("Pow", c.operand("self"), c.operand("exponent"))
        }
    }

    private mutating func addExtremes() {
        for (name, op) in [
            ("maximum", "Max"), ("max.other", "Max"), ("fmax", "Max"), ("minimum", "Min"), ("min.other", "Min"),
            ("fmin", "Min"),
        ] {
            add(name) { c in try c.net.binary(op, c.operand("self"), c.operand("other")) }
        }
        add("clamp", "clamp.Tensor", "clip") { c in
            var x = try ATenCall.Operand.wire(c.tensor("self"))
            if try c.has("min") { x = .wire(try c.net.binary("Max", x, c.operand("min"))) }
            if try c.has("max") { x = .wire(try c.net.binary("Min", x, c.operand("max"))) }
            guard case .wire(let wire) = x else { throw c.net.invalid("nothing to clamp") }
            return wire
        }
        add("clamp_min", "clamp_min.Tensor") { c in
            try c.net.binary("Max", .wire(c.tensor("self")), c.operand("min"))
        }
        add("clamp_max", "clamp_max.Tensor") { c in
            try c.net.binary("Min", .wire(c.tensor("self")), c.operand("max"))
        }
        add("nan_to_num") { c in
            let x = try c.tensor("self")
            guard x.elementType == .float32, try !c.has("posinf"), try !c.has("neginf") else {
                throw c.net.unsupported("only the limits of float32 are known")
            }
            let number = try c.optionalNumber("nan") ?? .whole(0)
            let isNone = try c.net.emit("IsNaN", [x], shape: x.shape, type: .bool)
            let clean = try c.net.emit(
                "Where", [isNone, c.net.scalar(number, as: x.elementType), x], shape: x.shape, type: x.elementType)
            let most = Double(Float.greatestFiniteMagnitude)
            return try c.net.with("Max", c.net.with("Min", clean, most), -most)
        }
    }
}

extension ATenTranslator {
    /// Towards zero.
    func truncated(_ x: Wire) throws -> Wire {
        guard x.elementType.isFloatingPoint else { return x }
        return try binary("Mul", unary("Sign", x), unary("Floor", unary("Abs", x)))
    }

    /// The quotient rounded towards minus infinity, in the operands' common type.
    func floorDivided(_ a: ATenCall.Operand, _ b: ATenCall.Operand) throws -> Wire {
        let type = try commonType([a, b])
        let wires = try wires([a, b], as: type)
        if type.isFloatingPoint { return try unary("Floor", binary("Div", wires[0], wires[1])) }
        // a − (a mod b) is divisible; ONNX's Mod has the sign of the divisor.
        let rest = try binary("Mod", wires[0], wires[1])
        return try binary("Div", binary("Sub", wires[0], rest), wires[1])
    }

    /// The product with a number of Python's.
    func scaled(_ x: Wire, by factor: Scalar) throws -> Wire {
        if factor.real == 1 { return x }
        return try binary("Mul", .wire(x), .number(factor))
    }

    /// a ± alpha·b.
    func sum(_ op: String, _ a: ATenCall.Operand, _ b: ATenCall.Operand, alpha: Scalar) throws -> Wire {
        let type = try commonType([a, b])
        // Of truth values the sum is "or".
        if type == .bool, op == "Add", alpha.real == 1 { return try binary("Or", a, b) }
        let wires = try wires([a, b], as: type)
        return try binary(op, wires[0], scaled(wires[1], by: alpha))
    }
}
