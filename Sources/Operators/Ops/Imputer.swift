import GraphIR

extension Operator {
    /// x with every element that equals one value (or is NaN) replaced: by one number, or one for each feature.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_Imputer.html, versions 1.
    static let imputer = Operator(
        "Imputer", domain: "ai.onnx.ml", accuracy: .exact, infer: .sameShape,
        bind: { binding in
            let floats = try binding.floats("imputed_value_floats") ?? []
            let integers = try binding.ints("imputed_value_int64s") ?? []
            let replacedFloat = try binding.float("replaced_value_float", default: 0)
            let replacedInteger = try binding.int("replaced_value_int64", default: 0)
            guard floats.isEmpty != integers.isEmpty else {
                throw GraphError(
                    .argument, "expected one of imputed_value_floats and imputed_value_int64s",
                    argument: "imputed_value_floats")
            }
            return { call in
                let x = try call.input(0)
                let features = x.shape.last ?? 1
                let count = Swift.max(floats.count, integers.count)
                guard count == 1 || count == features else {
                    throw GraphError(
                        .argument, "\(count) numbers, expected 1 or \(features)", argument: "imputed_value_floats")
                }
                guard x.elementType.isFloatingPoint == integers.isEmpty else {
                    throw GraphError(
                        .argument, "the values to put in are of another kind than \(x.elementType.onnxName)",
                        argument: "X")
                }
                switch x.elementType {
                case .float32:
                    return [try call.imputed(x, replacedFloat, floats)]
                case .float64:
                    return [try call.imputed(x, Double(replacedFloat), floats.map { Double($0) })]
                case .int32:
                    return [
                        try call.imputed(x, Int32(exactly: replacedInteger), integers.map { try narrow($0) })
                    ]
                case .int64: return [try call.imputed(x, replacedInteger, integers)]
                default: throw unsupportedType(x.elementType)
                }
            }
        })
}

private func narrow(_ value: Int64) throws -> Int32 {
    guard let narrowed = Int32(exactly: value) else {
        throw GraphError(.argument, "\(value) is no INT32", argument: "imputed_value_int64s")
    }
    return narrowed
}

extension Call {
    /// - Parameter replaced: `nil` where it is no number of the type, so that no element equals it.
    fileprivate func imputed<T: Number>(_ x: Tensor, _ replaced: T?, _ values: [T]) throws -> Tensor {
        try make(x.elementType, x.shape, as: T.self) { out in
            try x.withElements(T.self) { source in
                for index in out.indices {
                    let value = source[index]
                    let matches = value == replaced || (value.isNotANumber && replaced?.isNotANumber ?? false)
                    out[index] = matches ? values[index % values.count] : value
                }
            }
        }
    }
}
