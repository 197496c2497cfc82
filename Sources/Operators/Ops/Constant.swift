import GraphIR

extension Operator {
    /// The tensor that an attribute holds; a sparse one in its dense form.
    /// https://onnx.ai/onnx/operators/onnx__Constant.html, versions 1, 9, 11, 12, 13, 19, 21, 23, 24, 25.
    static let constant = Operator(
        "Constant", accuracy: .exact,
        infer: InferenceRule { node in
            switch try constantValue(&node.binding) {
            case .tensor(let tensor):
                node.set(0, constant: tensor)
            case .sparse(let record):
                node.set(0, shape: record.shape.map { .size($0) }, type: record.values.tensor.elementType)
            }
        },
        bind: { binding in
            let value = try constantValue(&binding)
            return { call in
                switch value {
                case .tensor(let tensor): [try tensor.loaded()]
                case .sparse(let record): [try dense(record, memory: call.memory)]
                }
            }
        })
}

private enum ConstantValue: Sendable {
    case tensor(Tensor)
    case sparse(SparseTensorRecord)
}

/// The one value among the attributes.
private func constantValue(_ binding: inout Binding) throws -> ConstantValue {
    var found: [ConstantValue] = []
    if let tensor = try binding.tensor("value") { found.append(.tensor(tensor)) }
    if let record = try binding.sparseTensor("sparse_value") { found.append(.sparse(record)) }
    if let value = try binding.float("value_float") { found.append(.tensor(try Tensor(scalar: value))) }
    if let values = try binding.floats("value_floats") {
        found.append(.tensor(try Tensor(values, shape: [values.count])))
    }
    if let value = try binding.int("value_int") { found.append(.tensor(try Tensor(scalar: value))) }
    if let values = try binding.ints("value_ints") { found.append(.tensor(try Tensor(values, shape: [values.count]))) }
    if let value = try binding.bytes("value_string") { found.append(.tensor(try Tensor(strings: [value], shape: []))) }
    if let values = try binding.strings("value_strings") {
        found.append(.tensor(try Tensor(strings: values, shape: [values.count])))
    }
    guard found.count == 1, let value = found.first else {
        throw GraphError(.argument, "\(found.count) values among the attributes, expected one", argument: "value")
    }
    return value
}
