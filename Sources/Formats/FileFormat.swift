import GraphIR

/// What a file is, told by its first bytes.
public enum FileFormat: String, Sendable, CaseIterable {
    /// PyTorch's zip container (1.6 and later).
    case torchZip
    /// PyTorch's five pickles and raw storages (0.1.10 to 1.5).
    case torchLegacy
    /// PyTorch's tar (before 0.1.10).
    case torchTar
    /// A TorchScript archive.
    case torchScript
    /// A pickle without a container.
    case torchPickle
    /// What `torch.export.save` writes.
    case pt2
    case safetensors
    /// A JSON index of shards.
    case safetensorsIndex
    case npy
    case npz
    case onnx
    /// ONNX's textual syntax.
    case onnxText

    /// For people.
    public var summary: String {
        switch self {
        case .torchZip: "PyTorch checkpoint (zip)"
        case .torchLegacy: "PyTorch checkpoint (legacy container)"
        case .torchTar: "PyTorch checkpoint (tar)"
        case .torchScript: "TorchScript archive"
        case .torchPickle: "pickle"
        case .pt2: "PyTorch exported program"
        case .safetensors: "safetensors"
        case .safetensorsIndex: "index of shards"
        case .npy: "NumPy array"
        case .npz: "NumPy archive"
        case .onnx: "ONNX model"
        case .onnxText: "ONNX model (text)"
        }
    }

    /// Tells the format of a file by its content; the name decides only where the content says nothing.
    /// - Throws: `container.truncated` for an empty file; `format.unknown`, which names what it is where that can be
    ///   told; what reading a zip directory throws.
    public static func detect(_ file: FileSource) throws -> FileFormat {
        let name = file.path.lowercased()
        guard file.count > 0 else {
            throw FormatError(
                .containerTruncated, "is empty", file: file.path,
                hint: "the download or the copy broke off; fetch it again")
        }
        let head = try Bytes(file).slice(at: 0, count: min(file.count, headSize)).array()
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) || head.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            return try zipFormat(file)
        }
        if head.starts(with: [0x93] + Array("NUMPY".utf8)) { return .npy }
        if let stranger = stranger(head) {
            throw FormatError(
                .formatUnknown, "is \(stranger.what), not weights that we read", file: file.path, hint: stranger.hint)
        }
        if isONNXText(head) { return .onnxText }
        if isPickle(head) { return isLegacy(head) ? .torchLegacy : .torchPickle }
        if head.dropFirst(257).starts(with: Array("ustar".utf8)) { return .torchTar }
        if isSafetensors(head, fileSize: file.count) { return .safetensors }
        if head.first(where: { !$0.isJSONSpace }) == UInt8(ascii: "{") { return .safetensorsIndex }
        if try isTextPickle(head, file) { return isLegacy(head) ? .torchLegacy : .torchPickle }
        if isONNX(head, fileSize: file.count) { return .onnx }
        if name.hasSuffix(".safetensors") { return .safetensors }
        if name.hasSuffix(".onnx") { return .onnx }
        if isONNXTextName(name) { return .onnxText }
        let what =
            head.allSatisfy { $0 == 0 } ? "holds only zeros where its content should begin" : "is of no known format"
        throw FormatError(
            .formatUnknown, what, file: file.path,
            hint: "we read PyTorch, safetensors, NumPy and ONNX files; the download may have broken off")
    }

    /// Bytes looked at: a tar's mark stands at 257, and a text of JSON or a pointer shows itself within its first line.
    private static let headSize = 1024

    /// The number that PyTorch's legacy files begin with, 0x1950a86a20f9469cfc6c, as pickled by protocol 2 and as text.
    private static let legacyMagic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    private static let legacyMagicText = Array("L119547037146038801333356L".utf8)

    private static func isPickle(_ head: [UInt8]) -> Bool {
        guard head.first == 0x80, let version = head[checked: 1] else { return false }
        return version >= 2 && version <= 5
    }

    private static func isLegacy(_ head: [UInt8]) -> Bool {
        let body = head.dropFirst(head.first == 0x80 ? 2 : 0)
        return body.starts(with: legacyMagic) || body.starts(with: legacyMagicText)
            // Protocol 4 and 5 put a frame of nine bytes before it.
            || body.dropFirst(9).starts(with: legacyMagic)
    }

    /// Protocols 0 and 1 have no mark: they start with one of these opcodes and end with `.`.
    private static func isTextPickle(_ head: [UInt8], _ file: FileSource) throws -> Bool {
        if isLegacy(head) { return true }
        guard let first = head.first, "(]})cNIFSVLKMJGUTXilde".utf8.contains(first), !isONNX(head, fileSize: file.count)
        else { return false }
        return try Bytes(file).slice(at: file.count - 1, count: 1).array() == [UInt8(ascii: ".")]
    }

    private static func isSafetensors(_ head: [UInt8], fileSize: Int) -> Bool {
        guard head.count >= 9, let first = head[checked: 8] else { return false }
        let length = head.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        if first == UInt8(ascii: "{") { return length <= 1 << 40 }
        return length >= 2 && length <= UInt64(fileSize - 8) && first.isJSONSpace
    }

    /// The endings of ONNX's own serializer, and one that editors take for text.
    public static func isONNXTextName(_ name: String) -> Bool {
        [".onnxtxt", ".onnxtext", ".onnx.txt"].contains { name.hasSuffix($0) }
    }

    /// Whether the text begins with the heading of a model in ONNX's textual syntax: `<`, a key and a colon.
    private static func isONNXText(_ head: [UInt8]) -> Bool {
        head.withUnsafeBytes { head in
            var cursor = TextCursor(head)
            guard cursor.take("<"), let key = cursor.identifier() else { return false }
            return TextSyntax.headingKeys.contains(key) && cursor.take(":")
        }
    }

    /// Whether the first fields are those of a `ModelProto`: known numbers with their wire types.
    private static func isONNX(_ head: [UInt8], fileSize: Int) -> Bool {
        var position = 0
        var fields = 0
        func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in 0..<10 {
                guard let byte = head[checked: position] else { return nil }
                position += 1
                value |= UInt64(byte & 0x7F) << UInt64(shift * 7)
                if byte < 0x80 { return value }
            }
            return nil
        }
        while position < head.count, fields < 4 {
            guard let tag = varint() else { return fields > 0 }
            switch (tag >> 3, tag & 7) {
            case (1, 0), (5, 0):
                guard varint() != nil else { return fields > 0 }
            case (2, 2), (3, 2), (4, 2), (6, 2), (7, 2), (8, 2), (14, 2), (20, 2), (25, 2), (26, 2):
                guard let length = varint(), length <= UInt64(fileSize - position) else { return false }
                if length > UInt64(head.count - position) { return true }
                position += Int(length)
            default: return false
            }
            fields += 1
        }
        return fields > 0
    }

    private static func zipFormat(_ file: FileSource) throws -> FileFormat {
        let archive = try ZipArchive(file)
        let names = archive.entries.map(\.name)
        func holds(_ ending: String) -> Bool { names.contains { $0 == ending || $0.hasSuffix("/" + ending) } }
        if holds("archive_format") || holds("models/model.json") || holds("serialized_exported_program.json") {
            return .pt2
        }
        if holds("data.pkl") {
            let isScript = holds("constants.pkl") || names.contains { $0.hasPrefix("code/") || $0.contains("/code/") }
            return isScript ? .torchScript : .torchZip
        }
        let arrays = names.filter { $0.hasSuffix(".npy") }
        if names.isEmpty || arrays.count == names.count { return .npz }
        if let other = names.first(where: { !$0.hasSuffix(".npy") }), !arrays.isEmpty {
            throw FormatError(
                .formatUnknown, "a zip of arrays with '\(other)' among them, which is none", file: file.path,
                hint: "an .npz holds .npy entries only")
        }
        throw FormatError(
            .formatUnknown, "a zip of \(names.count) entries, without data.pkl or arrays", file: file.path,
            hint: "unpack it and name the weights in it")
    }

    /// Formats that are met under the names of weight files, and what to do with them.
    private static func stranger(_ head: [UInt8]) -> (what: String, hint: String?)? {
        func starts(_ text: String) -> Bool { head.starts(with: Array(text.utf8)) }
        if starts("version https://git-lfs") {
            return ("a git-lfs pointer in place of the file", "run 'git lfs pull' to fetch the file itself")
        }
        let unpack = "unpack it first"
        let packers: [([UInt8], String)] = [
            ([0x1F, 0x8B], "gzip"), ([0x42, 0x5A, 0x68], "bzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"),
            ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0x04, 0x22, 0x4D, 0x18], "lz4"),
            ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z"), ([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07], "rar"),
        ]
        for (magic, name) in packers where head.starts(with: magic) {
            return (
                "a \(name) archive",
                name == "7z" || name == "rar" ? unpack + " (torch.load doesn't read it either)" : unpack
            )
        }
        if head.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
            return ("HDF5 (Keras)", "save the weights as .npz or safetensors from Keras")
        }
        if starts("GGUF") { return ("GGUF (llama.cpp)", "start from the checkpoint that it was made of") }
        if head.dropFirst(4).starts(with: Array("TFL3".utf8)) { return ("TensorFlow Lite", nil) }
        let text = String(decoding: head.prefix(64), as: UTF8.self).lowercased()
        if text.hasPrefix("<!doctype") || text.hasPrefix("<html") || text.hasPrefix("<?xml") {
            return ("a web page", "the download went to a page that stands before the file")
        }
        if head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return ("a program (ELF)", nil) }
        return nil
    }
}

extension UInt8 {
    fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
