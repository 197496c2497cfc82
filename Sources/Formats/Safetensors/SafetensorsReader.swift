import GraphIR

/// The greatest header that the format allows, 100 MB (`MAX_HEADER_SIZE` of the reference implementation).
let safetensorsHeaderLimit = 100_000_000

/// Entries of `__metadata__` that are read. Trainers write some hundred.
let safetensorsMetadataLimit = 10_000

/// Reads a safetensors file (huggingface/safetensors, "Format"): eight bytes of header length, a JSON header, the tensors
/// one behind the other. The tensors are slices of the file, in the order of the header.
/// - Throws: `container.truncated`, `container.trailing`, `limit.header`, `json.malformed`, `json.duplicate`,
///   `tensor.dtype`, `tensor.shape`, `tensor.bounds`, `name.reserved`.
public func readSafetensors(_ file: FileSource) throws -> StateDict {
    try locating(file: file.path) { try SafetensorsReader(file).stateDict() }
}

private struct SafetensorsReader {
    let file: FileSource
    let header: JSONValue
    /// The bytes behind the header.
    let data: Bytes

    init(_ file: FileSource) throws {
        self.file = file
        let broken = "the download or the copy broke off; fetch it again"
        guard file.count >= 8 else {
            throw FormatError(
                .containerTruncated, "\(file.count) bytes, expected at least the 8 of the header's length", hint: broken
            )
        }
        let bytes = Bytes(file)
        let length = try bytes.slice(at: 0, count: 8).array().reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(safetensorsHeaderLimit) else {
            throw FormatError(
                .limitHeader, "a header of \(length) bytes, the format allows \(safetensorsHeaderLimit)", offset: 0,
                hint: "the file is damaged or no safetensors")
        }
        let headerLength = Int(length)
        guard headerLength <= file.count - 8 else {
            throw FormatError(
                .containerTruncated, "the header takes \(headerLength) bytes, \(file.count - 8) are there", offset: 8,
                hint: broken)
        }
        let text = try bytes.slice(at: 8, count: headerLength).array()
        guard text.first == UInt8(ascii: "{") else {
            throw FormatError(.jsonMalformed, "the header doesn't begin with '{'", offset: 8)
        }
        do {
            header = try JSONValue.parse(text)
        } catch var error as FormatError {
            error.offset = error.offset.map { $0 + 8 }
            throw error
        }
        data = try bytes.slice(at: 8 + headerLength, count: file.count - 8 - headerLength)
    }

    private struct Entry {
        let name: String
        let type: SafetensorsType
        let shape: [Int]
        let begin: Int
        let end: Int
    }

    func stateDict() throws -> StateDict {
        var result = StateDict()
        var entries: [Entry] = []
        for (name, value) in header.members ?? [] {
            if name == "__metadata__" {
                for (key, value) in try metadata(value) { result.metadata[key] = value }
            } else {
                entries.append(try locating(item: "tensor '\(name)'") { try entry(name, value) })
            }
        }
        try checkLayout(entries)
        for entry in entries {
            result[entry.name] = try locating(item: "tensor '\(entry.name)'") { try tensor(entry) }
        }
        return result
    }

    private func metadata(_ value: JSONValue) throws -> [(String, String)] {
        guard let pairs = value.members else {
            throw FormatError(.jsonMalformed, "is \(value.kind), expected an object of strings", item: "__metadata__")
        }
        guard pairs.count <= safetensorsMetadataLimit else {
            throw FormatError(
                .limitCount, "\(pairs.count) entries, at most \(safetensorsMetadataLimit) are read",
                item: "__metadata__")
        }
        return try pairs.map { key, value in
            guard let text = value.stringValue else {
                throw FormatError(
                    .jsonMalformed, "'\(key)' is \(value.kind), expected a string", item: "__metadata__")
            }
            return (key, text)
        }
    }

    private func entry(_ name: String, _ value: JSONValue) throws -> Entry {
        guard !name.utf8.contains(0) else {
            throw FormatError(.nameReserved, "the name holds a NUL, which other formats take for its end")
        }
        guard let fields = value.members else {
            throw FormatError(.jsonMalformed, "is \(value.kind), expected an object")
        }
        if let other = fields.first(where: { !["dtype", "shape", "data_offsets"].contains($0.key) }) {
            throw FormatError(.jsonMalformed, "an unknown field '\(other.key)'")
        }
        guard let typeName = value["dtype"]?.stringValue else {
            throw FormatError(.jsonMalformed, "dtype is \(value["dtype"]?.kind ?? "missing"), expected a string")
        }
        guard let type = SafetensorsType.byName[typeName] else {
            throw FormatError(
                .tensorDtype, "dtype '\(typeName)' is none of the format's", faultClass: .unsupported)
        }
        let shape = try numbers("shape", of: value, code: .tensorShape)
        let offsets = try numbers("data_offsets", of: value, code: .tensorBounds)
        guard let begin = offsets[checked: 0], let end = offsets[checked: 1], offsets.count == 2 else {
            throw FormatError(.jsonMalformed, "data_offsets holds \(offsets.count) numbers, expected 2")
        }
        guard begin <= end else {
            throw FormatError(.tensorBounds, "data_offsets \(begin) to \(end) run backwards")
        }
        return Entry(name: name, type: type, shape: shape, begin: begin, end: end)
    }

    /// An array of non-negative integers; `code` is for numbers that aren't.
    private func numbers(_ field: String, of value: JSONValue, code: FormatError.Code) throws -> [Int] {
        guard let values = value[field]?.arrayValue else {
            throw FormatError(.jsonMalformed, "\(field) is \(value[field]?.kind ?? "missing"), expected an array")
        }
        return try values.map { value in
            guard case .number(let text) = value else {
                throw FormatError(.jsonMalformed, "\(field) holds \(value.kind), expected a number")
            }
            guard let number = value.integer, number >= 0 else {
                throw FormatError(code, "\(field) holds \(text.prefix(40)), expected an integer from 0 to 2^63 - 1")
            }
            return number
        }
    }

    /// The tensors must cover the data without holes, overlaps or rest: else bytes could hide between them.
    private func checkLayout(_ entries: [Entry]) throws {
        var position = 0
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard entry.begin == position else {
                let problem = entry.begin > position ? "leaves a hole behind" : "overlaps with what ends at"
                throw FormatError(
                    .tensorBounds, "starts at \(entry.begin), which \(problem) byte \(position) of the data",
                    item: "tensor '\(entry.name)'")
            }
            position = entry.end
        }
        if position > data.count {
            throw FormatError(
                .containerTruncated, "the tensors take \(position) bytes, \(data.count) are there",
                hint: "the download or the copy broke off; fetch it again")
        }
        if position < data.count {
            throw FormatError(
                .containerTrailing, "\(data.count - position) bytes follow the last tensor",
                offset: data.start + position, hint: "the file is damaged or is two files in one")
        }
    }

    private func tensor(_ entry: Entry) throws -> Tensor {
        let bytes = try data.slice(at: entry.begin, count: entry.end - entry.begin)
        guard let count = entry.shape.checkedProduct(), let bits = count.multiplied(checked: entry.type.bitWidth) else {
            throw FormatError(.tensorShape, "shape \(entry.shape) has too many elements")
        }
        guard bits % 8 == 0 else {
            throw FormatError(
                .tensorShape, "\(count) values of \(entry.type.bitWidth) bits don't fill whole bytes")
        }
        guard bits / 8 == bytes.count else {
            throw FormatError(
                .tensorShape,
                "\(entry.type) of shape \(entry.shape) takes \(bits / 8) bytes, its offsets span \(bytes.count)")
        }
        let unpacked = entry.type.bitWidth == 6 ? Bytes(UnpackedSixBits(bytes, count: count)) : bytes
        return try Tensor(entry.type.elementType, shape: entry.shape, bytes: unpacked)
    }
}
