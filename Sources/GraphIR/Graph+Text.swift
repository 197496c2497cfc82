extension Model {
    /// The model as text that says the same for the same model: for people and for golden files. Not a format to be
    /// read back.
    public var text: String {
        var lines: [String] = []
        let imports = opsetImports.map { "\($0.domain?.isEmpty == false ? $0.domain ?? "" : "ai.onnx") \($0.version)" }
        lines.append("model ir \(irVersion.map { "\($0)" } ?? "-") opset [\(imports.joined(separator: ", "))]")
        for entry in metadata { lines.append("metadata \(entry.key.quoted): \(entry.value.quoted)") }
        graph.appendText(to: &lines, indent: 0)
        for function in functions {
            lines.append("function \(function.name)(\(function.attributeNames.joined(separator: ", ")))")
            function.body.appendText(to: &lines, indent: 1)
        }
        return lines.map(\.printable).joined(separator: "\n") + "\n"
    }
}

extension Graph {
    /// The graph as text, one value or node to a line.
    public var text: String {
        var lines: [String] = []
        appendText(to: &lines, indent: 0)
        return lines.map(\.printable).joined(separator: "\n") + "\n"
    }

    fileprivate func appendText(to lines: inout [String], indent: Int) {
        let space = String(repeating: "  ", count: indent)
        guard indent < GraphLimit.depth else { return lines.append("\(space)…") }
        lines.append("\(space)graph \((name ?? "").quoted)")
        for id in inputs { lines.append("\(space)  input \(declaration(id))") }
        for (id, record) in initializers {
            lines.append("\(space)  initializer \(valueName(id)): \(record.tensor.summary)")
        }
        for (id, record) in sparseInitializers {
            lines.append(
                "\(space)  sparse initializer \(valueName(id)): \(record.values.tensor.elementType.onnxName)"
                    + "\(record.shape), \(record.values.tensor.count) values")
        }
        for node in nodes {
            let outputs = node.outputs.map { $0.map(valueName) ?? "-" }.joined(separator: ", ")
            let inputs = node.inputs.map { $0.map(valueName) ?? "-" }.joined(separator: ", ")
            let plain = node.attributes.filter { $0.value.subgraphs.isEmpty }
                .map { "\($0.name)=\($0.value.summary)" }.joined(separator: ", ")
            let label = node.name.isEmpty ? "" : "  # \(node.name)"
            lines.append("\(space)  \(outputs) = \(node.op)(\(inputs))\(plain.isEmpty ? "" : " {\(plain)}")\(label)")
            for attribute in node.attributes {
                for graph in attribute.value.subgraphs {
                    lines.append("\(space)    \(attribute.name) =")
                    graph.appendText(to: &lines, indent: indent + 3)
                }
            }
        }
        for id in outputs { lines.append("\(space)  output \(declaration(id))") }
    }

    private func valueName(_ id: ValueID) -> String { values[checked: id.index]?.name.quoted ?? "?\(id.index)" }

    private func declaration(_ id: ValueID) -> String {
        "\(valueName(id)): \(values[checked: id.index]?.type?.summary ?? "?")"
    }
}

extension String {
    /// In quotation marks where it isn't a plain name.
    fileprivate var quoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ".:/_-".utf8.contains($0)
            }
        return isPlain ? self : "\"\(self)\""
    }
}

extension Tensor {
    /// Type and shape, as in `FLOAT[64, 3, 7, 7]`.
    public var summary: String { "\(elementType.onnxName)\(shape)" }
}

extension ValueType {
    /// The type in a few words, as in `FLOAT[N, 3, 224, 224]`.
    public var summary: String {
        func tensor(_ number: Int32, _ shape: [AnnotatedDimension]?) -> String {
            let type = ElementType(rawValue: number)?.onnxName ?? "type \(number)"
            let dimensions = shape?.map { annotated in
                switch annotated.dimension {
                case .size(let size): "\(size)"
                case .named(let name): name.isEmpty ? "?" : name
                case .unknown: "?"
                }
            }
            return type + (dimensions.map { "[\($0.joined(separator: ", "))]" } ?? "[*]")
        }
        switch kind {
        case nil: return "?"
        case .tensor(let number, let shape): return tensor(number, shape)
        case .sparseTensor(let number, let shape): return "sparse \(tensor(number, shape))"
        case .sequence(let element): return "sequence(\(element?.summary ?? "?"))"
        case .optional(let element): return "optional(\(element?.summary ?? "?"))"
        case .map(let key, let value):
            return "map(\(ElementType(rawValue: key)?.onnxName ?? "type \(key)"), \(value?.summary ?? "?"))"
        case .opaque(let domain, let name): return "opaque(\(domain).\(name))"
        }
    }
}

extension AttributeValue {
    /// The value in a few words; long lists are cut.
    public var summary: String {
        func list<T>(_ items: [T], _ text: (T) -> String) -> String {
            let shown = items.prefix(16).map(text).joined(separator: ", ")
            return "[\(shown)\(items.count > 16 ? ", … \(items.count) in all" : "")]"
        }
        func string(_ bytes: [UInt8]) -> String { "\"\(String(decoding: bytes.prefix(200), as: UTF8.self))\"" }
        switch self {
        case .float(let value): return "\(value)"
        case .int(let value): return "\(value)"
        case .string(let bytes): return string(bytes)
        case .tensor(let record): return record.tensor.summary
        case .graph(let graph): return "graph \(graph.name ?? "")"
        case .sparseTensor(let record): return "sparse\(record.shape)"
        case .type(let type): return type.summary
        case .floats(let values): return list(values) { "\($0)" }
        case .ints(let values): return list(values) { "\($0)" }
        case .strings(let values): return list(values, string)
        case .tensors(let records): return list(records) { $0.tensor.summary }
        case .graphs(let graphs): return list(graphs) { "graph \($0.name ?? "")" }
        case .sparseTensors(let records): return list(records) { "sparse\($0.shape)" }
        case .types(let types): return list(types) { $0.summary }
        case .reference(let name, _): return "@\(name)"
        }
    }
}
