import GraphIR

extension Operator {
    /// The tensor that an attribute holds. Sparse tensors are not supported.
    /// https://onnx.ai/onnx/operators/onnx__Constant.html, versions 1, 9, 11, 12, 13, 19, 21, 23, 24, 25.
    static let constant = Operator("Constant", accuracy: .exact, infer: .constant) { binding in
        let value = try constantTensor(&binding)
        return { _ in [try value.loaded()] }
    }
}

/// The tensor that one of the attributes holds.
private func constantTensor(_ binding: inout Binding) throws -> Tensor {
    var found: Tensor?
    if let tensor = try binding.tensor("value") { found = tensor }
    if let value = try binding.float("value_float") { found = try Tensor(scalar: value) }
    if let values = try binding.floats("value_floats") { found = try Tensor(values, shape: [values.count]) }
    if let value = try binding.int("value_int") { found = try Tensor(scalar: value) }
    if let values = try binding.ints("value_ints") { found = try Tensor(values, shape: [values.count]) }
    if let value = try binding.bytes("value_string") { found = try Tensor(strings: [value], shape: []) }
    if let values = try binding.strings("value_strings") {
        found = try Tensor(strings: values, shape: [values.count])
    }
    guard let value = found else {
        throw GraphError(.unsupportedArgument, "no dense value among the attributes", argument: "value")
    }
    return value
}

extension InferenceRule {
    fileprivate static let constant = InferenceRule { node in
        node.set(0, constant: try constantTensor(&node.binding))
    }
}
