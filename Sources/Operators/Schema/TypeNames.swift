import GraphIR

/// Types as schemas write them: `tensor(float)`, `seq(tensor(int64))`, `map(string,float)`.
extension ValueType {
    /// The name, without regard to shapes; `nil` where the type isn't known to the end.
    public var schemaName: String? {
        switch kind {
        case .tensor(let type, _): ElementType(rawValue: type).map { "tensor(\($0.schemaName))" }
        case .sparseTensor(let type, _): ElementType(rawValue: type).map { "sparse_tensor(\($0.schemaName))" }
        case .sequence(let item): item?.schemaName.map { "seq(\($0))" }
        case .optional(let item): item?.schemaName.map { "optional(\($0))" }
        case .map(let key, let value): mapName(key, value)
        case .opaque, nil: nil
        }
    }

    /// The values of a map are named without `tensor(…)`.
    private func mapName(_ key: Int32, _ value: ValueType?) -> String? {
        guard let key = ElementType(rawValue: key) else { return nil }
        let name = value?.elementType?.schemaName ?? value?.schemaName
        return name.map { "map(\(key.schemaName),\($0))" }
    }

    /// The type of such a name, without shapes.
    public init?(schemaName name: String) {
        self.init(schemaName: Substring(name))
    }

    private init?(schemaName name: Substring) {
        func inner(_ prefix: String) -> Substring? {
            name.hasPrefix(prefix) && name.hasSuffix(")") ? name.dropFirst(prefix.count).dropLast() : nil
        }
        if let element = inner("tensor(") {
            guard let type = ElementType(schemaName: element) else { return nil }
            self.init(.tensor(elementType: type.rawValue, shape: nil))
        } else if let element = inner("sparse_tensor(") {
            guard let type = ElementType(schemaName: element) else { return nil }
            self.init(.sparseTensor(elementType: type.rawValue, shape: nil))
        } else if let item = inner("seq(") {
            guard let type = ValueType(schemaName: item) else { return nil }
            self.init(.sequence(type))
        } else if let item = inner("optional(") {
            guard let type = ValueType(schemaName: item) else { return nil }
            self.init(.optional(type))
        } else if let pair = inner("map("), let comma = pair.firstIndex(of: ","),
            let key = ElementType(schemaName: pair[..<comma])
        {
            let value = pair[pair.index(after: comma)...]
            let element = ElementType(schemaName: value).map { ValueType.tensor($0, nil) }
            guard let type = element ?? ValueType(schemaName: value) else { return nil }
            self.init(.map(keyType: key.rawValue, value: type))
        } else {
            return nil
        }
    }

    /// For messages: `float32[2, N]`, `sequence of float32[?]`; what isn't known is a question mark.
    public var text: String {
        func tensor(_ type: Int32, _ shape: [AnnotatedDimension]?) -> String {
            (ElementType(rawValue: type)?.name ?? "?") + (shape.map { $0.map(\.dimension).text } ?? "")
        }
        switch kind {
        case .tensor(let type, let shape): return tensor(type, shape)
        case .sparseTensor(let type, let shape): return "sparse \(tensor(type, shape))"
        case .sequence(let item): return "sequence of \(item?.text ?? "?")"
        case .optional(let item): return "optional \(item?.text ?? "?")"
        case .map(let key, let value):
            return "map of \(ElementType(rawValue: key)?.name ?? "?") to \(value?.text ?? "?")"
        case .opaque(let domain, let name): return "opaque \(domain).\(name)"
        case nil: return "?"
        }
    }
}

extension ElementType {
    /// ONNX's name of the type in schemas, which differs from that of `TensorProto.DataType` in two cases.
    public var schemaName: String {
        switch self {
        case .float32: "float"
        case .float64: "double"
        default: name
        }
    }

    init?(schemaName: Substring) {
        guard let type = ElementType.allCases.first(where: { $0.schemaName == schemaName }) else { return nil }
        self = type
    }
}
