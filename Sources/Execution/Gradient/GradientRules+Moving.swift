import GraphIR
import Operators

extension GradientRules {
    /// Operators that only move elements, or see some through a window.
    static let moving: [String: GradientRule] = [
        "Slice": moved(), "Split": moved(), "Tile": moved(), "Trilu": moved(), "GatherElements": moved(),
        "GatherND": moved(), "DepthToSpace": moved(), "SpaceToDepth": moved(), "ReverseSequence": moved(),
        "Compress": moved(),
        // What is padded with comes from no position.
        "Pad": moved(dropping: ["value"], input: 2),
        "MaxPool": { tape in
            // The second output holds the positions, counted from 0, in row-major order.
            guard (try tape.int("storage_order") ?? 0) == 0, tape.opset >= 8 else {
                throw GraphError(.unsupportedOperator, "no derivative for MaxPool in column-major order")
            }
            let x = try tape.input(0)
            let dy = try tape.gradient()
            let positions = tape.copy(inputs: [x], outputs: 2)[1]
            return [
                tape.part(
                    "MoveBack", dy,
                    tape.part(
                        "Affine", positions,
                        attributes: [
                            Attribute("scale", .float(1)), Attribute("shift", .float(1)),
                        ]), x)
            ]
        },
        "Conv": { tape in
            let (x, w, dy) = (try tape.input(0), try tape.input(1), try tape.gradient())
            var results: [ValueID?] = ["ConvByInput", "ConvByWeights"].map {
                tape.part($0, [dy, x, w], attributes: tape.node.attributes)
            }
            if let bias = tape.node.inputs[checked: 2] ?? nil { results.append(tape.part("SumChannels", dy, bias)) }
            return results
        },
    ]

    /// The node is applied to the positions of its first input's elements too: they say where each element came from.
    /// - Parameters:
    ///   - attributes: attributes that the positions go without.
    ///   - input: an input that they go without.
    private static func moved(dropping attributes: Set<String> = [], input: Int? = nil) -> GradientRule {
        { tape in
            let x = try tape.input(0)
            var inputs = tape.node.inputs
            inputs[0] = tape.part("Positions", x)
            if let input, inputs.indices.contains(input) { inputs[input] = nil }
            let origins = tape.copy(inputs: inputs, outputs: tape.node.outputs.count, dropping: attributes)
            var result: ValueID?
            for (origin, gradient) in zip(origins, tape.outputGradients) {
                guard let gradient else { continue }
                let part = tape.part("MoveBack", gradient, origin, x)
                result = result.map { tape.add($0, part) } ?? part
            }
            return [result]
        }
    }
}
