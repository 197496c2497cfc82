import GraphIR

/// Makes a model of a text in ONNX's textual syntax, by recursive descent: graphs and types nest no deeper than their
/// limits.
///
/// Source: https://onnx.ai/onnx/repo-docs/Syntax.html. Lists of tensors, graphs and types, which `onnx.printer` writes
/// and `onnx.parser` drops, are read.
struct TextReader {
    var cursor: TextCursor
    var externalFiles: ExternalFiles

    init(_ text: UnsafeRawBufferPointer, file: FileSource) {
        cursor = TextCursor(text)
        externalFiles = ExternalFiles(beside: file)
    }

    /// Adds the place of what begins here to errors that don't have one.
    mutating func placed<T>(_ body: (inout TextReader) throws -> T) throws -> T {
        _ = cursor.peek()
        let start = cursor.position
        do {
            return try body(&self)
        } catch let error as FormatError where error.offset == nil {
            throw error.located(item: cursor.place(of: start), offset: start)
        }
    }

    // MARK: Model

    mutating func model() throws -> Model {
        var model = Model(graph: Graph(), irVersion: nil, opsetImports: [])
        if cursor.take("<") {
            try heading(&model)
        }
        model.irVersion = try checkedIRVersion(model.irVersion, imports: model.opsetImports)
        try checkVersions(of: model.opsetImports)
        let name = try cursor.name("the name of the graph")
        model.graph = try graph(name: name, depth: 0, inFunction: false)
        while cursor.peek() != nil { model.functions.append(try placed { try $0.function() }) }
        return model
    }

    private mutating func heading(_ model: inout Model) throws {
        var seen: Set<String> = []
        repeat {
            _ = cursor.peek()
            let start = cursor.position
            let key = try cursor.expectIdentifier("a key such as ir_version")
            guard seen.insert(key).inserted else { throw cursor.error("'\(key)' is there twice", at: start) }
            try cursor.expect(":", "after '\(key)'")
            switch key {
            case "ir_version": model.irVersion = try cursor.integer("the IR version")
            case "opset_import": model.opsetImports = try opsets()
            case "producer_name": model.producerName = try cursor.text("the producer's name")
            case "producer_version": model.producerVersion = try cursor.text("the producer's version")
            case "domain": model.domain = try cursor.text("the domain")
            case "model_version": model.modelVersion = try cursor.integer("the model's version")
            case "doc_string": model.docString = try cursor.text("the documentation")
            case "metadata_props":
                try cursor.expect("[", "before metadata")
                if cursor.take("]") { break }
                model.metadata = try entries()
                try cursor.expect("]", "after metadata")
            default: throw cursor.error("'\(key)' is no key of a model's heading", at: start)
            }
        } while cursor.take(",")
        try cursor.expect(">", "at the end of the heading")
    }

    private mutating func opsets() throws -> [OpsetImport] {
        var imports: [OpsetImport] = []
        try cursor.expect("[", "before operator sets")
        if cursor.take("]") { return imports }
        repeat {
            let domain = try cursor.text("a domain")
            try cursor.expect(":", "after a domain")
            imports.append(OpsetImport(domain, try cursor.integer("the version of an operator set")))
        } while cursor.take(",")
        try cursor.expect("]", "after operator sets")
        return imports
    }

    mutating func entries() throws -> [MetadataEntry] {
        var entries: [MetadataEntry] = []
        repeat {
            let key = try cursor.text("a key")
            try cursor.expect(":", "after a key")
            entries.append(MetadataEntry(key, try cursor.text("a value")))
        } while cursor.take(",")
        return entries
    }

    // MARK: Function

    private mutating func function() throws -> Function {
        var function = Function(OperatorName(""), body: Graph())
        if cursor.take("<") {
            repeat {
                _ = cursor.peek()
                let start = cursor.position
                let key = try cursor.expectIdentifier("a key such as domain")
                try cursor.expect(":", "after '\(key)'")
                switch key {
                case "opset_import": function.opsetImports = try opsets()
                case "doc_string": function.docString = try cursor.text("the documentation")
                case "domain": function.name.domain = try cursor.text("the domain")
                case "overload": function.name.overload = try cursor.text("the overload")
                default: throw cursor.error("'\(key)' is no key of a function's heading", at: start)
                }
            } while cursor.take(",")
            try cursor.expect(">", "at the end of the heading")
        }
        try checkVersions(of: function.opsetImports)
        function.name.type = try cursor.name("the name of a function")
        guard !function.name.type.isEmpty else { throw FormatError(.graphInvalid, "a function has no name") }
        if cursor.take("<") {
            repeat {
                let name = try cursor.name("an attribute of the function")
                if cursor.next(is: ":") || cursor.next(is: "=") {
                    function.attributeDefaults.append(try attribute(name, depth: 0, inFunction: false))
                } else {
                    function.attributeNames.append(name)
                }
            } while cursor.take(",")
            try cursor.expect(">", "after the attributes of the function")
        }
        var declared: [Value] = []
        let inputs = try formals(&declared)
        try cursor.expectArrow()
        let outputs = try formals(&declared)
        if cursor.take("<"), !cursor.take(">") {
            repeat { declared.append(try declaration()) } while cursor.take(",")
            try cursor.expect(">", "after the values of the function")
        }
        var declarations = GraphDeclarations(Graph())
        try declarations.addFormals(inputs: inputs, outputs: outputs)
        declarations.addValueInfo(declared)
        function.body = declarations.graph
        try nodes(&function.body, depth: 0, inFunction: true)
        return function
    }

    /// The formal inputs or outputs of a function; those with a type are declared, too.
    private mutating func formals(_ declared: inout [Value]) throws -> [String] {
        var names: [String] = []
        try cursor.expect("(", "before the inputs or outputs of a function")
        if cursor.take(")") { return names }
        repeat {
            let value = try declaration()
            if value.type != nil { declared.append(value) }
            names.append(value.name)
        } while cursor.take(",")
        try cursor.expect(")", "after the inputs or outputs of a function")
        return names
    }
}
