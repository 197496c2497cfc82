import GraphIR

/// The files that a model keeps weights in: regular files beneath the model's own folder and nothing else.
struct ExternalFiles {
    private let model: FileSource
    private let folder: String
    private var opened: [ExactName: FileSource] = [:]

    init(beside model: FileSource) {
        self.model = model
        folder = parentFolder(of: model.path)
    }

    /// The bytes that a tensor's entries name.
    /// - Throws: `path.escape`, `path.special`, `io.missing`, `tensor.bounds`, `proto.malformed`.
    mutating func bytes(_ entries: [MetadataEntry], wanted: Int) throws -> Bytes {
        var location: String?
        var offset = 0
        var length: Int?
        var seen: Set<ExactName> = []
        for entry in entries {
            guard seen.insert(ExactName(entry.key)).inserted else {
                let code: FormatError.Code = entry.key == "location" ? .pathEscape : .protoMalformed
                throw FormatError(code, "the external data says '\(entry.key)' twice: two readers could differ")
            }
            switch entry.key {
            case "location": location = entry.value
            case "offset": offset = try decimal(entry.value, "offset")
            case "length": length = try decimal(entry.value, "length")
            default: break
            }
        }
        guard let location, !location.isEmpty else {
            throw FormatError(.protoMalformed, "the external data has no location")
        }
        guard !location.utf8.contains(0) else {
            throw FormatError(.pathEscape, "the location '\(location)' of external data holds a NUL")
        }
        guard !location.utf8.starts(with: "*/_ORT_MEM_ADDR_/*".utf8) else {
            throw FormatError(.pathEscape, "the external data is an address in the memory of another program")
        }
        let file = try open(location)
        let count = length ?? file.count.subtracting(checked: offset) ?? -1
        guard count == wanted else {
            throw FormatError(.tensorBounds, "needs \(wanted) bytes, the external data says \(count)")
        }
        return try locating(file: file.path) { try Bytes(file, at: offset, count: count) }
    }

    private mutating func open(_ location: String) throws -> FileSource {
        if let file = opened[ExactName(location)] { return file }
        let file = try openBeneath(folder: folder, relative: location)
        guard file.identity != model.identity else {
            throw FormatError(.pathEscape, "the model file names itself as its external data", file: model.path)
        }
        opened[ExactName(location)] = file
        return file
    }

    /// Digits and nothing else: other readers' number parsers take signs, spaces, underscores or other scripts' digits.
    private func decimal(_ text: String, _ key: String) throws -> Int {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.count <= 40, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw FormatError(.protoMalformed, "the \(key) of external data is '\(text)', expected decimal digits")
        }
        guard digits.count == text.utf8.count, let value = Int(text) else {
            throw FormatError(.tensorBounds, "the \(key) of external data, \(text), lies outside of any file")
        }
        return value
    }
}
