import GraphIR

extension Operator {
    /// Strings to integers or integers to strings, by two lists of equal length.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_CategoryMapper.html, versions 1.
    static let categoryMapper = Operator(
        "CategoryMapper", domain: "ai.onnx.ml", accuracy: .exact,
        infer: InferenceRule { node in
            guard let type = node.elementType(0) else { return }
            node.set(0, shape: node.shape(0), type: type == .string ? .int64 : .string)
        },
        bind: { binding in
            let integers = try binding.ints("cats_int64s") ?? []
            let strings = try binding.strings("cats_strings") ?? []
            let otherInteger = try binding.int("default_int64", default: -1)
            let otherString = try binding.bytes("default_string") ?? Array("_Unused".utf8)
            guard integers.count == strings.count else {
                throw GraphError(
                    .argument, "\(strings.count) strings for \(integers.count) integers", argument: "cats_strings")
            }
            let toInteger = Dictionary(zip(strings, integers), uniquingKeysWith: { $1 })
            let toString = Dictionary(zip(integers, strings), uniquingKeysWith: { $1 })
            return { call in
                let x = try call.input(0)
                if case .strings(let values) = x.contents {
                    try call.check(.int64, x.shape)
                    return [try Tensor(values.map { toInteger[$0] ?? otherInteger }, shape: x.shape)]
                }
                guard x.elementType == .int64 else { throw unsupportedType(x.elementType) }
                try call.check(.string, x.shape)
                return [
                    try Tensor(
                        strings: x.array(of: Int64.self).map { toString[$0] ?? otherString }, shape: x.shape)
                ]
            }
        })
}
