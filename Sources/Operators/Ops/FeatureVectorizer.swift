import GraphIR

extension Operator {
    /// Rows of features laid side by side, each input cut or filled up with zeros to its size.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_FeatureVectorizer.html, versions 1.
    static let featureVectorizer = Operator(
        "FeatureVectorizer", domain: "ai.onnx.ml", accuracy: .rounding(ulps: 0.5),
        infer: InferenceRule { node in
            let sizes = try node.binding.ints("inputdimensions") ?? []
            let total = sizes.reduce(Int64?(0)) { sum, size in sum.flatMap { $0.adding(checked: size) } }
            node.set(
                0,
                shape: [
                    node.batch(), sizes.count == node.inputs.count ? total.map { .size($0) } ?? .unknown : .unknown,
                ],
                type: .float32)
        },
        bind: { binding in
            let sizes = try binding.ints("inputdimensions")?.map { Int($0) }
            let inDouble = binding.computesInDouble
            return { call in
                let inputs = try call.values.indices.map { try call.features($0) }
                let sizes = sizes ?? inputs.map(\.columns)
                guard sizes.count == inputs.count, sizes.allSatisfy({ $0 >= 0 }) else {
                    throw GraphError(.argument, "\(sizes) for \(inputs.count) inputs", argument: "inputdimensions")
                }
                let rows = inputs.first?.rows ?? 0
                for (position, input) in inputs.enumerated() where input.rows != rows {
                    throw GraphError(
                        .argument, "\(input.rows) rows, the first input has \(rows)", argument: "input \(position)")
                }
                guard let columns = sizes.reduce(Int?(0), { sum, size in sum.flatMap { $0.adding(checked: size) } })
                else { throw GraphError(.argument, "\(sizes) features", argument: "inputdimensions") }
                try call.check(.float64, [2, rows, columns])
                let values = (0..<rows).flatMap { row in
                    zip(inputs, sizes).flatMap { input, size -> [Double] in
                        let kept = input.row(row).prefix(size)
                        return kept + [Double](repeating: 0, count: size - kept.count)
                    }
                }
                return [try call.real(shape: [rows, columns], values, inDouble: inDouble)]
            }
        })
}
