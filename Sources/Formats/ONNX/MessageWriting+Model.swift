import COnnx
import CProtobufC
import GraphIR

extension MessageWriter {
    /// Sets an optional text.
    func set(
        _ text: String?, _ has: inout protobuf_c_boolean, _ data: inout ProtobufCBinaryData
    ) throws {
        guard let text else { return }
        has = 1
        data = try arena.text(text)
    }

    /// Sets a name that is left out where it is empty, unless the file that it came from says otherwise.
    func set(
        name: String, _ has: inout protobuf_c_boolean, _ data: inout ProtobufCBinaryData, _ tag: UInt32,
        _ unknown: UnknownFields
    ) throws {
        guard !name.isEmpty || unknown.writesDefault(tag) else { return }
        try set(name, &has, &data)
    }

    /// Sets an optional number.
    func set<Number>(_ number: Number?, _ has: inout protobuf_c_boolean, _ field: inout Number) {
        guard let number else { return }
        has = 1
        field = number
    }

    func metadata(
        _ entries: [MetadataEntry]
    ) throws -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?) {
        try arena.list(entries) { entry in
            let message = try arena.message(onnx__string_string_entry_proto__init)
            try set(entry.key, &message.pointee.has_key, &message.pointee.key)
            try set(entry.value, &message.pointee.has_value, &message.pointee.value)
            return message
        }
    }

    func opsets(
        _ imports: [OpsetImport]
    ) throws -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Onnx__OperatorSetIdProto>?>?) {
        try arena.list(imports) { item in
            let message = try arena.message(onnx__operator_set_id_proto__init)
            try set(item.domain, &message.pointee.has_domain, &message.pointee.domain)
            set(item.version, &message.pointee.has_version, &message.pointee.version)
            try arena.set(item.unknown, on: &message.pointee.base)
            return message
        }
    }

    /// A `ModelProto`.
    mutating func model(_ model: Model) throws -> UnsafeMutablePointer<Onnx__ModelProto> {
        let message = try arena.message(onnx__model_proto__init)
        set(model.irVersion, &message.pointee.has_ir_version, &message.pointee.ir_version)
        (message.pointee.n_opset_import, message.pointee.opset_import) = try opsets(model.opsetImports)
        try set(model.producerName, &message.pointee.has_producer_name, &message.pointee.producer_name)
        try set(model.producerVersion, &message.pointee.has_producer_version, &message.pointee.producer_version)
        try set(model.domain, &message.pointee.has_domain, &message.pointee.domain)
        set(model.modelVersion, &message.pointee.has_model_version, &message.pointee.model_version)
        try set(model.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        message.pointee.graph = try graph(model.graph)
        (message.pointee.n_metadata_props, message.pointee.metadata_props) = try metadata(model.metadata)
        (message.pointee.n_training_info, message.pointee.training_info) =
            try arena.list(model.trainingInfo) { try training($0) }
        (message.pointee.n_functions, message.pointee.functions) = try arena.list(model.functions) { try function($0) }
        (message.pointee.n_configuration, message.pointee.configuration) =
            try arena.list(model.deviceConfigurations) { item in
                let message = try arena.message(onnx__device_configuration_proto__init)
                try set(item.name, &message.pointee.has_name, &message.pointee.name)
                set(item.deviceCount, &message.pointee.has_num_devices, &message.pointee.num_devices)
                (message.pointee.n_device, message.pointee.device) = try arena.texts(item.devices)
                try arena.set(item.unknown, on: &message.pointee.base)
                return message
            }
        try arena.set(model.unknown, on: &message.pointee.base)
        return message
    }

    private mutating func training(_ item: TrainingInfo) throws -> UnsafeMutablePointer<Onnx__TrainingInfoProto> {
        let message = try arena.message(onnx__training_info_proto__init)
        if let item = item.initialization { message.pointee.initialization = try graph(item) }
        if let item = item.algorithm { message.pointee.algorithm = try graph(item) }
        (message.pointee.n_initialization_binding, message.pointee.initialization_binding) =
            try metadata(item.initializationBinding)
        (message.pointee.n_update_binding, message.pointee.update_binding) = try metadata(item.updateBinding)
        try arena.set(item.unknown, on: &message.pointee.base)
        return message
    }

    private mutating func function(_ item: Function) throws -> UnsafeMutablePointer<Onnx__FunctionProto> {
        let message = try arena.message(onnx__function_proto__init)
        let body = item.body
        try set(name: item.name.type, &message.pointee.has_name, &message.pointee.name, 1, item.unknown)
        try set(name: item.name.domain, &message.pointee.has_domain, &message.pointee.domain, 10, item.unknown)
        try set(name: item.name.overload, &message.pointee.has_overload, &message.pointee.overload, 13, item.unknown)
        (message.pointee.n_input, message.pointee.input) = try arena.texts(body.inputs.map { try name($0, body) })
        (message.pointee.n_output, message.pointee.output) = try arena.texts(body.outputs.map { try name($0, body) })
        (message.pointee.n_attribute, message.pointee.attribute) = try arena.texts(item.attributeNames)
        (message.pointee.n_attribute_proto, message.pointee.attribute_proto) =
            try arena.list(item.attributeDefaults) { try attribute($0) }
        (message.pointee.n_node, message.pointee.node) = try arena.list(body.nodes) { try node($0, body) }
        (message.pointee.n_value_info, message.pointee.value_info) =
            try arena.list(body.declaredValueInfo()) { try value($0) }
        (message.pointee.n_opset_import, message.pointee.opset_import) = try opsets(item.opsetImports)
        try set(item.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        (message.pointee.n_metadata_props, message.pointee.metadata_props) = try metadata(item.metadata)
        try arena.set(item.unknown, on: &message.pointee.base)
        guard body.initializers.isEmpty, body.sparseInitializers.isEmpty else {
            throw GraphError(.invalid, "the function '\(item.name)' has initializers, which ONNX can't write")
        }
        return message
    }
}
