import GraphIR

/// Writes a model in ONNX's textual syntax, as `onnx.parser` reads it.
///
/// The text is UTF-8, except where strings of the model aren't: their bytes are written as they are.
struct TextWriter {
    typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    private(set) var remarks = TextRemarks()
    /// Tensors of more elements are named without them.
    let elementLimit: Int
    /// Where the bytes of an initializer go that doesn't stay in the text.
    var external: ExternalPlan?
    /// `nil` where only the remarks are wanted.
    private let sink: Sink?
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 16

    init(elementLimit: Int, external: ExternalPlan?, sink: Sink?) {
        self.elementLimit = elementLimit
        self.external = external
        self.sink = sink
    }

    var isDry: Bool { sink == nil }

    // MARK: Pieces

    mutating func put(_ text: String) throws {
        guard sink != nil else { return }
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    mutating func put(quoted bytes: some Sequence<UInt8>) throws {
        guard sink != nil else { return }
        buffer.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { buffer.append(UInt8(ascii: "\\")) }
            buffer.append(byte)
            if buffer.count >= Self.bufferSize { try flush() }
        }
        buffer.append(UInt8(ascii: "\""))
    }

    mutating func flush() throws {
        try buffer.withUnsafeBytes { try sink?($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// A new line, indented for graphs within graphs.
    mutating func newLine(_ depth: Int, _ text: String = "") throws {
        guard sink != nil else { return }
        try put("\n" + String(repeating: "   ", count: depth) + text)
    }

    /// A name where the syntax allows quotes.
    mutating func put(name: String) throws {
        if TextSyntax.isIdentifier(name), !TextSyntax.isTypeName(name) {
            try put(name)
        } else {
            try put(quoted: name.utf8)
        }
    }

    /// A name where the syntax allows none but identifiers.
    mutating func put(identifier: String, _ what: String, _ place: String, isValid: (String) -> Bool) throws {
        if isValid(identifier) { return try put(identifier) }
        obstacle("\(what) that is no identifier", place)
        try put(quoted: identifier.utf8)
    }

    mutating func list<T>(_ items: some Sequence<T>, _ write: (inout TextWriter, T) throws -> Void) throws {
        var isFirst = true
        for item in items {
            if !isFirst { try put(", ") }
            isFirst = false
            try write(&self, item)
        }
    }

    mutating func omit(_ what: String, _ place: String) {
        TextRemarks.note(what, at: place, in: &remarks.omissions)
    }

    mutating func obstacle(_ what: String, _ place: String) {
        TextRemarks.note(what, at: place, in: &remarks.obstacles)
    }

    mutating func noteElided() { remarks.elided += 1 }

    mutating func check(_ unknown: UnknownFields, _ place: String) {
        if !unknown.fields.isEmpty { obstacle("fields that ONNX doesn't have", place) }
    }

    mutating func check(_ docString: String?, _ metadata: [MetadataEntry], _ place: String) {
        if let docString, !docString.isEmpty { omit("doc_string", place) }
        if !metadata.isEmpty { omit("metadata_props", place) }
    }

    // MARK: Model

    mutating func model(_ model: Model) throws {
        try put("<")
        var isFirst = true
        func key(_ name: String, _ writer: inout TextWriter) throws {
            if !isFirst { try writer.put(",") }
            isFirst = false
            try writer.newLine(1, "\(name): ")
        }
        if let version = model.irVersion {
            try key("ir_version", &self)
            try put("\(version)")
        }
        try key("opset_import", &self)
        try opsets(model.opsetImports)
        let texts = [
            ("producer_name", model.producerName), ("producer_version", model.producerVersion),
            ("domain", model.domain),
        ]
        for case (let name, let text?) in texts {
            try key(name, &self)
            try put(quoted: text.utf8)
        }
        if let version = model.modelVersion {
            try key("model_version", &self)
            try put("\(version)")
        }
        if let text = model.docString {
            try key("doc_string", &self)
            try put(quoted: text.utf8)
        }
        if !model.metadata.isEmpty {
            try key("metadata_props", &self)
            try put("[")
            try entries(model.metadata)
            try put("]")
        }
        if !model.trainingInfo.isEmpty { obstacle("training_info", "") }
        if !model.deviceConfigurations.isEmpty { omit("device configurations", "") }
        check(model.unknown, "the model")
        try newLine(0, ">\n")
        try graph(model.graph, name: model.graph.name ?? "", depth: 0)
        for function in model.functions { try self.function(function) }
        try put("\n")
        if !remarks.obstacles.isEmpty { try put("...\n") }
    }

    private mutating func opsets(_ imports: [OpsetImport]) throws {
        try put("[")
        try list(imports) { writer, item in
            try writer.put(quoted: (item.domain ?? "").utf8)
            try writer.put(" : \(item.version)")
            writer.check(item.unknown, "opset_import")
        }
        try put("]")
    }

    mutating func entries(_ entries: [MetadataEntry]) throws {
        try list(entries) { writer, entry in
            try writer.put(quoted: entry.key.utf8)
            try writer.put(": ")
            try writer.put(quoted: entry.value.utf8)
        }
    }

    private mutating func function(_ function: Function) throws {
        let place = "function \(function.name)"
        try newLine(0, "<")
        try newLine(1, "domain: ")
        try put(quoted: function.name.domain.utf8)
        if !function.name.overload.isEmpty {
            try put(",")
            try newLine(1, "overload: ")
            try put(quoted: function.name.overload.utf8)
        }
        if !function.opsetImports.isEmpty {
            try put(",")
            try newLine(1, "opset_import: ")
            try opsets(function.opsetImports)
        }
        if let text = function.docString {
            try put(",")
            try newLine(1, "doc_string: ")
            try put(quoted: text.utf8)
        }
        try newLine(0, ">\n")
        check(nil, function.metadata, place)
        check(function.unknown, place)
        try put(name: function.name.type)
        if !function.attributeNames.isEmpty || !function.attributeDefaults.isEmpty {
            try put(" <")
            try list(function.attributeNames) { try $0.put(name: $1) }
            if !function.attributeNames.isEmpty, !function.attributeDefaults.isEmpty { try put(", ") }
            try list(function.attributeDefaults) { try $0.attribute($1, place, depth: 0) }
            try put(">")
        }
        let body = function.body
        try put(" (")
        try list(body.inputs) { try $0.put(name: body.declaredValue($1).name) }
        try put(") => (")
        try list(body.outputs) { try $0.put(name: body.declaredValue($1).name) }
        try put(")")
        let declared = try body.declaredValueInfo()
        if !declared.isEmpty {
            try newLine(0, "<")
            try list(declared) { try $0.declaration($1, place) }
            try put(">")
        }
        if !body.initializers.isEmpty || !body.sparseInitializers.isEmpty {
            throw GraphError(.invalid, "the function '\(function.name)' has initializers, which ONNX can't write")
        }
        try newLine(0)
        try nodes(body, depth: 0)
    }

    // MARK: Graph

    /// - Parameter name: as it is to be written, where the graph's own can't be.
    mutating func graph(_ graph: Graph, name: String, depth: Int) throws {
        guard depth < GraphLimit.depth else {
            throw GraphError(.depth, "graphs are nested more than \(GraphLimit.depth) deep")
        }
        let place = "graph \(graph.name ?? "")"
        check(graph.docString, graph.metadata, place)
        check(graph.unknown, place)
        if !graph.quantizationAnnotations.isEmpty { omit("quantization_annotation", place) }
        try put(name: name)
        try put(" (")
        try list(graph.inputs.map { try graph.declaredValue($0) }) { try $0.declaration($1, place) }
        try put(") => (")
        try list(graph.declaredOutputs()) { try $0.declaration($1, place) }
        try put(")")
        let declared = try graph.declaredValueInfo()
        if !graph.initializers.isEmpty || !graph.sparseInitializers.isEmpty || !declared.isEmpty {
            try newLine(depth, "<")
            var isFirst = true
            func separate(_ writer: inout TextWriter) throws {
                if !isFirst { try writer.put(",") }
                isFirst = false
                try writer.newLine(depth + 1)
            }
            for (id, record) in graph.initializers {
                try separate(&self)
                try initializer(record, name: graph.declaredValue(id).name, depth: depth)
            }
            for (id, record) in graph.sparseInitializers {
                obstacle("sparse initializers", place)
                try separate(&self)
                try put("sparse_tensor(\(TextSyntax.name(record.values.tensor.elementType))\(record.shape)) ")
                try put(name: graph.declaredValue(id).name)
            }
            for value in declared {
                try separate(&self)
                try declaration(value, place)
            }
            try newLine(depth, ">")
        }
        try newLine(depth)
        try nodes(graph, depth: depth)
    }

    /// A value's type, where it has one, and name.
    private mutating func declaration(_ value: Value, _ place: String) throws {
        let here = value.name.isEmpty ? place : "value \(value.name)"
        if let type = value.type {
            try self.type(type, here)
            try put(" ")
        }
        try put(name: value.name)
        check(value.docString, value.metadata, here)
        check(value.unknown, here)
    }

    private mutating func nodes(_ graph: Graph, depth: Int) throws {
        try put("{")
        for node in graph.nodes {
            try newLine(depth + 1)
            try self.node(node, graph, depth: depth + 1)
        }
        try newLine(depth, "}")
    }

    private mutating func node(_ node: Node, _ graph: Graph, depth: Int) throws {
        let place = "node \(node.name.isEmpty ? "\(node.op)" : node.name)"
        if !node.name.isEmpty || node.unknown.writesDefault(3) {
            try put("[")
            try put(name: node.name)
            try put("] ")
        }
        try list(node.outputs) { try $0.put(name: $1.map { try graph.declaredValue($0).name } ?? "") }
        try put(" = ")
        if !node.op.domain.isEmpty {
            try put(
                identifier: node.op.domain, "an operator domain", place, isValid: TextSyntax.isDottedIdentifier)
            try put(".")
        }
        try put(identifier: node.op.type, "an operator name", place, isValid: TextSyntax.isIdentifier)
        if !node.op.overload.isEmpty {
            try put(":")
            try put(identifier: node.op.overload, "an overload", place, isValid: TextSyntax.isIdentifier)
        }
        // Attributes that hold graphs are long: they come after the inputs.
        let hasGraphs = node.attributes.contains { !$0.value.subgraphs.isEmpty }
        if !hasGraphs { try attributes(node.attributes, place, depth: depth) }
        try put(" (")
        try list(node.inputs) { try $0.put(name: $1.map { try graph.declaredValue($0).name } ?? "") }
        try put(")")
        if hasGraphs { try attributes(node.attributes, place, depth: depth) }
        check(node.docString, node.metadata, place)
        check(node.unknown, place)
        if !node.deviceConfigurations.isEmpty { omit("device configurations", place) }
    }

    private mutating func attributes(_ attributes: [Attribute], _ place: String, depth: Int) throws {
        if attributes.isEmpty { return }
        try put(" <")
        try list(attributes) { try $0.attribute($1, place, depth: depth) }
        try put(">")
    }
}
