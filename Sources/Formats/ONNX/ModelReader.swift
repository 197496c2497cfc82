import COnnx
import CProtobufC
import GraphIR
import OrderedCollections

/// The newest versions of ONNX that are read (onnx 1.23.2).
public enum ONNXVersion {
    /// The newest version of the file format that is read.
    public static let newestIR: Int64 = 14
    /// The newest version of ONNX's operator set that is known.
    public static let newestOpset: Int64 = 28
}

/// Reads an ONNX model (`ModelProto`, IR versions 1 to 14).
///
/// Weights stay where they are, in the file or in files beside it, and are read when they are asked for.
/// The graph's invariants hold in what is returned; whether its operators exist is another question.
/// - Throws: `proto.malformed` and `limit.*` where the bytes are no such message, `path.*` and `io.missing` for
///   external data, `tensor.*`, `name.reserved`, `graph.*` and `op.argument` where its parts disagree,
///   `container.unsupported` for versions that don't exist yet.
public func readModel(_ file: FileSource) throws -> Model {
    try MessageReader.read(file, as: onnx__model_proto__init) { (reader, message: Onnx__ModelProto) in
        let model = try reader.model(message)
        try model.checkInvariants()
        return model
    }
}

/// What could be read of a damaged model, for checking it.
public struct ReadModel: Sendable {
    /// The model without its damaged parts; its invariants may not hold.
    public var model: Model
    /// What is wrong with the file.
    public var damage: ModelDamage
}

/// Damaged parts of a model: tensors, nodes, declarations.
public struct ModelDamage: Sendable {
    /// What is wrong, in the order of the file.
    public var faults: [any Fault] = []
    /// Values that the damaged parts would have made.
    public var names: Set<ExactName> = []
    /// Faults after which reading stops.
    static let limit = 100
}

/// Reads an ONNX model although parts of it are damaged, to find all that is wrong with it rather than the first.
/// - Throws: as ``readModel(_:)`` where the model as a whole can't be read.
public func readDamagedModel(_ file: FileSource) throws -> ReadModel {
    try MessageReader.read(file, as: onnx__model_proto__init) { (reader, message: Onnx__ModelProto) in
        reader.damage = ModelDamage()
        let model = try reader.model(message)
        return ReadModel(model: model, damage: reader.damage ?? ModelDamage())
    }
}

/// Reads one tensor from a file of its own (`TensorProto`), as in ONNX's test data.
public func readTensorProto(_ file: FileSource) throws -> TensorRecord {
    try MessageReader.read(file, as: onnx__tensor_proto__init) { (reader, message: Onnx__TensorProto) in
        try reader.tensor(message)
    }
}

extension Model {
    /// The initializers under their names, in the order of the file.
    /// - Throws: `container.unsupported` where one is sparse: a state dict holds dense tensors.
    public func stateDict() throws -> StateDict {
        guard graph.sparseInitializers.isEmpty else {
            throw FormatError(.containerUnsupported, "the model has sparse initializers, a state dict has none")
        }
        var result = StateDict()
        for record in graph.initializers.values { result[record.name] = record.tensor }
        return result
    }
}

extension MessageReader {
    mutating func model(_ message: Onnx__ModelProto) throws -> Model {
        guard let graphMessage = message.graph else {
            throw FormatError(.graphInvalid, "the model has no graph", hint: "is this an ONNX model?")
        }
        let version = message.has_ir_version != 0 ? message.ir_version : nil
        let imports = try opsets(message.n_opset_import, message.opset_import)
        let checked = try checkedIRVersion(version, imports: imports)
        var model = Model(
            graph: try graph(graphMessage.pointee, inFunction: false), irVersion: checked, opsetImports: imports)
        model.producerName = try optionalText(message.has_producer_name, message.producer_name)
        model.producerVersion = try optionalText(message.has_producer_version, message.producer_version)
        model.domain = try optionalText(message.has_domain, message.domain)
        model.modelVersion = message.has_model_version != 0 ? message.model_version : nil
        model.docString = try optionalText(message.has_doc_string, message.doc_string)
        model.metadata = try metadata(message.n_metadata_props, message.metadata_props)
        model.trainingInfo = try messages(message.n_training_info, message.training_info).map { try training($0) }
        model.functions = try messages(message.n_functions, message.functions).map { try function($0) }
        model.deviceConfigurations = try messages(message.n_configuration, message.configuration).map {
            var result = DeviceConfiguration()
            result.name = try optionalText($0.has_name, $0.name)
            result.deviceCount = $0.has_num_devices != 0 ? $0.num_devices : nil
            result.devices = try names($0.n_device, $0.device)
            result.unknown = unknown($0.base)
            return result
        }
        model.unknown = unknown(message.base)
        return model
    }

    private func opsets(
        _ count: Int, _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__OperatorSetIdProto>?>?
    ) throws -> [OpsetImport] {
        let imports = try messages(count, pointer).map { message in
            var result = OpsetImport(try message.has_domain != 0 ? name(message.domain) : nil, message.version)
            result.unknown = unknown(message.base)
            return result
        }
        try checkVersions(of: imports)
        return imports
    }

    private mutating func training(_ message: Onnx__TrainingInfoProto) throws -> TrainingInfo {
        var result = TrainingInfo()
        if let graph = message.initialization {
            result.initialization = try self.graph(graph.pointee, inFunction: false)
        }
        if let graph = message.algorithm { result.algorithm = try self.graph(graph.pointee, inFunction: false) }
        result.initializationBinding = try metadata(message.n_initialization_binding, message.initialization_binding)
        result.updateBinding = try metadata(message.n_update_binding, message.update_binding)
        result.unknown = unknown(message.base)
        return result
    }

    private mutating func function(_ message: Onnx__FunctionProto) throws -> Function {
        var extra = unknown(message.base)
        let operatorName = OperatorName(
            try plainName(message.has_name, message.name, 1, &extra),
            domain: try plainName(message.has_domain, message.domain, 10, &extra),
            overload: try plainName(message.has_overload, message.overload, 13, &extra))
        return try locating(item: "function '\(operatorName)'") {
            guard !operatorName.type.isEmpty else { throw FormatError(.graphInvalid, "a function has no name") }
            var declarations = GraphDeclarations(Graph())
            try declarations.addFormals(
                inputs: names(message.n_input, message.input), outputs: names(message.n_output, message.output))
            declarations.addValueInfo(try messages(message.n_value_info, message.value_info).map { try value($0) })
            var body = declarations.graph
            for node in messages(message.n_node, message.node) {
                body.nodes.append(try self.node(node, in: &body, inFunction: true))
            }
            var function = Function(operatorName, body: body)
            function.attributeNames = try names(message.n_attribute, message.attribute)
            function.attributeDefaults = try messages(message.n_attribute_proto, message.attribute_proto)
                .map { try attribute($0, inFunction: false) }
            function.opsetImports = try opsets(message.n_opset_import, message.opset_import)
            function.docString = try optionalText(message.has_doc_string, message.doc_string)
            function.metadata = try metadata(message.n_metadata_props, message.metadata_props)
            function.unknown = extra
            return function
        }
    }
}
