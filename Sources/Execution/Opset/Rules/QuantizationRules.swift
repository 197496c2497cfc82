import GraphIR

/// Quantisation: by axis from opset 13 on, by blocks and to any type from opset 21 on.
extension OpsetRule {
    static let quantization: Table = [
        rule(
            "QuantizeLinear", "DequantizeLinear", version: 13,
            downgrade: { rewriter, node in
                guard let sizes = rewriter.sizes(node.input(1)), sizes.allSatisfy({ $0 == 1 }) else {
                    throw rewriter.refusal("a scale for each slice has no older form", "axis")
                }
                try rewriter.replace(attributes: node.attributes(without: "axis"))
            }),
        rule(
            "QuantizeLinear", version: 21,
            downgrade: { rewriter, node in
                guard node.integer("block_size") ?? 0 == 0 else {
                    throw rewriter.refusal("scales of blocks have no older form", "block_size")
                }
                var inputs = node.inputs
                if node.input(2) == nil, let number = node.integer("output_dtype"), number != 0 {
                    guard let type = ElementType(rawValue: Int32(clamping: number)), type.bitWidth >= 8 else {
                        throw rewriter.refusal("such a type has no older form", "output_dtype")
                    }
                    guard let sizes = rewriter.sizes(node.input(1)), let count = sizes.map(Int.init).checkedProduct(),
                        count <= 1 << 20
                    else { throw rewriter.refusal("the shape isn't known, the conversion needs it", "y_scale") }
                    let bytes = [UInt8](repeating: 0, count: count * type.bitWidth / 8)
                    let zeros = try Tensor(type, shape: sizes.map(Int.init), bytes: Bytes(bytes))
                    inputs = [node.input(0), node.input(1), try rewriter.constant("zeros_\(sizes)", zeros)]
                }
                try rewriter.carry(node, inputs: inputs, without: "block_size", "output_dtype")
            }),
        rule(
            "DequantizeLinear", version: 21,
            downgrade: { rewriter, node in
                guard node.integer("block_size") ?? 0 == 0 else {
                    throw rewriter.refusal("scales of blocks have no older form", "block_size")
                }
                try rewriter.carry(node, without: "block_size")
            }),
        rule(
            "DequantizeLinear", version: 23,
            downgrade: { rewriter, node in
                if let type = node.integer("output_dtype"), type != 0 {
                    guard try Int64(rewriter.elementType(node.input(1)).rawValue) == type else {
                        throw rewriter.refusal("a type other than the scale's has no older form", "output_dtype")
                    }
                }
                try rewriter.carry(node, without: "output_dtype")
            }),
        rule(
            "QLinearMatMul", version: 21,
            downgrade: { rewriter, node in
                // Scales of narrower types are the same numbers in float32.
                let inputs = try node.inputs.enumerated().map { position, id in
                    [1, 4, 6].contains(position) ? try rewriter.wide(id) : id
                }
                try rewriter.carry(node, inputs: inputs)
            }),
    ]
}
