import COnnx
import CProtobufC
import GraphIR

extension MessageReader {
    /// A `GraphProto`.
    mutating func graph(_ message: Onnx__GraphProto, inFunction: Bool) throws -> Graph {
        var graph = Graph(name: try message.has_name != 0 ? name(message.name) : nil)
        graph.docString = try optionalText(message.has_doc_string, message.doc_string)
        graph.metadata = try metadata(message.n_metadata_props, message.metadata_props)
        graph.unknown = unknown(message.base)
        var declarations = GraphDeclarations(graph)
        for info in messages(message.n_input, message.input) {
            _ = try tolerating(losing: [info.name]) { try declarations.addInput($0.value(info)) }
        }
        for info in messages(message.n_output, message.output) {
            _ = try tolerating(losing: []) { declarations.addOutput(try $0.value(info)) }
        }
        declarations.addValueInfo(try messages(message.n_value_info, message.value_info).map { try value($0) })
        for initializer in messages(message.n_initializer, message.initializer) {
            _ = try tolerating(losing: [initializer.name]) { try declarations.addInitializer($0.tensor(initializer)) }
        }
        for initializer in messages(message.n_sparse_initializer, message.sparse_initializer) {
            _ = try tolerating(losing: initializer.values.map { [$0.pointee.name] } ?? []) {
                try declarations.addSparseInitializer($0.sparseTensor(initializer))
            }
        }
        graph = declarations.graph
        for node in messages(message.n_node, message.node) {
            let outputs = array(node.n_output, node.output)
            let made = try tolerating(losing: outputs) { try $0.node(node, in: &graph, inFunction: inFunction) }
            if let made { graph.nodes.append(made) }
        }
        for annotation in messages(message.n_quantization_annotation, message.quantization_annotation) {
            var extra = unknown(annotation.base)
            var result = QuantizationAnnotation(
                tensorName: try plainName(annotation.has_tensor_name, annotation.tensor_name, 1, &extra),
                parameters: try metadata(
                    annotation.n_quant_parameter_tensor_names, annotation.quant_parameter_tensor_names))
            result.unknown = extra
            graph.quantizationAnnotations.append(result)
        }
        return graph
    }

    /// A `ValueInfoProto`.
    func value(_ message: Onnx__ValueInfoProto) throws -> Value {
        var extra = unknown(message.base)
        var value = Value(try plainName(message.has_name, message.name, 1, &extra))
        try locating(item: value.name) {
            value.type = try message.type.map { try type($0.pointee) }
            value.docString = try optionalText(message.has_doc_string, message.doc_string)
            value.metadata = try metadata(message.n_metadata_props, message.metadata_props)
        }
        value.unknown = extra
        return value
    }

    /// A `NodeProto`.
    mutating func node(_ message: Onnx__NodeProto, in graph: inout Graph, inFunction: Bool) throws -> Node {
        var extra = unknown(message.base)
        let nodeName = try plainName(message.has_name, message.name, 3, &extra)
        let op = OperatorName(
            try name(message.op_type), domain: try plainName(message.has_domain, message.domain, 7, &extra),
            overload: try plainName(message.has_overload, message.overload, 8, &extra))
        return try locating(item: "node '\(nodeName)' (\(op))") {
            guard !op.type.isEmpty else { throw FormatError(.graphInvalid, "a node has no operator") }
            var node = Node(op, name: nodeName, inputs: [], outputs: [])
            for name in try names(message.n_input, message.input) {
                node.inputs.append(name.isEmpty ? nil : graph.value(named: name))
            }
            for name in try names(message.n_output, message.output) {
                node.outputs.append(name.isEmpty ? nil : graph.value(named: name))
            }
            var seen: Set<ExactName> = []
            for attribute in messages(message.n_attribute, message.attribute) {
                let attribute = try self.attribute(attribute, inFunction: inFunction)
                guard seen.insert(ExactName(attribute.name)).inserted else {
                    throw FormatError(.graphDuplicate, "the attribute '\(attribute.name)' is there twice")
                }
                node.attributes.append(attribute)
            }
            node.docString = try optionalText(message.has_doc_string, message.doc_string)
            node.metadata = try metadata(message.n_metadata_props, message.metadata_props)
            node.deviceConfigurations = try messages(message.n_device_configurations, message.device_configurations)
                .map(deviceConfiguration)
            node.unknown = extra
            return node
        }
    }

    // MARK: Devices

    private func deviceConfiguration(_ message: Onnx__NodeDeviceConfigurationProto) throws -> NodeDeviceConfiguration {
        var result = NodeDeviceConfiguration()
        result.configurationID = try optionalText(message.has_configuration_id, message.configuration_id)
        result.shardings = try messages(message.n_sharding_spec, message.sharding_spec).map(sharding)
        result.pipelineStage = message.has_pipeline_stage != 0 ? message.pipeline_stage : nil
        result.unknown = unknown(message.base)
        return result
    }

    private func sharding(_ message: Onnx__ShardingSpecProto) throws -> Sharding {
        var result = Sharding()
        result.tensorName = try optionalText(message.has_tensor_name, message.tensor_name)
        result.devices = array(message.n_device, message.device)
        result.groups = messages(message.n_index_to_device_group_map, message.index_to_device_group_map).map {
            var group = Sharding.Group()
            group.key = $0.has_key != 0 ? $0.key : nil
            group.values = array($0.n_value, $0.value)
            group.unknown = unknown($0.base)
            return group
        }
        result.dimensions = try messages(message.n_sharded_dim, message.sharded_dim).map {
            var dimension = Sharding.ShardedDimension()
            dimension.axis = $0.has_axis != 0 ? $0.axis : nil
            dimension.simple = try messages($0.n_simple_sharding, $0.simple_sharding).map(simpleDimension)
            dimension.unknown = unknown($0.base)
            return dimension
        }
        result.unknown = unknown(message.base)
        return result
    }

    private func simpleDimension(_ message: Onnx__SimpleShardedDimProto) throws -> Sharding.SimpleDimension {
        var result = Sharding.SimpleDimension()
        switch message.dim_case {
        case ONNX__SIMPLE_SHARDED_DIM_PROTO__DIM_DIM_VALUE: result.size = .size(message.dim_value)
        case ONNX__SIMPLE_SHARDED_DIM_PROTO__DIM_DIM_PARAM: result.size = .named(try name(message.dim_param))
        default: break
        }
        result.shardCount = message.has_num_shards != 0 ? message.num_shards : nil
        result.unknown = unknown(message.base)
        return result
    }
}
