import GraphIR

extension Operator {
    /// Each row divided by its greatest element (MAX), the sum of its magnitudes (L1) or its length (L2); a row for which
    /// that is 0 stays as it is.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_Normalizer.html, versions 1.
    static let normalizer = Operator(
        "Normalizer", domain: "ai.onnx.ml", accuracy: .rounding(ulps: 1),
        infer: InferenceRule { node in node.set(0, shape: node.shape(0), type: .float32) },
        bind: { binding in
            let norm = try binding.string("norm") ?? "MAX"
            guard ["MAX", "L1", "L2"].contains(norm) else {
                throw GraphError(.argument, "\"\(norm)\" is none of MAX, L1, L2", argument: "norm")
            }
            let inDouble = binding.computesInDouble
            return { call in
                let shape = try call.input(0).shape
                let x = try call.features()
                try call.check(.float64, [3, x.rows, x.columns])
                let values = (0..<x.rows).flatMap { index -> [Double] in
                    let row = x.row(index)
                    let divisor =
                        switch norm {
                        case "MAX": row.max() ?? 0
                        case "L1": row.reduce(0) { $0 + $1.magnitude }
                        default: row.reduce(0) { $0 + $1 * $1 }.squareRoot()
                        }
                    return divisor == 0 ? Array(row) : row.map { $0 / divisor }
                }
                return [try call.real(shape: shape, values, inDouble: inDouble)]
            }
        })
}
