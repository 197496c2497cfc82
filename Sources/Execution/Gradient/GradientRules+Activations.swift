import GraphIR
import Operators

extension GradientRules {
    /// The nonlinearities of neural networks.
    static let activations: [String: GradientRule] = [
        "Softplus": unary { tape, x, _, dy in tape.multiply(dy, tape.emit("Sigmoid", [x])) },
        "Softsign": unary { tape, x, _, dy in
            let below = tape.affine(tape.emit("Abs", [x]), shift: 1)
            return tape.divide(dy, tape.multiply(below, below))
        },
        "Relu": unary { tape, x, _, dy in tape.multiply(dy, tape.part("Step", x)) },
        "LeakyRelu": unary { tape, x, _, dy in
            let slope = try tape.float("alpha", default: 0.01)
            return tape.multiply(dy, tape.affine(tape.part("Step", x), scale: 1 - slope, shift: slope))
        },
        "Elu": unary { tape, x, y, dy in
            // For x ≤ 0, y = α (eˣ − 1) and dy/dx = y + α.
            let alpha = try tape.float("alpha", default: 1)
            let step = tape.part("Step", x)
            let other = tape.affine(step, scale: -1, shift: 1)
            return tape.multiply(dy, tape.add(step, tape.multiply(other, tape.affine(y, shift: alpha))))
        },
        "PRelu": { tape in
            let (x, slope, dy) = (try tape.input(0), try tape.input(1), try tape.gradient())
            let step = tape.part("Step", x)
            let other = tape.affine(step, scale: -1, shift: 1)
            return [
                tape.multiply(dy, tape.add(step, tape.multiply(other, slope))),
                tape.summed(tape.multiply(dy, tape.multiply(other, x)), to: slope),
            ]
        },
        "Clip": unary { tape, x, y, dy in tape.multiply(dy, tape.equal(x, y)) },
        "ThresholdedRelu": unary { tape, x, _, dy in
            let alpha = try tape.float("alpha", default: 1)
            return tape.multiply(dy, tape.part("Step", tape.affine(x, shift: -alpha)))
        },
        "Selu": unary { tape, x, y, dy in
            // For x ≤ 0, y = γ α (eˣ − 1) and dy/dx = y + γ α.
            let alpha = try tape.float("alpha", default: 1.6732632)
            let gamma = try tape.float("gamma", default: 1.050701)
            return tape.split(dy, at: x, above: gamma, below: tape.affine(y, shift: gamma * alpha))
        },
        "Celu": unary { tape, x, y, dy in
            // For x ≤ 0, y = α (exp(x/α) − 1) and dy/dx = y/α + 1.
            let alpha = try tape.float("alpha", default: 1)
            return tape.split(dy, at: x, above: 1, below: tape.affine(y, scale: 1 / alpha, shift: 1))
        },
        "HardSigmoid": unary { tape, _, y, dy in
            let alpha = try tape.float("alpha", default: 0.2)
            return tape.affine(tape.multiply(dy, tape.inside(y)), scale: alpha)
        },
        "HardSwish": unary { tape, x, _, dy in
            let gate = tape.emit(
                "HardSigmoid", [x],
                attributes: [Attribute("alpha", .float(1 / 6)), Attribute("beta", .float(0.5))])
            let slope = tape.affine(tape.multiply(x, tape.inside(gate)), scale: 1 / 6)
            return tape.multiply(dy, tape.add(gate, slope))
        },
        "Mish": unary { tape, x, _, dy in
            let t = tape.emit("Tanh", [tape.emit("Softplus", [x])])
            let bend = tape.affine(tape.multiply(t, t), scale: -1, shift: 1)
            return tape.multiply(
                dy, tape.add(t, tape.multiply(x, tape.multiply(bend, tape.emit("Sigmoid", [x])))))
        },
        "Gelu": unary { tape, x, _, dy in
            let square = tape.multiply(x, x)
            guard case .string(let form)? = tape.node.attribute("approximate"), form == Array("tanh".utf8) else {
                // Φ(x) + x φ(x)
                let part = tape.emit("Erf", [tape.affine(x, scale: 0.5.squareRoot())])
                let bell = tape.affine(
                    tape.emit("Exp", [tape.affine(square, scale: -0.5)]), scale: 1 / (2 * Double.pi).squareRoot())
                return tape.multiply(
                    dy, tape.add(tape.affine(part, scale: 0.5, shift: 0.5), tape.multiply(x, bell)))
            }
            let k = (2 / Double.pi).squareRoot()
            let inner = tape.multiply(x, tape.affine(square, scale: 0.044715 * k, shift: k))
            let t = tape.emit("Tanh", [inner])
            let bend = tape.affine(tape.multiply(t, t), scale: -0.5, shift: 0.5)
            let slope = tape.multiply(x, tape.affine(square, scale: 3 * 0.044715 * k, shift: k))
            return tape.multiply(
                dy, tape.add(tape.affine(t, scale: 0.5, shift: 0.5), tape.multiply(bend, slope)))
        },
    ]
}

extension GradientTape {
    /// `gradient` times a number where x > 0, times `below` elsewhere.
    fileprivate mutating func split(
        _ gradient: ValueID, at x: ValueID, above: Double, below: ValueID
    ) -> ValueID {
        let step = part("Step", x)
        let other = affine(step, scale: -1, shift: 1)
        return multiply(gradient, add(affine(step, scale: above), multiply(other, below)))
    }

    /// 1 where y lies between 0 and 1.
    fileprivate mutating func inside(_ y: ValueID) -> ValueID {
        multiply(part("Step", y), part("Step", affine(y, scale: -1, shift: 1)))
    }
}
