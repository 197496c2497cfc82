import GraphIR

/// JPEG 2000 through OpenJPEG (version 7 of its library, releases 2.x).
func decodeJPEG2000(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    let library = try OpenJPEGLibrary()
    let stream = MemoryStream(data)
    return try withExtendedLifetime(stream) {
        // A codestream by itself begins with its marker, a JP2 file with a box.
        try library.decode(stream, isCodestream: data.first == 0xFF, canvas) { image in
            try picture(of: image, canvas)
        }
    }
}

/// The fields of `opj_image_t` and `opj_image_comp_t` that are needed, by their place; the layout is the same in all
/// releases of the library's version.
private struct OpenJPEGImage {
    let image: UnsafeRawPointer

    struct Component {
        let fields: UnsafeRawPointer
        var stepX: UInt32 { fields.load(fromByteOffset: 0, as: UInt32.self) }
        var stepY: UInt32 { fields.load(fromByteOffset: 4, as: UInt32.self) }
        var width: UInt32 { fields.load(fromByteOffset: 8, as: UInt32.self) }
        var height: UInt32 { fields.load(fromByteOffset: 12, as: UInt32.self) }
        var precision: UInt32 { fields.load(fromByteOffset: 24, as: UInt32.self) }
        var isSigned: Bool { fields.load(fromByteOffset: 32, as: UInt32.self) != 0 }
        var samples: UnsafePointer<Int32>? { fields.load(fromByteOffset: 48, as: UnsafePointer<Int32>?.self) }
        static let size = 64
    }

    var width: Int { Int(bound(8)) - Int(bound(0)) }
    var height: Int { Int(bound(12)) - Int(bound(4)) }
    /// -1 unknown, 0 unspecified, 1 sRGB, 2 gray, 3 and more others.
    var colorSpace: Int32 { image.load(fromByteOffset: 20, as: Int32.self) }

    private func bound(_ offset: Int) -> UInt32 { image.load(fromByteOffset: offset, as: UInt32.self) }

    var components: [Component] {
        let count = Int(image.load(fromByteOffset: 16, as: UInt32.self))
        guard let first = image.load(fromByteOffset: 24, as: UnsafeRawPointer?.self) else { return [] }
        return (0..<min(count, 5)).map { Component(fields: first + $0 * Component.size) }
    }
}

private func check(_ image: OpenJPEGImage, _ canvas: Canvas) throws {
    let components = image.components
    guard let first = components.first, image.colorSpace <= 2, components.count <= 4,
        components.allSatisfy({
            $0.stepX == 1 && $0.stepY == 1 && !$0.isSigned && (1...16).contains($0.precision)
                && $0.width == first.width && $0.height == first.height
        })
    else { throw unsupported("a JPEG 2000 picture that is neither gray nor RGB of full resolution") }
    // The library holds four bytes for each sample.
    _ = try canvas.byteCount(width: image.width, height: image.height, bytesPerPixel: 4 * components.count + 3)
}

private func picture(of image: OpenJPEGImage, _ canvas: Canvas) throws -> RGBImage {
    let components = image.components
    let (width, height) = (image.width, image.height)
    guard Int(components[0].width) == width, Int(components[0].height) == height else {
        throw malformed("has another size than it says")
    }
    return try canvas.picture(width: width, height: height) { pixels in
        for channel in 0..<3 {
            let component = components[components.count >= 3 ? channel : 0]
            guard let samples = component.samples else { throw malformed("OpenJPEG made no pixels of it") }
            let precision = component.precision
            for index in 0..<(width * height) {
                let value = max(0, samples[index])
                let byte = precision > 8 ? value >> Int32(precision - 8) : value << Int32(8 - precision)
                pixels[3 * index + channel] = UInt8(clamping: byte)
            }
        }
    }
}

/// The functions of OpenJPEG that are needed.
private struct OpenJPEGLibrary {
    private typealias Pointer = UnsafeMutableRawPointer
    private typealias Make = @convention(c) (Int32) -> Pointer?
    private typealias One = @convention(c) (Pointer) -> Void
    private typealias Two = @convention(c) (Pointer, Pointer) -> Int32
    private typealias Three = @convention(c) (Pointer, Pointer, Pointer) -> Int32
    private typealias ReadHeader = @convention(c) (Pointer, Pointer, UnsafeMutablePointer<Pointer?>) -> Int32
    private typealias MakeStream = @convention(c) (Int, Int32) -> Pointer?
    private typealias Read = @convention(c) (Pointer?, Int, Pointer?) -> Int
    private typealias Skip = @convention(c) (Int64, Pointer?) -> Int64
    private typealias Seek = @convention(c) (Int64, Pointer?) -> Int32
    private typealias SetRead = @convention(c) (Pointer, Read) -> Void
    private typealias SetSkip = @convention(c) (Pointer, Skip) -> Void
    private typealias SetSeek = @convention(c) (Pointer, Seek) -> Void
    private typealias SetUser = @convention(c) (Pointer, Pointer?, Pointer?) -> Void
    private typealias SetLength = @convention(c) (Pointer, UInt64) -> Void

    private let library: SharedLibrary
    /// More than `opj_dparameters_t` takes, which is 8,252 bytes.
    private static let parameterBytes = 1 << 14

    init() throws {
        library = try SharedLibrary(
            "openjp2", version: 7, for: "JPEG 2000", package: "libopenjp2-7 (Debian, Ubuntu) or openjpeg (Homebrew)")
    }

    func decode<R>(
        _ source: MemoryStream, isCodestream: Bool, _ canvas: Canvas, _ body: (OpenJPEGImage) throws -> R
    ) throws -> R {
        let makeCodec: Make = try library.function("opj_create_decompress")
        let freeCodec: One = try library.function("opj_destroy_codec")
        let freeStream: One = try library.function("opj_stream_destroy")
        let freeImage: One = try library.function("opj_image_destroy")
        let setDefaults: One = try library.function("opj_set_default_decoder_parameters")
        let setUp: Two = try library.function("opj_setup_decoder")
        let readHeader: ReadHeader = try library.function("opj_read_header")
        let decode: Three = try library.function("opj_decode")
        guard let codec = makeCodec(isCodestream ? 0 : 2) else {
            throw FormatError(.limitMemory, "OpenJPEG can't start")
        }
        defer { freeCodec(codec) }
        let parameters = Pointer.allocate(byteCount: Self.parameterBytes, alignment: 16)
        defer { parameters.deallocate() }
        parameters.initializeMemory(as: UInt8.self, repeating: 0, count: Self.parameterBytes)
        setDefaults(parameters)
        guard setUp(codec, parameters) != 0, let stream = try stream(source) else {
            throw FormatError(.limitMemory, "OpenJPEG can't start")
        }
        defer { freeStream(stream) }
        var image: Pointer?
        let hasHeader = readHeader(stream, codec, &image) != 0
        defer { if let image { freeImage(image) } }
        guard hasHeader, let image else { throw malformed("OpenJPEG can't read the header") }
        try check(OpenJPEGImage(image: image), canvas)
        guard decode(codec, stream, image) != 0 else { throw malformed("OpenJPEG can't decode it") }
        return try body(OpenJPEGImage(image: image))
    }

    private func stream(_ source: MemoryStream) throws -> UnsafeMutableRawPointer? {
        let make: MakeStream = try library.function("opj_stream_create")
        let setRead: SetRead = try library.function("opj_stream_set_read_function")
        let setSkip: SetSkip = try library.function("opj_stream_set_skip_function")
        let setSeek: SetSeek = try library.function("opj_stream_set_seek_function")
        let setUser: SetUser = try library.function("opj_stream_set_user_data")
        let setLength: SetLength = try library.function("opj_stream_set_user_data_length")
        guard let stream = make(1 << 16, 1) else { return nil }
        setUser(stream, Unmanaged.passUnretained(source).toOpaque(), nil)
        setLength(stream, UInt64(source.count))
        setRead(stream) { target, count, user in
            guard let target, let source = MemoryStream.of(user) else { return -1 }
            let length = source.read(into: target, count: count)
            return length == 0 ? -1 : length
        }
        setSkip(stream) { count, user in
            guard let source = MemoryStream.of(user),
                let place = source.position.adding(checked: Int(truncatingIfNeeded: count)), source.seek(to: place)
            else { return -1 }
            return count
        }
        setSeek(stream) { place, user in
            guard let source = MemoryStream.of(user) else { return 0 }
            return source.seek(to: Int(truncatingIfNeeded: place)) ? 1 : 0
        }
        return stream
    }
}
