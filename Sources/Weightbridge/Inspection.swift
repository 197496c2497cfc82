import OrderedCollections

/// What is in a file: its format, tensors and facts, and what its weights are recognised as.
public struct Inspection: Sendable {
    /// One tensor.
    public struct Row: Sendable {
        /// The tensor's name.
        public var name: String
        /// The type of its elements.
        public var type: String
        /// Its dimensions.
        public var shape: [Int]
    }

    /// The file's format.
    public var format: String
    /// The file's size.
    public var byteCount: Int
    /// Labels and values, in the order to show them.
    public var facts: [(label: String, value: String)] = []
    /// What else there is to say.
    public var notes: [String] = []
    /// What shapes can't tell of the architecture and nobody said.
    public var assumptions: [Assumption] = []
    /// The tensors, in the file's order.
    public var tensors: [Row] = []
    /// What is wrong with the file although it could be read: an ONNX model that breaks the rules, say.
    public var fault: (any Fault)?

    /// - Parameter mapping: what the weights are to be recognised as, and what is to be made of them.
    /// - Throws: ``FormatError`` where the file can't be read; ``MappingError`` for options that make no sense.
    public init(
        _ path: String, reading: ReadOptions = ReadOptions(), mapping: MappingOptions = MappingOptions()
    ) throws {
        byteCount = try FileSource(path: path).count
        let file: WeightFile
        do {
            file = try WeightFile.open(path, options: reading)
        } catch let refusal as FormatError where refusal.code == .pickleGlobal {
            // All of the globals are worth seeing; nothing of them is run either way.
            var lenient = reading
            lenient.refusesGlobals = false
            fault = refusal
            guard let opened = try? WeightFile.open(path, options: lenient) else {
                let source = try FileSource(path: path)
                let kind = try FileFormat.detect(source)
                guard let torch = try? readTorch(source, format: kind, options: lenient) else { throw refusal }
                format = kind.summary
                facts.append(("globals", torch.globals.joined(separator: ", ")))
                return
            }
            file = opened
        }
        switch file {
        case .checkpoint(let checkpoint):
            format = checkpoint.format.summary
            describe(checkpoint)
            if !describeProgram(of: checkpoint, reading: reading, mapping: mapping) {
                try describeArchitecture(of: checkpoint, mapping)
            }
            notes = checkpoint.notes + notes
        case .model(let model):
            format = try FileFormat.detect(FileSource(path: path)).summary
            // A file that breaks the rules is shown as it is, unless something else is asked for.
            try mapping.refuseWhatGraphsSettle(file: path)
            describe(mapping.stated.isEmpty ? model : try model.returning(mapping))
        }
    }

    private mutating func describe(_ checkpoint: Checkpoint) {
        let weights = checkpoint.stateDict
        tensors = weights.tensors.map {
            Row(name: $0.key.string, type: $0.value.elementType.name, shape: $0.value.shape)
        }
        let selection = checkpoint.selection
        if !selection.chosenPath.isEmpty { facts.append(("weights at", selection.chosenPath)) }
        for prefix in selection.strippedPrefixes { facts.append(("stripped", "prefix '\(prefix)'")) }
        for other in selection.alternatives {
            facts.append(("also there", "\(other.path): \(other.tensors) tensors"))
        }
        for other in selection.others { facts.append(("beside", "\(other.path): \(other.summary)")) }
        let told = Set(selection.others.map(\.path))
        for (key, value) in weights.metadata where !told.contains(key) {
            facts.append(("metadata", "\(key): \(value)"))
        }
        if !checkpoint.globals.isEmpty { facts.append(("globals", checkpoint.globals.joined(separator: ", "))) }
        for group in weights.tied { facts.append(("tied", group.joined(separator: " = "))) }
        facts.append(("tensors", "\(weights.count), \(weights.elementCount) elements"))
    }

    /// What the weights are recognised as.
    private mutating func describeArchitecture(of checkpoint: Checkpoint, _ mapping: MappingOptions) throws {
        do {
            var options = mapping
            options.allowUnused = true
            let mapped = try mapWeights(checkpoint.stateDict, config: checkpoint.config, options: options)
            facts.append(("recognised", mapped.architecture))
            for (name, value) in mapped.hyperparameters { facts.append((name, value)) }
            let graph = mapped.model.graph
            for id in graph.inputs where graph.initializers[id] == nil {
                facts.append(("input", graph[id].signature))
            }
            for id in graph.outputs { facts.append(("output", graph[id].signature)) }
            if let preprocessing = mapped.preprocessing { facts.append(("preprocess", preprocessing.summary)) }
            notes += mapped.notes
            assumptions = mapped.assumptions
            if !mapped.unused.isEmpty { notes.append("not used: \(mapped.unused.joined(separator: ", "))") }
        } catch let error as any Fault {
            // What the caller asked for is theirs to mend; with a program in the file, it may be for that.
            if error.faultClass == .usage, !checkpoint.format.carriesProgram || mapping.architecture != nil {
                throw error
            }
            facts.append(("recognised", "no: \(error.problem)"))
        } catch {
            facts.append(("recognised", "no: \(error)"))
        }
    }

    private mutating func describe(_ model: Model) {
        let opsets = model.opsetImports.map {
            "\(($0.domain ?? "").isEmpty ? "ai.onnx" : $0.domain ?? "") \($0.version)"
        }
        facts.append(("opset", opsets.joined(separator: ", ")))
        if let ir = model.irVersion { facts.append(("IR version", String(ir))) }
        if let producer = model.producerName {
            facts.append(("producer", "\(producer) \(model.producerVersion ?? "")"))
        }
        for id in model.graph.inputs where model.graph.initializers[id] == nil {
            facts.append(("input", model.graph[id].signature))
        }
        for id in model.graph.outputs { facts.append(("output", model.graph[id].signature)) }
        if let preprocessing = Preprocessing(metadata: model.metadata) {
            let isEmbedded = model.metadata.contains { $0.key == MetadataKey.embeddedPreprocessing }
            facts.append(("preprocess", preprocessing.summary + (isEmbedded ? ", in the graph" : "")))
        }
        for entry in model.metadata { facts.append(("metadata", "\(entry.key): \(entry.value)")) }
        var counts: OrderedDictionary<String, Int> = [:]
        for node in model.graph.nodes { counts[node.op.description, default: 0] += 1 }
        facts.append(
            ("nodes", "\(model.graph.nodes.count): " + counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")))
        for function in model.functions { facts.append(("function", function.name.description)) }
        facts.append(("tensors", String(model.graph.initializers.count)))
        tensors = model.graph.initializers.values.map {
            Row(name: $0.name, type: $0.tensor.elementType.name, shape: $0.tensor.shape)
        }
        let errors = checkModel(model)
        fault = fault ?? errors.first
        notes += errors.dropFirst().prefix(20).map { "also wrong: \($0.description)" }
    }

    /// For programs.
    public func json() -> JSONValue {
        .object([
            ("format", .string(format)), ("bytes", .number(String(byteCount))),
            ("facts", .array(facts.map { .array([.string($0.label), .string($0.value)]) })),
            ("notes", .array(notes.map { .string($0) })), ("assumptions", assumptions.json),
            ("error", fault.map { .string($0.description) } ?? .null),
            (
                "tensors",
                .array(
                    tensors.map { row in
                        .object([
                            ("name", .string(row.name)), ("type", .string(row.type)),
                            ("shape", .array(row.shape.map { .number(String($0)) })),
                        ])
                    })
            ),
        ])
    }
}

extension Value {
    /// Name, element type and dimensions, such as `input: float32[batch, 3, 224, 224]`.
    fileprivate var signature: String {
        guard let type else { return name }
        let dimensions = type.dimensions.map { "\($0)" }
        return "\(name): \(type.elementType?.name ?? "?")\(dimensions ?? "")"
    }
}
