import GraphIR

/// A picture as rows of pixels of red, green and blue, a byte each.
public struct RGBImage: Sendable {
    /// Pixels of a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// `3 · width · height` bytes, top row first.
    public let pixels: [UInt8]
}

/// The kinds of files that pictures are read from.
public enum ImageFormat: String, Sendable, CaseIterable {
    case bmp, jpeg, jpeg2000, png, pnm, tiff, webp

    /// Tells the kind by the first bytes.
    public init?(_ data: UnsafeRawBufferPointer) {
        func starts(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
            data.count >= offset + bytes.count && bytes.indices.allSatisfy { data[offset + $0] == bytes[$0] }
        }
        if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if starts([0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if starts([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]) || starts([0xFF, 0x4F, 0xFF, 0x51]) {
            self = .jpeg2000
        } else if starts(Array("II*\0".utf8)) || starts(Array("MM\0*".utf8)) {
            self = .tiff
        } else if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) {
            self = .webp
        } else if starts(Array("BM".utf8)) {
            self = .bmp
        } else if data.count > 2, data[0] == UInt8(ascii: "P"), (0x31...0x36).contains(data[1]) {
            self = .pnm
        } else {
            return nil
        }
    }
}

/// Decodes a picture. Transparency and colour profiles are passed over; 16 bits are cut to the upper eight.
///
/// PNG, BMP and PNM are decoded here; JPEG, JPEG 2000, TIFF and WebP by the libraries that browsers use for them, which
/// are looked for when they are needed.
/// - Parameter memoryLimit: bytes that the decoded picture may take.
/// - Throws: ``FormatError``: `format.unknown`, `container.malformed`, `container.unsupported` where the library isn't
///   installed or the picture is of a rare kind, `limit.memory`.
public func decodeImage(_ data: UnsafeRawBufferPointer, memoryLimit: Int) throws -> RGBImage {
    guard let format = ImageFormat(data) else {
        throw FormatError(.formatUnknown, "is no picture that we know", hint: "use PNG, JPEG, BMP, PNM, TIFF or WebP")
    }
    let canvas = Canvas(memoryLimit: memoryLimit)
    switch format {
    case .png: return try decodePNG(data, canvas)
    case .bmp: return try decodeBMP(data, canvas)
    case .pnm: return try decodePNM(data, canvas)
    case .jpeg: return try decodeJPEG(data, canvas)
    case .webp: return try decodeWebP(data, canvas)
    case .tiff: return try decodeTIFF(data, canvas)
    case .jpeg2000: return try decodeJPEG2000(data, canvas)
    }
}

/// Makes pictures, within a limit.
struct Canvas {
    let memoryLimit: Int

    /// The bytes of a picture.
    /// - Throws: `container.malformed` where a side is 0, `limit.memory`.
    func byteCount(width: Int, height: Int, bytesPerPixel: Int = 3) throws -> Int {
        guard width > 0, height > 0 else { throw malformed("a picture of \(width) × \(height) pixels") }
        guard let count = width.multiplied(checked: height)?.multiplied(checked: bytesPerPixel), count <= memoryLimit
        else {
            throw FormatError(
                .limitMemory,
                "a picture of \(width) × \(height) pixels takes more than the \(memoryLimit) bytes allowed")
        }
        return count
    }

    /// A picture that `fill` writes.
    func picture(
        width: Int, height: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) throws -> Void
    ) throws -> RGBImage {
        let count = try byteCount(width: width, height: height)
        let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let whole = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            whole.initialize(repeating: 0)
            initialized = count
            try fill(whole)
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}

func malformed(_ problem: String) -> FormatError { FormatError(.containerMalformed, problem) }

func unsupported(_ problem: String, hint: String? = nil) -> FormatError {
    FormatError(.containerUnsupported, problem, hint: hint)
}

/// Numbers of a file, each read within its bounds.
struct ByteReader {
    let data: UnsafeRawBufferPointer
    var position = 0

    init(_ data: UnsafeRawBufferPointer, at position: Int = 0) {
        self.data = data
        self.position = position
    }

    mutating func byte() throws -> UInt8 {
        guard position >= 0, position < data.count else { throw malformed("ends too early") }
        position += 1
        return data[position - 1]
    }

    mutating func little(_ count: Int) throws -> Int {
        var value = 0
        for index in 0..<count { value |= Int(try byte()) << (8 * index) }
        return value
    }

    mutating func big(_ count: Int) throws -> Int {
        var value = 0
        for _ in 0..<count { value = value << 8 | Int(try byte()) }
        return value
    }

    /// The next bytes.
    mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, let end = position.adding(checked: count), position >= 0, end <= data.count else {
            throw malformed("ends too early")
        }
        defer { position = end }
        return UnsafeRawBufferPointer(rebasing: data[position..<end])
    }
}
