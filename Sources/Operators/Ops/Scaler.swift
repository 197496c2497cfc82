import GraphIR

extension Operator {
    /// (x − offset) · scale, with numbers for each feature or one for all.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html, versions 1.
    static let scaler = Operator(
        "Scaler", domain: "ai.onnx.ml", accuracy: .rounding(ulps: 1),
        infer: InferenceRule { node in node.set(0, shape: node.shape(0), type: .float32) },
        bind: { binding in
            let offset = try binding.floats("offset")?.map { Double($0) } ?? [0]
            let scale = try binding.floats("scale")?.map { Double($0) } ?? [1]
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.input(0)
                let features = x.shape.last ?? 1
                for (name, values) in [("offset", offset), ("scale", scale)]
                where values.count != 1 && values.count != features {
                    throw GraphError(
                        .argument, "\(values.count) numbers, expected 1 or \(features)", argument: name)
                }
                try call.check(.float64, [3, x.count])
                let values = try call.doubles(x).enumerated().map { index, value in
                    let feature = index % Swift.max(features, 1)
                    return (value - (offset[checked: feature] ?? offset[0])) * (scale[checked: feature] ?? scale[0])
                }
                return [try call.real(shape: x.shape, values, inDouble: inDouble)]
            }
        })
}
