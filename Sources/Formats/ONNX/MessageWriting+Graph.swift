import COnnx
import CProtobufC
import GraphIR

extension MessageWriter {
    /// The name of a value of a graph.
    func name(_ id: ValueID, _ graph: Graph) throws -> String {
        try graph.declaredValue(id).name
    }

    /// A `GraphProto`.
    mutating func graph(_ graph: Graph) throws -> UnsafeMutablePointer<Onnx__GraphProto> {
        let message = try arena.message(onnx__graph_proto__init)
        try set(graph.name, &message.pointee.has_name, &message.pointee.name)
        try set(graph.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        (message.pointee.n_metadata_props, message.pointee.metadata_props) = try metadata(graph.metadata)
        (message.pointee.n_input, message.pointee.input) =
            try arena.list(graph.inputs) {
                _ = try name($0, graph); return try value(graph[$0])
            }
        (message.pointee.n_output, message.pointee.output) = try arena.list(graph.declaredOutputs()) { try value($0) }
        (message.pointee.n_value_info, message.pointee.value_info) =
            try arena.list(graph.declaredValueInfo()) { try value($0) }
        (message.pointee.n_initializer, message.pointee.initializer) = try arena.list(graph.initializers) { item in
            var record = item.value
            record.name = try name(item.key, graph)
            return try tensor(record, mayBeExternal: true)
        }
        (message.pointee.n_sparse_initializer, message.pointee.sparse_initializer) =
            try arena.list(graph.sparseInitializers) { item in
                var record = item.value
                record.values.name = try name(item.key, graph)
                return try sparseTensor(record)
            }
        (message.pointee.n_node, message.pointee.node) = try arena.list(graph.nodes) { try node($0, graph) }
        (message.pointee.n_quantization_annotation, message.pointee.quantization_annotation) =
            try arena.list(graph.quantizationAnnotations) { item in
                let message = try arena.message(onnx__tensor_annotation__init)
                try set(
                    name: item.tensorName, &message.pointee.has_tensor_name, &message.pointee.tensor_name, 1,
                    item.unknown)
                (message.pointee.n_quant_parameter_tensor_names, message.pointee.quant_parameter_tensor_names) =
                    try metadata(item.parameters)
                try arena.set(item.unknown, on: &message.pointee.base)
                return message
            }
        try arena.set(graph.unknown, on: &message.pointee.base)
        return message
    }

    /// A `ValueInfoProto`.
    func value(_ value: Value) throws -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
        let message = try arena.message(onnx__value_info_proto__init)
        try set(name: value.name, &message.pointee.has_name, &message.pointee.name, 1, value.unknown)
        if let item = value.type { message.pointee.type = try type(item) }
        try set(value.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        (message.pointee.n_metadata_props, message.pointee.metadata_props) = try metadata(value.metadata)
        try arena.set(value.unknown, on: &message.pointee.base)
        return message
    }

    /// A `NodeProto`.
    mutating func node(_ node: Node, _ graph: Graph) throws -> UnsafeMutablePointer<Onnx__NodeProto> {
        let message = try arena.message(onnx__node_proto__init)
        (message.pointee.n_input, message.pointee.input) =
            try arena.texts(node.inputs.map { try $0.map { try name($0, graph) } ?? "" })
        (message.pointee.n_output, message.pointee.output) =
            try arena.texts(node.outputs.map { try $0.map { try name($0, graph) } ?? "" })
        try set(name: node.name, &message.pointee.has_name, &message.pointee.name, 3, node.unknown)
        try set(node.op.type, &message.pointee.has_op_type, &message.pointee.op_type)
        try set(name: node.op.domain, &message.pointee.has_domain, &message.pointee.domain, 7, node.unknown)
        try set(name: node.op.overload, &message.pointee.has_overload, &message.pointee.overload, 8, node.unknown)
        (message.pointee.n_attribute, message.pointee.attribute) = try arena.list(node.attributes) { try attribute($0) }
        try set(node.docString, &message.pointee.has_doc_string, &message.pointee.doc_string)
        (message.pointee.n_metadata_props, message.pointee.metadata_props) = try metadata(node.metadata)
        (message.pointee.n_device_configurations, message.pointee.device_configurations) =
            try arena.list(node.deviceConfigurations) { try deviceConfiguration($0) }
        try arena.set(node.unknown, on: &message.pointee.base)
        return message
    }

    // MARK: Devices

    private func deviceConfiguration(
        _ item: NodeDeviceConfiguration
    ) throws -> UnsafeMutablePointer<Onnx__NodeDeviceConfigurationProto> {
        let message = try arena.message(onnx__node_device_configuration_proto__init)
        try set(item.configurationID, &message.pointee.has_configuration_id, &message.pointee.configuration_id)
        (message.pointee.n_sharding_spec, message.pointee.sharding_spec) =
            try arena.list(item.shardings) { try sharding($0) }
        set(item.pipelineStage, &message.pointee.has_pipeline_stage, &message.pointee.pipeline_stage)
        try arena.set(item.unknown, on: &message.pointee.base)
        return message
    }

    private func sharding(_ item: Sharding) throws -> UnsafeMutablePointer<Onnx__ShardingSpecProto> {
        let message = try arena.message(onnx__sharding_spec_proto__init)
        try set(item.tensorName, &message.pointee.has_tensor_name, &message.pointee.tensor_name)
        (message.pointee.n_device, message.pointee.device) = try arena.array(item.devices)
        (message.pointee.n_index_to_device_group_map, message.pointee.index_to_device_group_map) =
            try arena.list(item.groups) { group in
                let message = try arena.message(onnx__int_int_list_entry_proto__init)
                set(group.key, &message.pointee.has_key, &message.pointee.key)
                (message.pointee.n_value, message.pointee.value) = try arena.array(group.values)
                try arena.set(group.unknown, on: &message.pointee.base)
                return message
            }
        (message.pointee.n_sharded_dim, message.pointee.sharded_dim) =
            try arena.list(item.dimensions) { dimension in
                let message = try arena.message(onnx__sharded_dim_proto__init)
                set(dimension.axis, &message.pointee.has_axis, &message.pointee.axis)
                (message.pointee.n_simple_sharding, message.pointee.simple_sharding) =
                    try arena.list(dimension.simple) { try simpleDimension($0) }
                try arena.set(dimension.unknown, on: &message.pointee.base)
                return message
            }
        try arena.set(item.unknown, on: &message.pointee.base)
        return message
    }

    private func simpleDimension(
        _ item: Sharding.SimpleDimension
    ) throws -> UnsafeMutablePointer<Onnx__SimpleShardedDimProto> {
        let message = try arena.message(onnx__simple_sharded_dim_proto__init)
        switch item.size {
        case .size(let size):
            message.pointee.dim_case = ONNX__SIMPLE_SHARDED_DIM_PROTO__DIM_DIM_VALUE
            message.pointee.dim_value = size
        case .named(let name):
            message.pointee.dim_case = ONNX__SIMPLE_SHARDED_DIM_PROTO__DIM_DIM_PARAM
            message.pointee.dim_param = try arena.text(name)
        case .unknown: break
        }
        set(item.shardCount, &message.pointee.has_num_shards, &message.pointee.num_shards)
        try arena.set(item.unknown, on: &message.pointee.base)
        return message
    }
}
