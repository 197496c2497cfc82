import GraphIR

extension TextWriter {
    // MARK: Types

    mutating func type(_ type: ValueType, _ place: String) throws {
        if !type.denotation.isEmpty { omit("denotation of a type", place) }
        check(type.unknown, place)
        switch type.kind {
        case nil: try unsaid("a type of no kind", place)
        case .tensor(let number, let shape): try tensorType(number, shape, place)
        case .sparseTensor(let number, let shape):
            try put("sparse_tensor(")
            try tensorType(number, shape, place)
            try put(")")
        case .sequence(let element): try wrapped("seq", element, place)
        case .optional(let element): try wrapped("optional", element, place)
        case .map(let key, let value):
            try put("map(")
            try elementType(key, place)
            try put(", ")
            if let value { try self.type(value, place) } else { try unsaid("a map without a value type", place) }
            try put(")")
        case .opaque(let domain, let name):
            try put("opaque(")
            let isSayable =
                domain.isEmpty
                ? name.isEmpty || TextSyntax.isDottedIdentifier(name)
                : TextSyntax.isDottedIdentifier(domain) && TextSyntax.isIdentifier(name)
            if !isSayable { obstacle("the name of an opaque type", place) }
            try put(domain.isEmpty ? name : "\(domain), \(name)")
            try put(")")
        }
    }

    private mutating func wrapped(_ word: String, _ element: ValueType?, _ place: String) throws {
        try put("\(word)(")
        if let element { try type(element, place) } else { try unsaid("a \(word) without an element type", place) }
        try put(")")
    }

    private mutating func elementType(_ number: Int32, _ place: String) throws {
        guard let type = ElementType(rawValue: number) else {
            return try unsaid("the element type \(number)", place)
        }
        try put(TextSyntax.name(type))
    }

    private mutating func tensorType(_ number: Int32, _ shape: [AnnotatedDimension]?, _ place: String) throws {
        try elementType(number, place)
        guard let shape else { return try put("[]") }
        if shape.isEmpty { return }
        try put("[")
        for (index, dimension) in shape.enumerated() {
            if index > 0 { try put(",") }
            switch dimension.dimension {
            case .size(let size): try put("\(size)")
            case .named(let name):
                if TextSyntax.isIdentifier(name) { try put(name) } else { try put(quoted: name.utf8) }
            case .unknown: try put("?")
            }
            if !dimension.denotation.isEmpty { omit("denotation of a dimension", place) }
        }
        try put("]")
    }

    /// In the place of what the syntax has no words for.
    private mutating func unsaid(_ what: String, _ place: String) throws {
        obstacle(what, place)
        try put("...")
    }

    // MARK: Attributes

    mutating func attribute(_ attribute: Attribute, _ place: String, depth: Int) throws {
        let here = "\(place), attribute \(attribute.name)"
        try put(identifier: attribute.name, "an attribute name", place, isValid: TextSyntax.isIdentifier)
        let number = attribute.value.attributeType
        if let type = TextSyntax.attributeTypes.first(where: { $0.type.rawValue == number }) {
            try put(": \(type.name)")
        } else if number != 0 {
            try unsaid("the attribute type \(number)", here)
        }
        try put(" = ")
        check(attribute.docString, [], here)
        check(attribute.unknown, here)
        switch attribute.value {
        case .float(let value): try float(value, here)
        case .int(let value): try put("\(value)")
        case .string(let bytes): try put(quoted: bytes)
        case .tensor(let record): try tensorAttribute(record, here)
        case .graph(let graph): try subgraph(graph, here, depth: depth)
        case .type(let type): try self.type(type, here)
        case .floats(let values):
            try put("[")
            try list(values) { try $0.float($1, here) }
            try put("]")
        case .ints(let values):
            try put("[")
            try list(values) { try $0.put("\($1)") }
            try put("]")
        case .strings(let values):
            try put("[")
            try list(values) { try $0.put(quoted: $1) }
            try put("]")
        // ONNX's parser takes lists of the kinds below, and drops what is in them.
        case .tensors(let items): try unsaidList(items.count, "a list of tensors", here)
        case .graphs(let items): try unsaidList(items.count, "a list of graphs", here)
        case .types(let items): try unsaidList(items.count, "a list of types", here)
        case .sparseTensors(let items): try unsaidList(items.count, "a list of sparse tensors", here)
        case .sparseTensor: try unsaid("a sparse tensor", here)
        case .reference(let name, _):
            try put("@")
            try put(name: name)
        }
    }

    private mutating func unsaidList(_ count: Int, _ what: String, _ place: String) throws {
        if count == 0 { return try put("[]") }
        try put("[")
        try unsaid(what, place)
        try put("]")
    }

    private mutating func float(_ value: Float, _ place: String) throws {
        if value.isNaN { noteNaN(isPlain: value.bitPattern & 0x7FFF_FFFF == 0x7FC0_0000, place) }
        try put(value.isNaN ? (value.sign == .minus ? "-nan" : "nan") : "\(value)")
    }

    private mutating func noteNaN(isPlain: Bool, _ place: String) {
        if !isPlain { omit("bits of a NaN", place) }
    }

    private mutating func subgraph(_ graph: Graph, _ place: String, depth: Int) throws {
        let name = graph.name ?? ""
        if TextSyntax.isIdentifier(name), !TextSyntax.isTypeName(name), !TextSyntax.looksLikeNumber(name) {
            return try self.graph(graph, name: name, depth: depth + 1)
        }
        omit("the name of a graph in an attribute, which must be an identifier", place)
        try self.graph(graph, name: "_", depth: depth + 1)
    }

    // MARK: Tensors

    private mutating func tensorAttribute(_ record: TensorRecord, _ place: String) throws {
        try tensorType(record.tensor)
        if !record.name.isEmpty {
            if TextSyntax.isIdentifier(record.name) {
                try put(" \(record.name)")
            } else {
                omit("the name of a tensor in an attribute, which must be an identifier", place)
            }
        }
        try put(" = ")
        try elements(record, place, depth: nil)
    }

    mutating func initializer(_ record: TensorRecord, name: String, depth: Int) throws {
        try tensorType(record.tensor)
        try put(" ")
        try put(name: name)
        try put(" = ")
        try elements(record, "initializer \(name)", depth: depth + 1)
    }

    private mutating func tensorType(_ tensor: Tensor) throws {
        try put(TextSyntax.name(tensor.elementType))
        if !tensor.shape.isEmpty { try put("[\(tensor.shape.map { "\($0)" }.joined(separator: ","))]") }
    }

    /// Numbers in one line of the text.
    private static let lineLength = 16

    /// - Parameter depth: how far lines of many elements are indented; `nil` where the tensor isn't an initializer.
    private mutating func elements(_ record: TensorRecord, _ place: String, depth: Int?) throws {
        check(record.docString, record.metadata, place)
        check(record.unknown, place)
        if record.segment != nil { obstacle("a segment of a tensor", place) }
        let tensor = record.tensor
        if case .bytes(let bytes) = tensor.contents {
            let stored = isPackedInSixBits(tensor.elementType) ? Bytes(PackedSixBits(bytes)) : bytes
            if external?.wants(record, stored, isInitializer: depth != nil) == true {
                guard !isDry else { return }
                let places: Set<String> = ["location", "offset", "length"]
                let placed = try external?.place(stored) ?? []
                try put("[")
                try entries(placed + record.externalData.filter { !places.contains($0.key) })
                return try put("]")
            }
            if external == nil, record.encoding == .external {
                try put("[")
                try entries(record.externalData)
                return try put("]")
            }
        }
        guard tensor.count <= elementLimit else {
            noteElided()
            return try put("{...}  # \(tensor.count) elements\n")
        }
        try put("{")
        switch tensor.contents {
        case .strings(let strings): try list(strings) { try $0.put(quoted: $1) }
        case .bytes(let bytes): try numbers(bytes, tensor.elementType, place, depth: (depth ?? 0) + 1)
        }
        try put("}")
    }

    private mutating func numbers(_ bytes: Bytes, _ type: ElementType, _ place: String, depth: Int) throws {
        let field = TypedField(type)
        if isDry, field != .float, field != .double { return }
        let unit: ElementType =
            switch field {
            case .float: .uint32
            case .double: .uint64
            default: type
            }
        let count = bytes.count / max(unit.bitWidth / 8, 1)
        var index = 0
        var failure: (any Error)?
        try forEachNumber(bytes, unit) { bits in
            guard failure == nil else { return }
            do {
                if index > 0 { try put(",") }
                if count > Self.lineLength, index % Self.lineLength == 0 { try newLine(depth) }
                index += 1
                switch field {
                case .float: try float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)), place)
                case .double:
                    let value = Double(bitPattern: UInt64(bitPattern: bits))
                    if value.isNaN { noteNaN(isPlain: bits & .max == 0x7FF8_0000_0000_0000, place) }
                    try put(value.isNaN ? (value.sign == .minus ? "-nan" : "nan") : "\(value)")
                case .uint64: try put("\(UInt64(bitPattern: bits))")
                default: try put("\(bits)")
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
