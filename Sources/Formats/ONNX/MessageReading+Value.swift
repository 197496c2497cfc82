import COnnx
import GraphIR

/// Reads a value of ONNX's test layout (`input_0.pb`): a `TensorProto`, `SequenceProto`, `OptionalProto` or `MapProto`,
/// whichever the declared type asks for; the file itself doesn't say which it is.
/// - Throws: ``FormatError``; `container.unsupported` for sparse tensors inside of sequences and optionals.
public func readValueProto(_ file: FileSource, as type: ValueType?) throws -> RuntimeValue {
    switch type?.kind {
    case .sequence:
        try MessageReader.read(file, as: onnx__sequence_proto__init) { (reader, message: Onnx__SequenceProto) in
            .sequence(try reader.items(message))
        }
    case .optional(let inner):
        try optionalValue(file, inner)
    case .map:
        try MessageReader.read(file, as: onnx__map_proto__init) { (reader, message: Onnx__MapProto) in
            try reader.map(message)
        }
    default: .tensor(try readTensorProto(file).tensor)
    }
}

private func optionalValue(_ file: FileSource, _ inner: ValueType?) throws -> RuntimeValue {
    try MessageReader.read(file, as: onnx__optional_proto__init) { (reader, message: Onnx__OptionalProto) in
        try reader.optional(message)
    }
}

/// `SequenceProto.elem_type` and `OptionalProto.elem_type`.
private enum ValueKind: Int32 {
    case undefined, tensor, sparseTensor, sequence, map, optional
}

extension MessageReader {
    private func kind(_ number: Int32) throws -> ValueKind {
        guard let kind = ValueKind(rawValue: number) else {
            throw FormatError(.protoMalformed, "holds values of the kind \(number), which ONNX doesn't have")
        }
        return kind
    }

    fileprivate mutating func items(_ message: Onnx__SequenceProto) throws -> [RuntimeValue] {
        switch try kind(message.elem_type) {
        case .undefined: return []
        case .tensor:
            return try messages(message.n_tensor_values, message.tensor_values).map { .tensor(try tensor($0).tensor) }
        case .sequence:
            return try messages(message.n_sequence_values, message.sequence_values).map { .sequence(try items($0)) }
        case .map: return try messages(message.n_map_values, message.map_values).map { try map($0) }
        case .optional:
            return try messages(message.n_optional_values, message.optional_values).map { try optional($0) }
        case .sparseTensor:
            throw FormatError(.containerUnsupported, "a sequence of sparse tensors", hint: "make them dense first")
        }
    }

    fileprivate mutating func optional(_ message: Onnx__OptionalProto) throws -> RuntimeValue {
        switch try kind(message.elem_type) {
        case .undefined: return .optional(nil)
        case .tensor: return .optional(try message.tensor_value.map { .tensor(try tensor($0.pointee).tensor) })
        case .sequence: return .optional(try message.sequence_value.map { .sequence(try items($0.pointee)) })
        case .map: return .optional(try message.map_value.map { try map($0.pointee) })
        case .optional: return .optional(try message.optional_value.map { try optional($0.pointee) })
        case .sparseTensor:
            throw FormatError(.containerUnsupported, "an optional sparse tensor", hint: "make it dense first")
        }
    }

    /// The values of a map are one tensor each in the file; here they are the elements of a vector.
    fileprivate mutating func map(_ message: Onnx__MapProto) throws -> RuntimeValue {
        let values = try message.values.map { try items($0.pointee) } ?? []
        let tensors = try values.map { value in
            guard let tensor = value.tensor, tensor.count == 1 else {
                throw FormatError(.containerUnsupported, "a map to values that are not single numbers or strings")
            }
            return tensor
        }
        let keys =
            message.n_string_keys > 0
            ? try Tensor(
                strings: array(message.n_string_keys, message.string_keys).map { bytes($0) },
                shape: [message.n_string_keys])
            : try Tensor(array(message.n_keys, message.keys), shape: [message.n_keys])
        guard keys.count == tensors.count else {
            throw FormatError(.protoMalformed, "a map of \(keys.count) keys and \(tensors.count) values")
        }
        return .map(keys: keys, values: try joined(tensors))
    }

    private func joined(_ tensors: [Tensor]) throws -> Tensor {
        guard let type = tensors.first?.elementType else { return try Tensor([Float](), shape: [0]) }
        guard tensors.allSatisfy({ $0.elementType == type }) else {
            throw FormatError(.tensorDtype, "a map to values of several types")
        }
        if type == .string {
            let strings = tensors.flatMap { tensor in
                if case .strings(let items) = tensor.contents { items } else { [] as [[UInt8]] }
            }
            return try Tensor(strings: strings, shape: [tensors.count])
        }
        let bytes = try tensors.flatMap { try $0.bytes().array() }
        return try Tensor(type, shape: [tensors.count], bytes: Bytes(bytes).loaded())
    }
}
