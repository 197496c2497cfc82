import COnnx
import CProtobufC
import GraphIR

extension MessageReader {
    /// A `TensorProto`. Every tensor of a file comes through here: initializers, attributes, subgraphs, sparse ones.
    /// - Throws: `tensor.dtype`, `tensor.shape`, `tensor.bounds`, `tensor.value`, and what external data throws.
    mutating func tensor(_ message: Onnx__TensorProto) throws -> TensorRecord {
        var extra = unknown(message.base)
        let name = try plainName(message.has_name, message.name, 8, &extra)
        return try locating(item: name.isEmpty ? nil : "tensor '\(name)'") {
            guard message.has_data_type != 0, let type = ElementType(rawValue: message.data_type) else {
                throw FormatError(
                    .tensorDtype, "has the data type \(message.data_type), which ONNX doesn't have (IR version 14)")
            }
            let shape = try array(message.n_dims, message.dims).map { dimension in
                guard dimension >= 0, let size = Int(exactly: dimension) else {
                    throw FormatError(.tensorShape, "has a dimension of \(dimension)")
                }
                return size
            }
            var encoding = TensorRecord.Encoding.typed
            let entries = try metadata(message.n_external_data, message.external_data)
            let payload = try self.payload(message)
            let isExternal = message.data_location == 1
            let value: Tensor
            if isExternal {
                guard payload == nil, message.n_string_data == 0 else {
                    throw FormatError(.protoMalformed, "has data both in the model and in an external file")
                }
                guard type != .string else { throw FormatError(.tensorDtype, "strings can't lie in an external file") }
                encoding = .external
                let count = try storedByteCount(type, shape: shape)
                value = try storedTensor(type, shape: shape, externalFiles.bytes(entries, wanted: count))
            } else {
                value = try embedded(message, type, shape, payload, &encoding)
                if message.has_data_location != 0 { extra.unusualPresence.append(14) }
                guard message.data_location == 0 else {
                    throw FormatError(.protoMalformed, "has the data location \(message.data_location)")
                }
            }
            var record = TensorRecord(
                value, name: name, docString: try optionalText(message.has_doc_string, message.doc_string),
                metadata: try metadata(message.n_metadata_props, message.metadata_props), encoding: encoding)
            record.externalData = entries
            if let segment = message.segment {
                record.segment = (segment.pointee.begin, segment.pointee.end)
            }
            record.unknown = extra
            return record
        }
    }

    /// The data fields that the walk took out of this message.
    private func payload(_ message: Onnx__TensorProto) throws -> TensorPayload? {
        guard message.has_raw_data != 0 else { return nil }
        var index: UInt64 = 0
        for (position, byte) in bytes(message.raw_data).prefix(8).enumerated() {
            index |= UInt64(byte) << UInt64(8 * position)
        }
        guard let index = Int(exactly: index), let payload = payloads[checked: index] else {
            throw FormatError(.protoMalformed, "the tensor's data was lost")
        }
        return payload
    }

    private mutating func embedded(
        _ message: Onnx__TensorProto, _ type: ElementType, _ shape: [Int], _ payload: TensorPayload?,
        _ encoding: inout TensorRecord.Encoding
    ) throws -> Tensor {
        let typed = (payload?.typed ?? [:]).filter { $0.value.contains { $0.count > 0 } }
        guard type != .string else {
            guard payload?.raw == nil else { throw FormatError(.tensorDtype, "has strings in raw_data") }
            guard typed.isEmpty else { throw FormatError(.tensorBounds, "has numbers, its type is STRING") }
            return try Tensor(strings: array(message.n_string_data, message.string_data).map(bytes), shape: shape)
        }
        guard message.n_string_data == 0 else {
            throw FormatError(.tensorBounds, "has strings, its type is \(type.onnxName)")
        }
        let wanted = try Tensor.byteCount(type, shape: shape)
        if let raw = payload?.raw {
            guard typed.isEmpty else { throw FormatError(.tensorBounds, "has both raw_data and another data field") }
            encoding = .raw
            return try locating(offset: raw.offset) {
                try storedTensor(type, shape: shape, Bytes(file, at: raw.offset, count: raw.count))
            }
        }
        guard let field = TypedField(type), typed.keys.allSatisfy({ $0 == field.rawValue }) else {
            let found = typed.keys.sorted().compactMap { TypedField(rawValue: $0)?.onnxName }
            throw FormatError(.tensorBounds, "is \(type.onnxName), but has \(found.joined(separator: " and "))")
        }
        let encoded = try TensorPayload.bytes(typed[field.rawValue] ?? [], in: file)
        switch field {
        case .float, .double: return try Tensor(type, shape: shape, bytes: encoded)
        case .int32, .int64, .uint64:
            let excess = max(0, wanted.subtracting(checked: encoded.count) ?? 0)
            guard let sum = decodedExcess.adding(checked: excess), sum <= Self.maximumExcess else {
                throw FormatError(
                    .limitMemory,
                    "the numbers in \(field.onnxName) take more than \(Self.maximumExcess) bytes beyond the file's own",
                    hint: "keep the tensor in raw_data")
            }
            decodedExcess = sum
            return try Tensor(type, shape: shape, bytes: decodeVarints(encoded, as: type, byteCount: wanted))
        }
    }

    /// A `SparseTensorProto`.
    mutating func sparseTensor(_ message: Onnx__SparseTensorProto) throws -> SparseTensorRecord {
        guard let values = message.values, let indices = message.indices else {
            throw FormatError(.graphInvalid, "a sparse tensor lacks its values or its indices")
        }
        var record = SparseTensorRecord(
            values: try tensor(values.pointee), indices: try tensor(indices.pointee),
            shape: array(message.n_dims, message.dims))
        guard record.shape.allSatisfy({ $0 >= 0 }) else {
            throw FormatError(.tensorShape, "a sparse tensor has the shape \(record.shape)", item: record.values.name)
        }
        record.unknown = unknown(message.base)
        return record
    }

    // MARK: Types

    /// A `TypeProto`.
    func type(_ message: Onnx__TypeProto) throws -> ValueType {
        var extra = unknown(message.base)
        let denotation = try plainName(message.has_denotation, message.denotation, 6, &extra)
        var result = ValueType(try kind(message), denotation: denotation)
        result.unknown = extra
        return result
    }

    private func kind(_ message: Onnx__TypeProto) throws -> ValueType.Kind? {
        switch message.value_case {
        case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
            guard let tensor = message.tensor_type?.pointee else { return nil }
            return .tensor(elementType: tensor.elem_type, shape: try tensor.shape.map { try shape($0.pointee) })
        case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
            guard let tensor = message.sparse_tensor_type?.pointee else { return nil }
            return .sparseTensor(elementType: tensor.elem_type, shape: try tensor.shape.map { try shape($0.pointee) })
        case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
            return .sequence(try message.sequence_type?.pointee.elem_type.map { try type($0.pointee) })
        case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
            return .optional(try message.optional_type?.pointee.elem_type.map { try type($0.pointee) })
        case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
            guard let map = message.map_type?.pointee else { return nil }
            return .map(keyType: map.key_type, value: try map.value_type.map { try type($0.pointee) })
        case ONNX__TYPE_PROTO__VALUE_OPAQUE_TYPE:
            guard let opaque = message.opaque_type?.pointee else { return nil }
            return .opaque(domain: try name(opaque.domain), name: try name(opaque.name))
        default: return nil
        }
    }

    private func shape(_ message: Onnx__TensorShapeProto) throws -> [AnnotatedDimension] {
        try messages(message.n_dim, message.dim).map { dimension in
            let kind: Dimension
            switch dimension.value_case {
            case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE: kind = .size(dimension.dim_value)
            case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM: kind = .named(try name(dimension.dim_param))
            default: kind = .unknown
            }
            return AnnotatedDimension(kind, denotation: try text(dimension.denotation))
        }
    }
}
