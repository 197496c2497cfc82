import GraphIR

/// Operators that a version brought, in terms of those before it.
extension OpsetRule {
    /// Gelu (20): `x/2 · (1 + erf(x/√2))`, or with tanh `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, in the order of
    /// operations that PyTorch's exporter writes and that runtimes fuse again.
    static let gelu: Rewrite = { rewriter, node in
        let x = node.input(0)
        let type = try rewriter.elementType(x, of: node)
        let one = rewriter.constant("one", try .scalar(1, as: type))
        let half = rewriter.constant("half", try .scalar(0.5, as: type))
        let shaped: ValueID
        if node.text("approximate") == "tanh" {
            let three = rewriter.constant("three", try .scalar(3, as: type))
            let factor = rewriter.constant("gelu_cubic", try .scalar(0.044715, as: type))
            let outer = rewriter.constant("sqrt_two_over_pi", try .scalar((2 / Double.pi).squareRoot(), as: type))
            let cube = rewriter.step("Pow", [x, three], of: node)
            let scaled = rewriter.step("Mul", [cube, factor], of: node)
            let sum = rewriter.step("Add", [x, scaled], of: node)
            let argument = rewriter.step("Mul", [sum, outer], of: node)
            shaped = rewriter.step("Tanh", [argument], of: node)
        } else {
            let root = rewriter.constant("sqrt_two", try .scalar(2.0.squareRoot(), as: type))
            let argument = rewriter.step("Div", [x, root], of: node)
            shaped = rewriter.step("Erf", [argument], of: node)
        }
        let shifted = rewriter.step("Add", [shaped, one], of: node)
        let product = rewriter.step("Mul", [x, shifted], of: node)
        rewriter.finish("Mul", [product, half], of: node)
    }

    /// HardSwish (14): `x · max(0, min(1, x/6 + 1/2))`.
    static let hardSwish: Rewrite = { rewriter, node in
        let gate = rewriter.step(
            "HardSigmoid", [node.input(0)],
            attributes: [Attribute("alpha", .float(1 / 6)), Attribute("beta", .float(0.5))], of: node)
        rewriter.finish("Mul", [node.input(0), gate], of: node)
    }

    /// Swish (24): `x · sigmoid(αx)`.
    static let swish: Rewrite = { rewriter, node in
        let x = node.input(0)
        var argument = x
        if let alpha = node.real("alpha"), alpha != 1 {
            let type = try rewriter.elementType(x, of: node)
            let factor = rewriter.constant("alpha_\(alpha)", try .scalar(Double(alpha), as: type))
            argument = rewriter.step("Mul", [x, factor], of: node)
        }
        let gate = rewriter.step("Sigmoid", [argument], of: node)
        rewriter.finish("Mul", [x, gate], of: node)
    }

    /// LayerNormalization (17) by its definition. Types narrower than float32 are normalised in float32, as
    /// `stash_type` says.
    static let layerNormalization: Rewrite = { rewriter, node in
        guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else {
            throw GraphError(.unsupportedArgument, "mean and deviation as outputs have no older form", node: node.label)
        }
        var x = node.input(0)
        let type = try rewriter.elementType(x, of: node)
        let axis = node.integer("axis") ?? -1
        let axes: [Int64]
        if axis < 0 {
            axes = Array(axis...(-1))
        } else {
            axes = Array(axis..<max(axis, Int64(try rewriter.rank(x, of: node))))
        }
        let isWidened = (type == .float16 || type == .bfloat16) && (node.integer("stash_type") ?? 1) == 1
        let inner = isWidened ? ElementType.float32 : type
        let shape = x.flatMap { rewriter.graph[$0].type?.dimensions }
        let innerType = ValueType.tensor(inner, shape)
        if isWidened {
            x = rewriter.step(
                "Cast", [x], attributes: [Attribute("to", .int(Int64(inner.rawValue)))], of: node, type: innerType)
        }
        let unknown = ValueType.tensor(inner, shape.map { $0.map { _ in .unknown } })
        let mean = rewriter.step(
            "ReduceMean", [x], attributes: [Attribute("axes", .ints(axes)), Attribute("keepdims", .int(1))], of: node,
            type: unknown)
        let centered = rewriter.step("Sub", [x, mean], of: node, type: innerType)
        let squared = rewriter.step("Mul", [centered, centered], of: node, type: innerType)
        let variance = rewriter.step(
            "ReduceMean", [squared], attributes: [Attribute("axes", .ints(axes)), Attribute("keepdims", .int(1))],
            of: node, type: unknown)
        let epsilon = node.real("epsilon") ?? 1e-5
        let small = rewriter.constant("epsilon_\(epsilon)", try .scalar(Double(epsilon), as: inner))
        let shifted = rewriter.step("Add", [variance, small], of: node, type: unknown)
        let deviation = rewriter.step("Sqrt", [shifted], of: node, type: unknown)
        var result = rewriter.step("Div", [centered, deviation], of: node, type: innerType)
        if isWidened {
            result = rewriter.step(
                "Cast", [result], attributes: [Attribute("to", .int(Int64(type.rawValue)))], of: node,
                type: .tensor(type, shape))
        }
        guard let bias = node.input(2) else {
            rewriter.finish("Mul", [result, node.input(1)], of: node)
            return
        }
        let scaled = rewriter.step("Mul", [result, node.input(1)], of: node)
        rewriter.finish("Add", [scaled, bias], of: node)
    }

    /// GroupNormalization (21; before that scale and bias were one a group): an InstanceNormalization over groups, then
    /// scale and bias a channel.
    static let groupNormalization: Rewrite = { rewriter, node in
        let x = node.input(0)
        let type = try rewriter.elementType(x, of: node)
        let rank = try rewriter.rank(x, of: node)
        guard let groups = node.integer("num_groups"), groups > 0, groups <= 1 << 20, rank >= 2 else {
            throw GraphError(.argument, "needs num_groups above 0 and two axes", node: node.label)
        }
        guard type == .float32 || type == .float64 else {
            throw GraphError(
                .unsupportedArgument, "\(type.name) is normalised in float32, which has no older form",
                node: node.label)
        }
        func filled(_ value: Double) throws -> Tensor {
            type == .float32
                ? try Tensor([Float](repeating: Float(value), count: Int(groups)), shape: [Int(groups)])
                : try Tensor([Double](repeating: value, count: Int(groups)), shape: [Int(groups)])
        }
        let ones = rewriter.constant("ones_\(groups)", try filled(1))
        let zeros = rewriter.constant("zeros_\(groups)", try filled(0))
        let flat = ValueType.tensor(type, [.unknown, .size(groups), .unknown])
        let grouped = rewriter.step(
            "Reshape", [x, try rewriter.integers([0, groups, -1])], of: node, type: flat)
        let normal = rewriter.step(
            "InstanceNormalization", [grouped, ones, zeros],
            attributes: [Attribute("epsilon", .float(node.real("epsilon") ?? 1e-5))], of: node, type: flat)
        let shape = rewriter.step("Shape", [x], of: node, type: .tensor(.int64, [.size(Int64(rank))]))
        let restored = rewriter.step("Reshape", [normal, shape], of: node)
        let column = try rewriter.integers([-1] + [Int64](repeating: 1, count: rank - 2))
        let columnType = ValueType.tensor(type, [Dimension](repeating: .unknown, count: rank - 1))
        let scale = rewriter.step("Reshape", [node.input(1), column], of: node, type: columnType)
        let bias = rewriter.step("Reshape", [node.input(2), column], of: node, type: columnType)
        let scaled = rewriter.step("Mul", [restored, scale], of: node)
        rewriter.finish("Add", [scaled, bias], of: node)
    }

    /// Dropout (12) at inference does nothing; a mask or training mode is refused.
    static let dropout: Rewrite = { rewriter, node in
        guard node.outputs.dropFirst().allSatisfy({ $0 == nil }), node.input(2) == nil else {
            throw GraphError(
                .unsupportedArgument, "a mask or training mode has no exact form before opset 12", node: node.label)
        }
        rewriter.finish("Identity", [node.input(0)], of: node)
    }
}
