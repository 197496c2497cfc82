import GraphIR

extension ATenTable {
    mutating func addActivations() {
        add("relu") { c in try c.net.unary("Relu", c.tensor("self")) }
        add("gelu") { c in
            let mode = try c.string("approximate")
            return try c.net.unary(
                "Gelu", c.tensor("self"),
                mode == "none" ? [] : [Attribute("approximate", .string(Array(mode.utf8)))])
        }
        add("silu") { c in
            let x = try c.tensor("self")
            return try c.net.binary("Mul", x, c.net.unary("Sigmoid", x))
        }
        add("mish") { c in try c.net.unary("Mish", c.tensor("self")) }
        add("hardswish") { c in try c.net.unary("HardSwish", c.tensor("self")) }
        add("hardsigmoid") { c in
            let x = try c.tensor("self")
            return try c.net.with("Div", c.net.clipped(c.net.with("Add", x, 3), 0, 6), 6)
        }
        add("relu6") { c in try c.net.clipped(c.tensor("self"), 0, 6) }
        add("hardtanh") { c in try c.net.clipped(c.tensor("self"), c.real("min_val"), c.real("max_val")) }
        add("leaky_relu") { c in
            let x = try c.tensor("self")
            let slope = try c.real("negative_slope")
            if Double(Float(slope).description) == slope {
                return try c.net.unary("LeakyRelu", x, [Attribute("alpha", .float(Float(slope)))])
            }
            let isPositive = try c.net.compared("Greater", .wire(x), .number(.whole(0)))
            return try c.net.choice(isPositive, .wire(x), .wire(c.net.with("Mul", x, slope)))
        }
        add("prelu", "_prelu_kernel") { c in
            let x = try c.tensor("self")
            var slope = try c.tensor("weight")
            if slope.rank == 1, x.rank > 2, slope.shape[0] != .number(1) {
                slope = try c.net.unsqueeze(slope, axes: Array(1..<(x.rank - 1)))
            }
            return try c.net.emit("PRelu", [x, slope], shape: x.shape)
        }
        add("elu") { c in
            let (alpha, scale, inner) = try (c.real("alpha"), c.real("scale"), c.real("input_scale"))
            guard inner == 1, Double(Float(alpha).description) == alpha else {
                throw c.net.unsupported("such factors of elu aren't supported")
            }
            let x = try c.net.unary("Elu", c.tensor("self"), [Attribute("alpha", .float(Float(alpha)))])
            return scale == 1 ? x : try c.net.with("Mul", x, scale)
        }
        add("celu") { c in
            // max(0, x) + min(0, α·(exp(x/α) − 1))
            let x = try c.tensor("self")
            let alpha = try c.real("alpha")
            let grown = try c.net.with("Sub", c.net.unary("Exp", c.net.with("Div", x, alpha)), 1)
            let low = try c.net.with("Min", c.net.with("Mul", grown, alpha), 0)
            return try c.net.binary("Add", c.net.unary("Relu", x), low)
        }
        add("selu") { c in
            // PyTorch's constants, which the attributes' float32 can't say.
            let x = try c.tensor("self")
            let (alpha, scale) = (1.6732632423543772, 1.0507009873554805)
            let isPositive = try c.net.compared("Greater", .wire(x), .number(.whole(0)))
            return try c.net.choice(
                isPositive, .wire(c.net.with("Mul", x, scale)),
                .wire(c.net.with("Mul", c.net.unary("Elu", x), scale * alpha)))
        }
        add("softplus") { c in
            let x = try c.tensor("self")
            let (beta, threshold) = try (c.real("beta"), c.real("threshold"))
            let scaled = beta == 1 ? x : try c.net.with("Mul", x, beta)
            let soft = try c.net.unary("Softplus", scaled)
            let isLarge = try c.net.compared("Greater", .wire(scaled), .number(.real(threshold)))
            return try c.net.choice(
                isLarge, .wire(x), .wire(beta == 1 ? soft : c.net.with("Div", soft, beta)))
        }
        add("log_sigmoid") { c in try c.net.unary("Neg", c.net.unary("Softplus", c.net.unary("Neg", c.tensor("self"))))
        }
        add("threshold") { c in
            let x = try c.tensor("self")
            let isAbove = try c.net.compared("Greater", .wire(x), .number(c.number("threshold")))
            return try c.net.choice(isAbove, .wire(x), .number(c.number("value")))
        }
        add("hardshrink") { c in
            let x = try c.tensor("self")
            let isFar = try c.net.compared("Greater", .wire(c.net.unary("Abs", x)), .number(c.number("lambd")))
            return try c.net.choice(isFar, .wire(x), .wire(c.net.scalar(.whole(0), as: x.elementType)))
        }
        add("softshrink") { c in
            let x = try c.tensor("self")
            let near = try c.net.clipped(x, -c.real("lambd"), c.real("lambd"))
            return try c.net.binary("Sub", x, near)
        }
        add("glu") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            guard let size = x.shape[axis].known, size % 2 == 0 else { throw c.net.invalid("no two halves") }
            let halves = try c.net.split(x, axis: axis, [.number(size / 2), .number(size / 2)])
            return try c.net.binary("Mul", halves[0], c.net.unary("Sigmoid", halves[1]))
        }
        for (name, op) in [
            ("softmax.int", "Softmax"), ("_softmax", "Softmax"), ("log_softmax.int", "LogSoftmax"),
            ("_log_softmax", "LogSoftmax"),
        ] {
            add(name) { c in
                var x = try c.tensor("self")
                if let type = try c.schemaHas("dtype") ? c.type("dtype") : nil { x = try c.net.cast(x, to: type) }
                x = try c.net.real(x)
                let axis = try c.axis("dim", rank: x.rank)
                try c.net.keepSamplesApart(x, axes: [axis])
                return try c.net.softmax(op, x, axis)
            }
        }
    }
}

extension ATenCall {
    func schemaHas(_ name: String) -> Bool { schema.arguments.contains { $0.name == name } }
}

extension ATenTranslator {
    func softmax(_ op: String, _ x: Wire, _ axis: Int) throws -> Wire {
        try unary(op, x, [Attribute("axis", .int(Int64(axis == x.rank - 1 ? -1 : axis)))])
    }

    /// Not below `low`, not above `high`.
    func clipped(_ x: Wire, _ low: Double, _ high: Double) throws -> Wire {
        try emit(
            "Clip", [x, scalar(.real(low), as: x.elementType), scalar(.real(high), as: x.elementType)],
            shape: x.shape)
    }
}
