import GraphIR
import Operators

extension GradientRules {
    /// Operators that reshape, pick, reduce or multiply matrices.
    static let shaped: [String: GradientRule] = [
        "Reshape": reshape, "Flatten": reshape, "Squeeze": reshape, "Unsqueeze": reshape,
        "Expand": { tape in [tape.summed(try tape.gradient(), to: try tape.input(0)), nil] },
        "Transpose": { tape in
            var attributes: [Attribute] = []
            if case .ints(let order)? = tape.node.attribute("perm") {
                var inverse = [Int64](repeating: 0, count: order.count)
                for (position, axis) in order.enumerated() {
                    guard let axis = Int(exactly: axis), inverse.indices.contains(axis) else {
                        throw GraphError(.argument, "\(order) is no order of axes", argument: "perm")
                    }
                    inverse[axis] = Int64(position)
                }
                attributes = [Attribute("perm", .ints(inverse))]
            }
            return [tape.emit("Transpose", [try tape.gradient()], attributes: attributes)]
        },
        "Concat": { tape in
            let axis = Float(try tape.int("axis") ?? 1)
            let dy = try tape.gradient()
            return try tape.node.inputs.indices.map { index in
                tape.part(
                    "JoinedPart", [dy] + (try tape.node.inputs.indices.map { try tape.input($0) }),
                    attributes: [Attribute("axis", .float(axis)), Attribute("index", .float(Float(index)))])
            }
        },
        "Gather": { tape in
            let axis = Attribute("axis", .float(Float(try tape.int("axis") ?? 0)))
            return [
                tape.part(
                    "ScatterSum", try tape.gradient(), try tape.input(0), try tape.input(1), attributes: [axis]), nil,
            ]
        },
        "MatMul": { tape in
            let (a, b) = (try tape.input(0), try tape.input(1))
            let (rows, columns) = (tape.part("Row", a), tape.part("Column", b))
            let dy = tape.part("Product", try tape.gradient(), a, b)
            let byA = tape.summed(tape.emit("MatMul", [dy, tape.part("SwapLast", columns)]), to: rows)
            let byB = tape.summed(tape.emit("MatMul", [tape.part("SwapLast", rows), dy]), to: columns)
            return [tape.part("ReshapeTo", byA, a), tape.part("ReshapeTo", byB, b)]
        },
        "Gemm": { tape in
            let (a, b) = (try tape.input(0), try tape.input(1))
            let isATurned = (try tape.int("transA") ?? 0) != 0
            let isBTurned = (try tape.int("transB") ?? 0) != 0
            let dy = try tape.gradient()
            let scaled = tape.affine(dy, scale: try tape.float("alpha", default: 1))
            let (x, y) = (isATurned ? tape.part("SwapLast", a) : a, isBTurned ? tape.part("SwapLast", b) : b)
            let byX = tape.emit("MatMul", [scaled, tape.part("SwapLast", y)])
            let byY = tape.emit("MatMul", [tape.part("SwapLast", x), scaled])
            var results: [ValueID?] = [
                isATurned ? tape.part("SwapLast", byX) : byX, isBTurned ? tape.part("SwapLast", byY) : byY,
            ]
            if let c = tape.node.inputs[checked: 2] ?? nil {
                results.append(tape.summed(tape.affine(dy, scale: try tape.float("beta", default: 1)), to: c))
            }
            return results
        },
        "ReduceSum": { tape in [try tape.spread(try tape.gradient()), nil] },
        "ReduceMean": { tape in
            let dy = try tape.gradient()
            return [
                tape.part("ExpandTo", tape.part("Fraction", try tape.kept(dy), try tape.input(0)), try tape.input(0)),
                nil,
            ]
        },
        "ReduceSumSquare": { tape in
            [tape.multiply(tape.affine(try tape.input(0), scale: 2), try tape.spread(try tape.gradient())), nil]
        },
        "ReduceL1": { tape in
            [tape.multiply(tape.emit("Sign", [try tape.input(0)]), try tape.spread(try tape.gradient())), nil]
        },
        "ReduceL2": { tape in
            let ratio = tape.divide(try tape.gradient(), try tape.output())
            return [tape.multiply(try tape.input(0), try tape.spread(ratio)), nil]
        },
        "ReduceLogSum": { tape in
            let ratio = tape.divide(try tape.gradient(), tape.emit("Exp", [try tape.output()]))
            return [try tape.spread(ratio), nil]
        },
        "ReduceLogSumExp": { tape in
            let share = tape.emit("Exp", [tape.subtract(try tape.input(0), try tape.spread(try tape.output()))])
            return [tape.multiply(share, try tape.spread(try tape.gradient())), nil]
        },
        "ReduceMax": reducedExtremum, "ReduceMin": reducedExtremum,
        "GlobalAveragePool": { tape in
            let x = try tape.input(0)
            return [tape.part("ExpandTo", tape.part("Fraction", try tape.gradient(), x), x)]
        },
        "Softmax": { tape in
            let (y, dy) = (try tape.output(), try tape.gradient())
            let sum = try tape.summedAlong(tape.multiply(dy, y))
            return [tape.multiply(y, tape.subtract(dy, sum))]
        },
        "LogSoftmax": { tape in
            let (y, dy) = (try tape.output(), try tape.gradient())
            return [tape.subtract(dy, tape.multiply(tape.emit("Exp", [y]), try tape.summedAlong(dy)))]
        },
    ]

    /// The derivative goes to the elements that are the greatest (the smallest), in equal parts.
    private static let reducedExtremum: GradientRule = { tape in
        let x = try tape.input(0)
        let y = try tape.kept(try tape.output())
        let mask = tape.equal(x, tape.part("ExpandTo", y, x))
        let share = tape.divide(try tape.kept(try tape.gradient()), tape.summed(mask, to: y))
        return [tape.multiply(mask, tape.part("ExpandTo", share, x)), nil]
    }

    private static let reshape: GradientRule = { tape in
        [tape.part("ReshapeTo", try tape.gradient(), try tape.input(0))]
    }
}

extension GradientTape {
    /// A value shaped like a reduction's result, with the reduced axes as axes of size 1.
    fileprivate mutating func kept(_ value: ValueID) throws -> ValueID {
        let attributes = node.attributes.filter { ["axes", "noop_with_empty_axes"].contains($0.name) }
        return part("KeepAxes", value, try input(0), node.inputs[checked: 1] ?? nil, attributes: attributes)
    }

    /// A value shaped like a reduction's result, repeated to the shape of what was reduced.
    fileprivate mutating func spread(_ value: ValueID) throws -> ValueID {
        part("ExpandTo", try kept(value), try input(0))
    }

    /// The sum along the axis of a softmax; before version 13 it is along that axis and all behind it.
    fileprivate mutating func summedAlong(_ value: ValueID) throws -> ValueID {
        let axis = try int("axis") ?? (opset < 13 ? 1 : -1)
        return part(
            "SumAlong", value,
            attributes: [
                Attribute("axis", .float(Float(axis))), Attribute("toEnd", .float(opset < 13 ? 1 : 0)),
            ])
    }
}
