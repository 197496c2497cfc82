import COnnx
import CProtobufC
import GraphIR

extension MessageWriter {
    /// A `TensorProto`.
    /// - Parameter mayBeExternal: whether the threshold applies: to initializers, which every reader looks up in the
    ///   external file.
    mutating func tensor(
        _ record: TensorRecord, mayBeExternal: Bool
    ) throws -> UnsafeMutablePointer<Onnx__TensorProto> {
        let message = try arena.message(onnx__tensor_proto__init)
        let tensor = record.tensor
        let extra = record.unknown
        (message.pointee.n_dims, message.pointee.dims) = try arena.array(tensor.shape.map { Int64($0) })
        set(tensor.elementType.rawValue, &message.pointee.has_data_type, &message.pointee.data_type)
        try set(name: record.name, &message.pointee.has_name, &message.pointee.name, 8, extra)
        try set(record.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        (message.pointee.n_metadata_props, message.pointee.metadata_props) = try metadata(record.metadata)
        if let segment = record.segment {
            let item = try arena.message(onnx__tensor_proto__segment__init)
            set(segment.begin, &item.pointee.has_begin, &item.pointee.begin)
            set(segment.end, &item.pointee.has_end, &item.pointee.end)
            message.pointee.segment = item
        }
        try arena.set(extra, on: &message.pointee.base)
        guard case .bytes(let bytes) = tensor.contents else {
            if case .strings(let strings) = tensor.contents {
                (message.pointee.n_string_data, message.pointee.string_data) = try arena.blobs(strings)
            }
            if extra.writesDefault(14) { set(0, &message.pointee.has_data_location, &message.pointee.data_location) }
            return message
        }
        let stored = isPackedInSixBits(tensor.elementType) ? Bytes(PackedSixBits(bytes)) : bytes
        if external.wants(record, stored, isInitializer: mayBeExternal) {
            let places: Set<String> = ["location", "offset", "length"]
            // The bytes are the same, so what else was said of them (a checksum) still holds.
            let rest = record.externalData.filter { !places.contains($0.key) }
            (message.pointee.n_external_data, message.pointee.external_data) = try metadata(
                external.place(stored) + rest)
            set(1, &message.pointee.has_data_location, &message.pointee.data_location)
            return message
        }
        if extra.writesDefault(14) { set(0, &message.pointee.has_data_location, &message.pointee.data_location) }
        if record.encoding != .external {
            (message.pointee.n_external_data, message.pointee.external_data) = try metadata(record.externalData)
        }
        if record.encoding == .typed {
            try setTyped(bytes, tensor.elementType, message)
        } else {
            set(try payload(stored), &message.pointee.has_raw_data, &message.pointee.raw_data)
        }
        return message
    }

    private func setTyped(
        _ bytes: Bytes, _ type: ElementType, _ message: UnsafeMutablePointer<Onnx__TensorProto>
    ) throws {
        switch TypedField(type) {
        case nil: break
        case .float:
            let values = try numbers(bytes, .uint32) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
            (message.pointee.n_float_data, message.pointee.float_data) = try arena.array(values)
        case .double:
            let values = try numbers(bytes, .uint64) { Double(bitPattern: UInt64(bitPattern: $0)) }
            (message.pointee.n_double_data, message.pointee.double_data) = try arena.array(values)
        case .int32:
            let values = try numbers(bytes, type) { Int32(truncatingIfNeeded: $0) }
            (message.pointee.n_int32_data, message.pointee.int32_data) = try arena.array(values)
        case .int64:
            let values = try numbers(bytes, type) { $0 }
            (message.pointee.n_int64_data, message.pointee.int64_data) = try arena.array(values)
        case .uint64:
            let values = try numbers(bytes, type) { UInt64(bitPattern: $0) }
            (message.pointee.n_uint64_data, message.pointee.uint64_data) = try arena.array(values)
        }
    }

    private func numbers<Number>(
        _ bytes: Bytes, _ type: ElementType, _ make: (Int64) -> Number
    ) throws -> [Number] {
        var result: [Number] = []
        try forEachNumber(bytes, type) { result.append(make($0)) }
        return result
    }

    /// A `SparseTensorProto`.
    mutating func sparseTensor(_ record: SparseTensorRecord) throws -> UnsafeMutablePointer<Onnx__SparseTensorProto> {
        let message = try arena.message(onnx__sparse_tensor_proto__init)
        message.pointee.values = try tensor(record.values, mayBeExternal: false)
        message.pointee.indices = try tensor(record.indices, mayBeExternal: false)
        (message.pointee.n_dims, message.pointee.dims) = try arena.array(record.shape)
        try arena.set(record.unknown, on: &message.pointee.base)
        return message
    }
}
