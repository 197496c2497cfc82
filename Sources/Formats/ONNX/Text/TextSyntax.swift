import GraphIR

/// Words of ONNX's textual syntax (https://onnx.ai/onnx/repo-docs/Syntax.html).
enum TextSyntax {
    /// The element types by the names that the syntax gives them.
    static let elementTypes: [String: ElementType] = Dictionary(
        uniqueKeysWithValues: ElementType.allCases.map { (name($0), $0) })

    static func name(_ type: ElementType) -> String {
        switch type {
        case .float32: "float"
        case .float64: "double"
        default: type.name
        }
    }

    /// The types that aren't tensors.
    static let otherTypes: Set<String> = ["seq", "map", "optional", "sparse_tensor", "opaque"]

    /// Whether a name stands for a type where one may be expected.
    static func isTypeName(_ name: String) -> Bool { elementTypes[name] != nil || otherTypes.contains(name) }

    /// The kinds of attributes by name.
    static let attributeTypes: [(name: String, type: AttributeType)] = [
        ("float", .float), ("int", .int), ("string", .string), ("tensor", .tensor), ("graph", .graph),
        ("sparse_tensor", .sparseTensor), ("type_proto", .type), ("floats", .floats), ("ints", .ints),
        ("strings", .strings), ("tensors", .tensors), ("graphs", .graphs), ("sparse_tensors", .sparseTensors),
        ("type_protos", .types),
    ]

    /// The keys of a model's heading.
    static let headingKeys: Set<String> = [
        "ir_version", "opset_import", "producer_name", "producer_version", "domain", "model_version", "doc_string",
        "metadata_props",
    ]

    /// A letter or underscore, then letters, digits and underscores, in ASCII.
    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, first.isLetter || first == UInt8(ascii: "_") else { return false }
        return name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }

    /// Identifiers joined by dots, as operator domains are.
    static func isDottedIdentifier(_ name: String) -> Bool {
        name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isIdentifier(String($0)) }
    }

    /// Whether ONNX's parser takes a word at the start of an attribute's value for a number: `inf`, `infinity` or `nan`
    /// in letters of either case, whatever but a digit comes after them.
    static func looksLikeNumber(_ name: String) -> Bool {
        let letters = name.utf8.prefix { $0.isLetter }
        if let next = name.utf8.dropFirst(letters.count).first, next.isDigit { return false }
        return ["inf", "infinity", "nan"].contains(String(decoding: letters, as: UTF8.self).lowercased())
    }
}

extension UInt8 {
    var isLetter: Bool { self | 0x20 >= 0x61 && self | 0x20 <= 0x7A }
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isTextSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
}
