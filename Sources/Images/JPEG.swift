import GraphIR

/// JPEG through libjpeg-turbo's TurboJPEG interface (version 0 of its library, releases 1.2 to 3.x): the accurate integer
/// transform and smooth chroma upsampling, which ONNX's ImageDecoder asks for.
func decodeJPEG(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    typealias Start = @convention(c) () -> UnsafeMutableRawPointer?
    typealias Stop = @convention(c) (UnsafeMutableRawPointer) -> Int32
    typealias Header =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafePointer<UInt8>, UInt, UnsafeMutablePointer<Int32>,
            UnsafeMutablePointer<Int32>,
            UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
        ) -> Int32
    typealias Decode =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafePointer<UInt8>, UInt, UnsafeMutablePointer<UInt8>, Int32, Int32, Int32,
            Int32,
            Int32
        ) -> Int32
    let library = try SharedLibrary(
        "turbojpeg", version: 0, for: "JPEG",
        package: "libturbojpeg0 (Debian), libturbojpeg (Ubuntu) or jpeg-turbo (Homebrew)")
    let start: Start = try library.function("tjInitDecompress")
    let stop: Stop = try library.function("tjDestroy")
    let readHeader: Header = try library.function("tjDecompressHeader3")
    let decode: Decode = try library.function("tjDecompress2")
    guard let handle = start(), let source = data.bindMemory(to: UInt8.self).baseAddress else {
        throw FormatError(.limitMemory, "libturbojpeg can't start")
    }
    defer { _ = stop(handle) }
    var (width, height, subsampling, colors) = (Int32(0), Int32(0), Int32(0), Int32(0))
    guard readHeader(handle, source, UInt(data.count), &width, &height, &subsampling, &colors) == 0 else {
        throw malformed("libturbojpeg can't read the header")
    }
    // TJCS_CMYK and TJCS_YCCK, for printers.
    if colors >= 3 {
        _ = try canvas.byteCount(width: Int(width), height: Int(height), bytesPerPixel: 7)
        return try canvas.picture(width: Int(width), height: Int(height)) { pixels in
            var inks = [UInt8](repeating: 0, count: pixels.count / 3 * 4)
            // TJPF_CMYK, no flags.
            guard decode(handle, source, UInt(data.count), &inks, width, 0, height, 11, 0) == 0 else {
                throw malformed("libturbojpeg can't decode it")
            }
            for pixel in 0..<(pixels.count / 3) {
                for channel in 0..<3 {
                    pixels[3 * pixel + channel] = printed(inks[4 * pixel + channel], black: inks[4 * pixel + 3])
                }
            }
        }
    }
    return try canvas.picture(width: Int(width), height: Int(height)) { pixels in
        guard let target = pixels.baseAddress else { return }
        // TJPF_RGB, no flags.
        guard decode(handle, source, UInt(data.count), target, width, 0, height, 0, 0) == 0 else {
            throw malformed("libturbojpeg can't decode it")
        }
    }
}

/// The light that an ink and black leave, as Pillow has it. Files hold inks inverted, as Adobe's programs write them:
/// 255 is none.
private func printed(_ ink: UInt8, black: UInt8) -> UInt8 {
    let product = Int(255 - ink) * Int(black) + 128
    return UInt8(max(0, Int(black) - (((product >> 8) + product) >> 8)))
}
