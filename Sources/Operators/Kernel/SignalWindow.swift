import GraphIR

extension Operator {
    /// A window of the form a − b · cos(2πn / N) + c · cos(4πn / N), where N is the size, or one less for a symmetric
    /// window.
    static func signalWindow(_ name: String, _ a: Double, _ b: Double, _ c: Double) -> Operator {
        let rule = InferenceRule { node in
            let type = try node.binding.outputType("output_datatype")
            node.binding.ignore("periodic")
            node.set(0, shape: [try node.dimension(0, "size")], type: type)
        }
        return Operator(name, accuracy: .rounding(ulps: 1), infer: rule) { binding in
            let isPeriodic = try binding.flag("periodic", default: true)
            let type = try binding.outputType("output_datatype")
            return { call in
                guard let size = try call.integer(0, "size"), size >= 0 else {
                    throw GraphError(.argument, "expected a length that isn't negative", argument: "size")
                }
                let period = Double(isPeriodic ? size : size - 1)
                let window = try call.make([size], of: Double.self) { out in
                    for n in out.indices {
                        let angle = 2 * Double.pi * Double(n) / period
                        // The small terms first: the peak is then exactly 1, also where it is cut to an integer.
                        out[n] = a + (c * Double.cosine(2 * angle) - b * Double.cosine(angle))
                    }
                }
                return [try call.converted(window, to: type)]
            }
        }
    }
}
