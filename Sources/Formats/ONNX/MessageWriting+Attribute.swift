import COnnx
import CProtobufC
import GraphIR

extension AttributeValue {
    /// The number of its ONNX `AttributeType`.
    var attributeType: Int32 {
        switch self {
        case .float: AttributeType.float.rawValue
        case .int: AttributeType.int.rawValue
        case .string: AttributeType.string.rawValue
        case .tensor: AttributeType.tensor.rawValue
        case .graph: AttributeType.graph.rawValue
        case .sparseTensor: AttributeType.sparseTensor.rawValue
        case .type: AttributeType.type.rawValue
        case .floats: AttributeType.floats.rawValue
        case .ints: AttributeType.ints.rawValue
        case .strings: AttributeType.strings.rawValue
        case .tensors: AttributeType.tensors.rawValue
        case .graphs: AttributeType.graphs.rawValue
        case .sparseTensors: AttributeType.sparseTensors.rawValue
        case .types: AttributeType.types.rawValue
        case .reference(_, let type): type
        }
    }
}

extension MessageWriter {
    /// An `AttributeProto`.
    mutating func attribute(_ attribute: Attribute) throws -> UnsafeMutablePointer<Onnx__AttributeProto> {
        let message = try arena.message(onnx__attribute_proto__init)
        let extra = attribute.unknown
        try set(attribute.name, &message.pointee.has_name, &message.pointee.name)
        try set(attribute.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        if extra.writesDefault(20, usually: true) {
            set(attribute.value.attributeType, &message.pointee.has_type, &message.pointee.type)
        }
        if extra.writesDefault(21) {
            try set("", &message.pointee.has_ref_attr_name, &message.pointee.ref_attr_name)
        }
        switch attribute.value {
        case .float(let value):
            if value.bitPattern != 0 || extra.writesDefault(2, usually: true) {
                set(value, &message.pointee.has_f, &message.pointee.f)
            }
        case .int(let value):
            if value != 0 || extra.writesDefault(3, usually: true) {
                set(value, &message.pointee.has_i, &message.pointee.i)
            }
        case .string(let value):
            if !value.isEmpty || extra.writesDefault(4, usually: true) {
                set(try arena.bytes(value), &message.pointee.has_s, &message.pointee.s)
            }
        case .tensor(let value): message.pointee.t = try tensor(value, mayBeExternal: false)
        case .graph(let value): message.pointee.g = try graph(value)
        case .sparseTensor(let value): message.pointee.sparse_tensor = try sparseTensor(value)
        case .type(let value): message.pointee.tp = try type(value)
        case .floats(let values): (message.pointee.n_floats, message.pointee.floats) = try arena.array(values)
        case .ints(let values): (message.pointee.n_ints, message.pointee.ints) = try arena.array(values)
        case .strings(let values): (message.pointee.n_strings, message.pointee.strings) = try arena.blobs(values)
        case .tensors(let values):
            (message.pointee.n_tensors, message.pointee.tensors) =
                try arena.list(values) { try tensor($0, mayBeExternal: false) }
        case .graphs(let values):
            (message.pointee.n_graphs, message.pointee.graphs) = try arena.list(values) { try graph($0) }
        case .sparseTensors(let values):
            (message.pointee.n_sparse_tensors, message.pointee.sparse_tensors) =
                try arena.list(values) { try sparseTensor($0) }
        case .types(let values):
            (message.pointee.n_type_protos, message.pointee.type_protos) = try arena.list(values) { try type($0) }
        case .reference(let name, _): try set(name, &message.pointee.has_ref_attr_name, &message.pointee.ref_attr_name)
        }
        try arena.set(extra, on: &message.pointee.base)
        return message
    }

    // MARK: Types

    /// A `TypeProto`.
    func type(_ type: ValueType) throws -> UnsafeMutablePointer<Onnx__TypeProto> {
        let message = try arena.message(onnx__type_proto__init)
        try set(name: type.denotation, &message.pointee.has_denotation, &message.pointee.denotation, 6, type.unknown)
        switch type.kind {
        case nil: break
        case .tensor(let elementType, let dimensions):
            let item = try arena.message(onnx__type_proto__tensor__init)
            set(elementType, &item.pointee.has_elem_type, &item.pointee.elem_type)
            if let dimensions { item.pointee.shape = try shape(dimensions) }
            message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            message.pointee.tensor_type = item
        case .sparseTensor(let elementType, let dimensions):
            let item = try arena.message(onnx__type_proto__sparse_tensor__init)
            set(elementType, &item.pointee.has_elem_type, &item.pointee.elem_type)
            if let dimensions { item.pointee.shape = try shape(dimensions) }
            message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE
            message.pointee.sparse_tensor_type = item
        case .sequence(let element):
            let item = try arena.message(onnx__type_proto__sequence__init)
            if let element { item.pointee.elem_type = try self.type(element) }
            message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE
            message.pointee.sequence_type = item
        case .optional(let element):
            let item = try arena.message(onnx__type_proto__optional__init)
            if let element { item.pointee.elem_type = try self.type(element) }
            message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE
            message.pointee.optional_type = item
        case .map(let keyType, let value):
            let item = try arena.message(onnx__type_proto__map__init)
            set(keyType, &item.pointee.has_key_type, &item.pointee.key_type)
            if let value { item.pointee.value_type = try self.type(value) }
            message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_MAP_TYPE
            message.pointee.map_type = item
        case .opaque(let domain, let name):
            let item = try arena.message(onnx__type_proto__opaque__init)
            if !domain.isEmpty { try set(domain, &item.pointee.has_domain, &item.pointee.domain) }
            if !name.isEmpty { try set(name, &item.pointee.has_name, &item.pointee.name) }
            message.pointee.value_case = ONNX__TYPE_PROTO__VALUE_OPAQUE_TYPE
            message.pointee.opaque_type = item
        }
        try arena.set(type.unknown, on: &message.pointee.base)
        return message
    }

    private func shape(_ dimensions: [AnnotatedDimension]) throws -> UnsafeMutablePointer<Onnx__TensorShapeProto> {
        let message = try arena.message(onnx__tensor_shape_proto__init)
        (message.pointee.n_dim, message.pointee.dim) = try arena.list(dimensions) { item in
            let message = try arena.message(onnx__tensor_shape_proto__dimension__init)
            switch item.dimension {
            case .size(let size):
                message.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                message.pointee.dim_value = size
            case .named(let name):
                message.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                message.pointee.dim_param = try arena.text(name)
            case .unknown: break
            }
            if !item.denotation.isEmpty {
                try set(item.denotation, &message.pointee.has_denotation, &message.pointee.denotation)
            }
            return message
        }
        return message
    }
}
