import COnnx
import CProtobufC
import GraphIR

/// ONNX's `AttributeProto.AttributeType`.
enum AttributeType: Int32 {
    case float = 1
    case int, string, tensor, graph, floats, ints, strings, tensors, graphs, sparseTensor, sparseTensors, type, types
}

extension MessageReader {
    /// An `AttributeProto`.
    /// - Throws: `op.argument` where its type and its value disagree, `graph.invalid` where it has no name, no type, or
    ///   refers to a function's attribute outside of one.
    mutating func attribute(_ message: Onnx__AttributeProto, inFunction: Bool) throws -> Attribute {
        var extra = unknown(message.base)
        let name = try self.name(message.name)
        guard !name.isEmpty else { throw FormatError(.graphInvalid, "an attribute has no name") }
        let set = fieldsSet(message)
        let result: AttributeValue
        if message.has_ref_attr_name != 0, message.ref_attr_name.len > 0 {
            guard inFunction else {
                throw FormatError(
                    .graphInvalid, "the attribute '\(name)' refers to an attribute of a function, but is in none")
            }
            guard set.isEmpty else {
                throw GraphError(.argument, "has a value and a reference to another attribute", argument: name)
            }
            if message.has_type == 0 { extra.unusualPresence.append(20) }
            result = .reference(name: try self.name(message.ref_attr_name), type: message.type)
        } else {
            if message.has_ref_attr_name != 0 { extra.unusualPresence.append(21) }
            // Files of IR version 1 have no type: the one field that is set tells it.
            if message.has_type == 0 || message.type == 0 {
                extra.unusualPresence.append(20)
                guard set.count == 1 else {
                    throw FormatError(.graphInvalid, "the attribute '\(name)' has no type and \(set.count) values")
                }
            }
            let number = message.has_type == 0 || message.type == 0 ? set[0].rawValue : message.type
            guard let type = AttributeType(rawValue: number) else {
                throw FormatError(
                    .graphInvalid, "the attribute '\(name)' has the type \(number), which ONNX doesn't have")
            }
            guard set.allSatisfy({ $0 == type }) else {
                throw GraphError(
                    .argument, "its type says \(type), but it holds \(set.map { "\($0)" }.joined(separator: ", "))",
                    argument: name)
            }
            result = try value(message, type, isSet: !set.isEmpty, inFunction: inFunction, name: name, &extra)
        }
        var attribute = Attribute(name, result, docString: try optionalText(message.has_doc_string, message.doc_string))
        attribute.unknown = extra
        return attribute
    }

    private func fieldsSet(_ message: Onnx__AttributeProto) -> [AttributeType] {
        let all: [(AttributeType, Bool)] = [
            (.float, message.has_f != 0), (.int, message.has_i != 0), (.string, message.has_s != 0),
            (.tensor, message.t != nil), (.graph, message.g != nil), (.floats, message.n_floats > 0),
            (.ints, message.n_ints > 0), (.strings, message.n_strings > 0), (.tensors, message.n_tensors > 0),
            (.graphs, message.n_graphs > 0), (.sparseTensor, message.sparse_tensor != nil),
            (.sparseTensors, message.n_sparse_tensors > 0), (.type, message.tp != nil),
            (.types, message.n_type_protos > 0),
        ]
        return all.filter(\.1).map(\.0)
    }

    private mutating func value(
        _ message: Onnx__AttributeProto, _ type: AttributeType, isSet: Bool, inFunction: Bool, name: String,
        _ extra: inout UnknownFields
    ) throws -> AttributeValue {
        func missing() -> GraphError {
            GraphError(.argument, "its type says \(type), but it holds none", argument: name)
        }
        switch type {
        case .float:
            if !isSet { extra.unusualPresence.append(2) }
            return .float(message.f)
        case .int:
            if !isSet { extra.unusualPresence.append(3) }
            return .int(message.i)
        case .string:
            if !isSet { extra.unusualPresence.append(4) }
            return .string(bytes(message.s))
        case .tensor:
            guard let value = message.t else { throw missing() }
            return .tensor(try tensor(value.pointee))
        case .graph:
            guard let value = message.g else { throw missing() }
            return .graph(try graph(value.pointee, inFunction: inFunction))
        case .sparseTensor:
            guard let value = message.sparse_tensor else { throw missing() }
            return .sparseTensor(try sparseTensor(value.pointee))
        case .type:
            guard let value = message.tp else { throw missing() }
            return .type(try self.type(value.pointee))
        case .floats: return .floats(array(message.n_floats, message.floats))
        case .ints: return .ints(array(message.n_ints, message.ints))
        case .strings: return .strings(array(message.n_strings, message.strings).map(bytes))
        case .tensors: return .tensors(try messages(message.n_tensors, message.tensors).map { try tensor($0) })
        case .graphs:
            return .graphs(
                try messages(message.n_graphs, message.graphs).map { try graph($0, inFunction: inFunction) })
        case .sparseTensors:
            return .sparseTensors(
                try messages(message.n_sparse_tensors, message.sparse_tensors).map { try sparseTensor($0) })
        case .types: return .types(try messages(message.n_type_protos, message.type_protos).map { try self.type($0) })
        }
    }
}
