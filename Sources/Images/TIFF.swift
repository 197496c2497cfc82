import GraphIR

/// TIFF through libtiff (version 6 of its library, releases 4.5 and later): the first picture of the file, of any
/// compression that it knows.
func decodeTIFF(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    let library = try TIFFLibrary()
    let stream = MemoryStream(data)
    return try withExtendedLifetime(stream) {
        guard let tiff = library.open(Unmanaged.passUnretained(stream).toOpaque()) else {
            throw malformed("libtiff can't open it")
        }
        defer { library.close(tiff) }
        return try library.withImage(of: tiff) { image in
            // libtiff would blend with what is behind a transparent picture.
            guard image.alpha == 0 else { throw unsupported("a TIFF with transparency") }
            let (width, height) = (Int(image.width), Int(image.height))
            // The library writes four bytes for each pixel.
            _ = try canvas.byteCount(width: width, height: height, bytesPerPixel: 7)
            return try canvas.picture(width: width, height: height) { pixels in
                var raster = [UInt32](repeating: 0, count: width * height)
                guard library.read(image, &raster) else { throw malformed("libtiff can't decode it") }
                for (index, pixel) in raster.enumerated() {
                    pixels[3 * index] = UInt8(truncatingIfNeeded: pixel)
                    pixels[3 * index + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
                    pixels[3 * index + 2] = UInt8(truncatingIfNeeded: pixel >> 16)
                }
            }
        }
    }
}

/// The fields of `TIFFRGBAImage` that are needed, by their place in the public structure.
private struct TIFFImage {
    let fields: UnsafeMutableRawPointer

    var alpha: Int32 { fields.load(fromByteOffset: 16, as: Int32.self) }
    var width: UInt32 { fields.load(fromByteOffset: 20, as: UInt32.self) }
    var height: UInt32 { fields.load(fromByteOffset: 24, as: UInt32.self) }

    /// Asks for the top row first, the left pixel first.
    func askForTopLeft() { fields.storeBytes(of: 1, toByteOffset: 34, as: UInt16.self) }

    /// More than the structure takes.
    static let size = 4096
}

/// The functions of libtiff that are needed.
private struct TIFFLibrary {
    private typealias Handle = UnsafeMutableRawPointer
    private typealias Transfer = @convention(c) (Handle?, Handle?, Int) -> Int
    private typealias Seek = @convention(c) (Handle?, UInt64, Int32) -> UInt64
    private typealias Close = @convention(c) (Handle?) -> Int32
    private typealias Size = @convention(c) (Handle?) -> UInt64
    private typealias Map =
        @convention(c) (Handle?, UnsafeMutablePointer<Handle?>?, UnsafeMutablePointer<UInt64>?) -> Int32
    private typealias Unmap = @convention(c) (Handle?, Handle?, UInt64) -> Void
    private typealias Open =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<CChar>, Handle?, Transfer, Transfer, Seek, Close, Size, Map, Unmap
        ) -> Handle?
    private typealias Begin = @convention(c) (Handle, Handle, Int32, UnsafeMutablePointer<CChar>) -> Int32
    private typealias Get = @convention(c) (Handle, UnsafeMutablePointer<UInt32>, UInt32, UInt32) -> Int32
    private typealias End = @convention(c) (Handle) -> Void
    private typealias SetHandler = @convention(c) (Handle?) -> Handle?

    private let openFunction: Open
    private let begin: Begin
    private let get: Get
    private let end: End
    private let finish: End
    /// What `TIFFRGBAImageBegin` may write of a message.
    private static let messageSize = 1024

    init() throws {
        let library = try SharedLibrary(
            "tiff", version: 6, for: "TIFF", package: "libtiff6 (Debian, Ubuntu) or libtiff (Homebrew)")
        openFunction = try library.function("TIFFClientOpen")
        begin = try library.function("TIFFRGBAImageBegin")
        get = try library.function("TIFFRGBAImageGet")
        end = try library.function("TIFFRGBAImageEnd")
        finish = try library.function("TIFFClose")
        // It would print what it finds wrong.
        for name in ["TIFFSetErrorHandler", "TIFFSetWarningHandler"] {
            let set: SetHandler = try library.function(name)
            _ = set(nil)
        }
    }

    /// Opens a picture for reading, without mapping it.
    func open(_ user: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        openFunction(
            "picture", "rm", user,
            { stream, target, count in
                guard let stream = MemoryStream.of(stream), let target else { return -1 }
                return stream.read(into: target, count: count)
            },
            { _, _, _ in -1 },
            { stream, offset, origin in
                guard let stream = MemoryStream.of(stream) else { return .max }
                let base = origin == 1 ? stream.position : origin == 2 ? stream.count : 0
                guard let place = base.adding(checked: Int(truncatingIfNeeded: offset)), stream.seek(to: place) else {
                    return .max
                }
                return UInt64(place)
            },
            { _ in 0 },
            { stream in UInt64(MemoryStream.of(stream)?.count ?? 0) },
            { _, _, _ in 0 }, { _, _, _ in })
    }

    func withImage<R>(of tiff: UnsafeMutableRawPointer, _ body: (TIFFImage) throws -> R) throws -> R {
        let fields = UnsafeMutableRawPointer.allocate(byteCount: TIFFImage.size, alignment: 16)
        defer { fields.deallocate() }
        fields.initializeMemory(as: UInt8.self, repeating: 0, count: TIFFImage.size)
        var message = [CChar](repeating: 0, count: Self.messageSize)
        guard begin(fields, tiff, 1, &message) == 1 else { throw malformed("libtiff can't read the header") }
        defer { end(fields) }
        return try body(TIFFImage(fields: fields))
    }

    /// Reads the picture, and stops at the first error.
    func read(_ image: TIFFImage, _ raster: inout [UInt32]) -> Bool {
        image.askForTopLeft()
        return raster.withUnsafeMutableBufferPointer { raster in
            raster.baseAddress.map { get(image.fields, $0, image.width, image.height) } == 1
        }
    }

    func close(_ tiff: UnsafeMutableRawPointer) { finish(tiff) }
}
