import GraphIR

/// Reads a NumPy file (NEP 1): one array from an `.npy`, named by its file, or all of an `.npz`.
///
/// Arrays in Fortran order or big-endian become row-major and little-endian as they are read.
/// - Throws: `npy.header`, `limit.header`, `limit.depth`, `container.*`, `tensor.dtype`, `tensor.shape`.
public func readNumPy(
    _ file: FileSource, format: FileFormat, options: ReadOptions = ReadOptions()
) throws -> StateDict {
    var notes: [String] = []
    return try readNumPy(file, format: format, options: options, notes: &notes)
}

func readNumPy(
    _ file: FileSource, format: FileFormat, options: ReadOptions, notes: inout [String]
) throws -> StateDict {
    try locating(file: file.path) {
        var result = StateDict()
        guard format == .npz else {
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            let stem = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
            result[stem] = try NumPyHeader.array(in: Bytes(file))
            return result
        }
        let archive = try ZipArchive(file, verifyChecksums: options.verifyChecksums)
        notes += archive.notes
        for entry in archive.entries {
            try locating(item: entry.name) {
                guard entry.name.hasSuffix(".npy") else {
                    throw FormatError(
                        .formatUnknown, "is no array; an .npz holds .npy entries only",
                        hint: "remove it from the archive")
                }
                if options.verifyChecksums { try archive.verify(entry) }
                result[String(entry.name.dropLast(4))] = try NumPyHeader.array(in: archive.bytes(of: entry))
            }
        }
        return result
    }
}

/// What stands before the numbers.
struct NumPyHeader {
    /// Bytes of a header that are read. NumPy itself stops at 10,000.
    static let sizeLimit = 1 << 20

    let type: ElementType
    let swapUnit: Int
    let isFortran: Bool
    let shape: [Int]

    /// The array that `bytes` hold from the magic to their end.
    static func array(in bytes: Bytes) throws -> Tensor {
        let head = try bytes.slice(at: 0, count: min(12, bytes.count)).array()
        guard head.starts(with: [0x93] + Array("NUMPY".utf8)) else {
            throw FormatError(.formatUnknown, "doesn't begin as an .npy file does", hint: "it is of another format")
        }
        let truncated = { (wanted: Int) in
            FormatError(
                .containerTruncated, "takes \(wanted) bytes, \(bytes.count) are there",
                hint: "the download or the copy broke off; fetch it again")
        }
        guard let major = head[checked: 6], let minor = head[checked: 7] else { throw truncated(10) }
        guard (1...3).contains(major), minor == 0 else {
            throw FormatError(
                .containerUnsupported, "version \(major).\(minor), known are 1.0 to 3.0", offset: 6)
        }
        let lengthSize = major == 1 ? 2 : 4
        let digits = head.dropFirst(8).prefix(lengthSize)
        guard digits.count == lengthSize else { throw truncated(8 + lengthSize) }
        let length = digits.reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = 8 + lengthSize
        guard length <= bytes.count - start else { throw truncated(start + length) }
        guard length <= sizeLimit else {
            throw FormatError(.limitHeader, "a header of \(length) bytes, at most \(sizeLimit) are read", offset: 8)
        }
        let header = try NumPyHeader(parsing: bytes.slice(at: start, count: length).array())
        let wanted = try Tensor.byteCount(header.type, shape: header.shape)
        let there = bytes.count - start - length
        guard wanted <= there else {
            throw FormatError(
                .containerTruncated, "shape \(header.shape) takes \(wanted) bytes, \(there) are there",
                hint: "the download or the copy broke off; fetch it again")
        }
        guard wanted == there else {
            throw FormatError(
                .containerTrailing, "\(there - wanted) bytes follow the array", offset: start + length + wanted)
        }
        return try header.tensor(bytes.slice(at: start + length, count: wanted))
    }

    private init(parsing text: [UInt8]) throws {
        guard case .dictionary(let entries) = try PythonLiteral.parse(text) else {
            throw FormatError(.npyHeader, "the header is no dictionary")
        }
        func value(_ key: String) throws -> PythonLiteral {
            guard let value = entries.first(where: { $0.key == key })?.value else {
                throw FormatError(.npyHeader, "the header lacks '\(key)'")
            }
            return value
        }
        if let other = entries.first(where: { !["descr", "fortran_order", "shape"].contains($0.key) }) {
            throw FormatError(.npyHeader, "the header has an unknown key '\(other.key)'")
        }
        switch try value("descr") {
        case .string(let descr): (type, swapUnit) = try NumPyType.parse(descr)
        case .list:
            throw FormatError(
                .tensorDtype, "is an array of records", hint: "save each field as an array of its own",
                faultClass: .unsupported)
        default: throw FormatError(.npyHeader, "descr is no string")
        }
        guard case .bool(let isFortran) = try value("fortran_order") else {
            throw FormatError(.npyHeader, "fortran_order is neither True nor False")
        }
        guard case .tuple(let dimensions) = try value("shape") else {
            throw FormatError(.npyHeader, "shape is no tuple")
        }
        self.isFortran = isFortran
        shape = try dimensions.map { dimension in
            guard case .integer(let text) = dimension else {
                throw FormatError(.npyHeader, "a dimension is no integer")
            }
            guard let size = Int(text), size >= 0 else {
                throw FormatError(.tensorShape, "dimension \(text.prefix(40)), expected 0 to 2^63 - 1")
            }
            return size
        }
    }

    private func tensor(_ bytes: Bytes) throws -> Tensor {
        let ordered = swapUnit > 0 ? Bytes(SwappedSource(bytes, unit: swapUnit)) : bytes
        guard isFortran else { return try Tensor(type, shape: shape, bytes: ordered) }
        // The first index runs fastest: strides are those of the reversed shape, reversed.
        let strides = Array(TensorLayout.denseStrides(shape.reversed()).reversed())
        let layout = try TensorLayout(type, shape: shape, strides: strides, offset: 0, storageBytes: bytes.count)
        return try Tensor(type, shape: shape, bytes: layout.bytes(of: ordered))
    }
}
