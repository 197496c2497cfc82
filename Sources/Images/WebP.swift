import GraphIR

/// WebP through libwebp (version 7 of its library, releases 0.5 and later).
func decodeWebP(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    typealias Info =
        @convention(c) (
            UnsafePointer<UInt8>, Int, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
        ) -> Int32
    typealias Decode =
        @convention(c) (
            UnsafePointer<UInt8>, Int, UnsafeMutablePointer<UInt8>, Int, Int32
        ) -> UnsafeMutablePointer<UInt8>?
    let library = try SharedLibrary(
        "webp", version: 7, for: "WebP", package: "libwebp7 (Debian, Ubuntu) or webp (Homebrew)")
    let info: Info = try library.function("WebPGetInfo")
    let decode: Decode = try library.function("WebPDecodeRGBInto")
    var (width, height) = (Int32(0), Int32(0))
    guard let source = data.bindMemory(to: UInt8.self).baseAddress, info(source, data.count, &width, &height) != 0
    else {
        throw malformed("libwebp can't read the header")
    }
    return try canvas.picture(width: Int(width), height: Int(height)) { pixels in
        guard let target = pixels.baseAddress else { return }
        guard decode(source, data.count, target, pixels.count, 3 * width) != nil else {
            throw malformed("libwebp can't decode it")
        }
    }
}
