import GraphIR

extension Operator {
    /// Which strings a regular expression in RE2's syntax matches as a whole.
    /// https://onnx.ai/onnx/operators/onnx__RegexFullMatch.html, version 20.
    static let regexFullMatch = Operator(
        "RegexFullMatch", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: node.shape(0), type: .bool)
        }
    ) { binding in
        guard let pattern = try binding.bytes("pattern") else {
            throw GraphError(.argument, "the pattern is missing", argument: "pattern")
        }
        let expression = try RegularExpression(pattern)
        return { call in
            let x = try call.input(0)
            let strings = try x.strings("X")
            let result = try call.make(.bool, x.shape, as: UInt8.self) { out in
                for (index, string) in strings.enumerated() {
                    out[index] = try expression.matches(string, call) ? 1 : 0
                }
            }
            return [result]
        }
    }
}

extension Tensor {
    /// The elements of a tensor of strings.
    /// - Throws: `op.argument` for other types.
    func strings(_ name: String) throws -> [[UInt8]] {
        guard case .strings(let strings) = contents else {
            throw GraphError(.argument, "\(elementType.onnxName), expected STRING", argument: name)
        }
        return strings
    }
}
