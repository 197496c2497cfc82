import GraphIR
import Operators

/// The derivatives by a node's inputs, from those by its outputs; `nil` for inputs that there is none for.
typealias GradientRule = @Sendable (inout GradientTape) throws -> [ValueID?]

/// How each operator is differentiated.
enum GradientRules {
    /// The rule of an operator.
    static func rule(for op: OperatorName) -> GradientRule? {
        switch op.canonicalDomain {
        case "": standard[op.type]
        case OperatorName.gradientDomain: own[op.type]
        default: nil
        }
    }

    private static let standard: [String: GradientRule] = elementwise.merging(activations) { first, _ in first }
        .merging(shaped) { first, _ in first }.merging(moving) { first, _ in first }

    /// An elementwise function of one input, from its input, its output and the derivative by that.
    static func unary(
        _ rule: @escaping @Sendable (inout GradientTape, _ x: ValueID, _ y: ValueID, _ dy: ValueID) throws -> ValueID
    ) -> GradientRule {
        { tape in [try rule(&tape, tape.input(0), tape.output(), tape.gradient())] }
    }

    /// A function that is constant wherever it has a derivative.
    private static let flat: GradientRule = { tape in [tape.part("ZerosLike", try tape.input(0))] }

    private static let elementwise: [String: GradientRule] = [
        "Identity": { tape in [try tape.gradient()] },
        "Neg": unary { tape, _, _, dy in tape.negate(dy) },
        "Abs": unary { tape, x, _, dy in tape.multiply(dy, tape.emit("Sign", [x])) },
        "Sign": flat, "Floor": flat, "Ceil": flat, "Round": flat,
        "Exp": unary { tape, _, y, dy in tape.multiply(dy, y) },
        "Log": unary { tape, x, _, dy in tape.divide(dy, x) },
        "Sqrt": unary { tape, _, y, dy in tape.divide(tape.affine(dy, scale: 0.5), y) },
        "Reciprocal": unary { tape, _, y, dy in tape.negate(tape.multiply(dy, tape.multiply(y, y))) },
        "Sin": unary { tape, x, _, dy in tape.multiply(dy, tape.emit("Cos", [x])) },
        "Cos": unary { tape, x, _, dy in tape.negate(tape.multiply(dy, tape.emit("Sin", [x]))) },
        "Tan": unary { tape, _, y, dy in tape.multiply(dy, tape.affine(tape.multiply(y, y), shift: 1)) },
        "Sinh": unary { tape, x, _, dy in tape.multiply(dy, tape.emit("Cosh", [x])) },
        "Cosh": unary { tape, x, _, dy in tape.multiply(dy, tape.emit("Sinh", [x])) },
        "Tanh": unary { tape, _, y, dy in
            tape.multiply(dy, tape.affine(tape.multiply(y, y), scale: -1, shift: 1))
        },
        "Asin": unary { tape, x, _, dy in
            tape.divide(dy, tape.emit("Sqrt", [tape.affine(tape.multiply(x, x), scale: -1, shift: 1)]))
        },
        "Acos": unary { tape, x, _, dy in
            tape.negate(tape.divide(dy, tape.emit("Sqrt", [tape.affine(tape.multiply(x, x), scale: -1, shift: 1)])))
        },
        "Atan": unary { tape, x, _, dy in tape.divide(dy, tape.affine(tape.multiply(x, x), shift: 1)) },
        "Asinh": unary { tape, x, _, dy in
            tape.divide(dy, tape.emit("Sqrt", [tape.affine(tape.multiply(x, x), shift: 1)]))
        },
        "Acosh": unary { tape, x, _, dy in
            tape.divide(dy, tape.emit("Sqrt", [tape.affine(tape.multiply(x, x), shift: -1)]))
        },
        "Atanh": unary { tape, x, _, dy in
            tape.divide(dy, tape.affine(tape.multiply(x, x), scale: -1, shift: 1))
        },
        "Sigmoid": unary { tape, _, y, dy in
            tape.multiply(dy, tape.multiply(y, tape.affine(y, scale: -1, shift: 1)))
        },
        "Erf": unary { tape, x, _, dy in
            let bell = tape.emit("Exp", [tape.negate(tape.multiply(x, x))])
            return tape.multiply(dy, tape.affine(bell, scale: 2 / Double.pi.squareRoot()))
        },
        "Add": { tape in
            let dy = try tape.gradient()
            return [tape.summed(dy, to: try tape.input(0)), tape.summed(dy, to: try tape.input(1))]
        },
        "Sub": { tape in
            let dy = try tape.gradient()
            return [tape.summed(dy, to: try tape.input(0)), tape.summed(tape.negate(dy), to: try tape.input(1))]
        },
        "Mul": { tape in
            let (a, b, dy) = (try tape.input(0), try tape.input(1), try tape.gradient())
            return [tape.summed(tape.multiply(dy, b), to: a), tape.summed(tape.multiply(dy, a), to: b)]
        },
        "Div": { tape in
            let (a, b, dy) = (try tape.input(0), try tape.input(1), try tape.gradient())
            let quotient = tape.divide(dy, b)
            let other = tape.negate(tape.multiply(quotient, tape.divide(a, b)))
            return [tape.summed(quotient, to: a), tape.summed(other, to: b)]
        },
        "Pow": { tape in
            let (a, b, dy) = (try tape.input(0), try tape.input(1), try tape.gradient())
            let exponent = tape.part("CastTo", b, a)
            let lower = tape.emit("Pow", [a, tape.affine(exponent, shift: -1)])
            let byBase = tape.multiply(dy, tape.multiply(exponent, lower))
            let byExponent = tape.multiply(dy, tape.multiply(try tape.output(), tape.emit("Log", [a])))
            return [tape.summed(byBase, to: a), tape.part("CastTo", tape.summed(byExponent, to: b), b)]
        },
        "Sum": { tape in
            let dy = try tape.gradient()
            return try tape.node.inputs.indices.map { tape.summed(dy, to: try tape.input($0)) }
        },
        "Mean": { tape in
            let share = tape.affine(try tape.gradient(), scale: 1 / Double(max(tape.node.inputs.count, 1)))
            return try tape.node.inputs.indices.map { tape.summed(share, to: try tape.input($0)) }
        },
        "Max": extremum, "Min": extremum,
        "Where": { tape in
            let (condition, dy) = (try tape.input(0), try tape.gradient())
            let zeros = tape.part("ZerosLike", dy)
            return [
                nil, tape.summed(tape.emit("Where", [condition, dy, zeros]), to: try tape.input(1)),
                tape.summed(tape.emit("Where", [condition, zeros, dy]), to: try tape.input(2)),
            ]
        },
        "Cast": { tape in [tape.part("CastTo", try tape.gradient(), try tape.input(0))] },
        "Dropout": { tape in
            guard tape.node.inputs.count < 3 || tape.node.inputs[2] == nil, tape.node.attribute("is_test") == nil else {
                throw GraphError(.unsupportedOperator, "no derivative for Dropout in training")
            }
            return [try tape.gradient()]
        },
    ]

    /// The derivative goes to the inputs that are the greatest (the smallest), in equal parts.
    private static let extremum: GradientRule = { tape in
        let (y, dy) = (try tape.output(), try tape.gradient())
        var masks: [ValueID] = []
        for position in tape.node.inputs.indices { masks.append(tape.equal(y, try tape.input(position))) }
        guard var count = masks.first else { return [] }
        for mask in masks.dropFirst() { count = tape.add(count, mask) }
        let share = tape.divide(dy, count)
        return try masks.enumerated().map { position, mask in
            tape.summed(tape.multiply(share, mask), to: try tape.input(position))
        }
    }

    /// Operators of our own that derivatives are made of: they are differentiated for derivatives of higher order.
    private static let own: [String: GradientRule] = [
        "OnesLike": flat, "ZerosLike": flat, "Step": flat,
        "Affine": unary { tape, _, _, dy in tape.affine(dy, scale: try tape.float("scale", default: 0)) },
        "CastTo": { tape in [tape.part("CastTo", try tape.gradient(), try tape.input(0)), nil] },
        "ReshapeTo": { tape in [tape.part("ReshapeTo", try tape.gradient(), try tape.input(0)), nil] },
        "Row": { tape in [tape.part("ReshapeTo", try tape.gradient(), try tape.input(0))] },
        "Column": { tape in [tape.part("ReshapeTo", try tape.gradient(), try tape.input(0))] },
        "Product": { tape in [tape.part("ReshapeTo", try tape.gradient(), try tape.input(0)), nil, nil] },
        "KeepAxes": { tape in [tape.part("ReshapeTo", try tape.gradient(), try tape.input(0)), nil, nil] },
        "ExpandTo": { tape in [tape.part("SumTo", try tape.gradient(), try tape.input(0)), nil] },
        "SumTo": { tape in [tape.part("ExpandTo", try tape.gradient(), try tape.input(0)), nil] },
        "SumAlong": { tape in [tape.part("ExpandTo", try tape.gradient(), try tape.input(0))] },
        "Fraction": { tape in [tape.part("Fraction", try tape.gradient(), try tape.input(1)), nil] },
        "SwapLast": { tape in [tape.part("SwapLast", try tape.gradient())] },
        "MoveBack": { tape in [tape.part("Move", try tape.gradient(), try tape.input(1)), nil, nil] },
        "Move": { tape in
            [tape.part("MoveBack", try tape.gradient(), try tape.input(1), try tape.input(0)), nil]
        },
        "ScatterSum": { tape in
            let axis = Int64(try tape.float("axis", default: 0))
            let picked = tape.emit(
                "Gather", [try tape.gradient(), try tape.input(2)], attributes: [Attribute("axis", .int(axis))])
            return [picked, nil, nil]
        },
    ]
}
