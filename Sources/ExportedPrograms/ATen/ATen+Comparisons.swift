import GraphIR

extension ATenTable {
    /// Comparisons, logic, and choices by them.
    mutating func addComparisons() {
        for (name, op) in [
            ("eq", "Equal"), ("gt", "Greater"), ("greater", "Greater"), ("lt", "Less"), ("ge", "GreaterOrEqual"),
            ("le", "LessOrEqual"),
        ] {
            for overload in ["Tensor", "Scalar"] {
                add("\(name).\(overload)") { c in
                    try c.net.compared(op, c.operand("self"), c.operand("other"))
                }
            }
        }
        add("ne.Tensor", "ne.Scalar") { c in
            try c.net.unary("Not", c.net.compared("Equal", c.operand("self"), c.operand("other")))
        }
        for (name, op) in [("logical_and", "And"), ("logical_or", "Or"), ("logical_xor", "Xor")] {
            add(name) { c in
                try c.net.binary(op, c.net.truth(c.tensor("self")), c.net.truth(c.tensor("other")))
            }
        }
        for (name, op) in [("bitwise_and", "And"), ("bitwise_or", "Or"), ("bitwise_xor", "Xor")] {
            for overload in ["Tensor", "Scalar"] {
                let sign = "__\(name.dropFirst("bitwise_".count))__"
                add("\(name).\(overload)", "\(sign).\(overload)") { c in
                    let (a, b) = try (c.operand("self"), c.operand("other"))
                    let isLogical = try c.net.commonType([a, b]) == .bool
                    return try c.net.binary(isLogical ? op : "Bitwise" + op, a, b)
                }
            }
        }
        add("logical_not") { c in try c.net.unary("Not", c.net.truth(c.tensor("self"))) }
        add("bitwise_not") { c in
            let x = try c.tensor("self")
            return try c.net.unary(x.elementType == .bool ? "Not" : "BitwiseNot", x)
        }
        add("isnan") { c in
            let x = try c.tensor("self")
            return try c.net.emit("IsNaN", [x], shape: x.shape, type: .bool)
        }
        add("isinf") { c in
            let x = try c.tensor("self")
            return try c.net.emit("IsInf", [x], shape: x.shape, type: .bool)
        }
        add("isfinite") { c in
            // A number minus itself is 0 unless it is infinite or none.
            let x = try c.tensor("self")
            let rest = try c.net.binary("Sub", x, x)
            return try c.net.binary("Equal", rest, c.net.scalar(.whole(0), as: x.elementType), result: .bool)
        }
        add("where.self", "where.ScalarSelf", "where.ScalarOther", "where.Scalar") { c in
            let other = try c.operand("other")
            return try c.net.choice(c.tensor("condition"), c.operand("self"), other)
        }
        add("masked_fill.Scalar", "masked_fill.Tensor") { c in
            let x = try c.tensor("self")
            let value = try c.net.wires([c.operand("value")], as: x.elementType)[0]
            return try c.net.choice(c.tensor("mask"), .wire(value), .wire(x))
        }
    }
}

extension ATenTranslator {
    func compared(_ op: String, _ a: ATenCall.Operand, _ b: ATenCall.Operand) throws -> Wire {
        let type = try commonType([a, b])
        // ONNX compares truth values only for being equal.
        let wires = try wires([a, b], as: type == .bool && op != "Equal" ? .int32 : type)
        return try binary(op, wires[0], wires[1], result: .bool)
    }

    /// `a` where the condition holds, else `b`.
    func choice(_ condition: Wire, _ a: ATenCall.Operand, _ b: ATenCall.Operand) throws -> Wire {
        let type = try commonType([a, b])
        let wires = try wires([a, b], as: type)
        let shape = try broadcast(condition.shape, broadcast(wires[0].shape, wires[1].shape))
        return try emit("Where", [truth(condition), wires[0], wires[1]], shape: shape, type: type)
    }
}
