extension RGBImage {
    /// One byte a pixel: ITU-R BT.601 luma, in 16 bits of fraction as Pillow rounds it.
    public var luma: [UInt8] {
        (0..<(width * height)).map { index in
            let red = Int(pixels[3 * index]) * 19595
            let green = Int(pixels[3 * index + 1]) * 38470
            let blue = Int(pixels[3 * index + 2]) * 7471
            return UInt8(truncatingIfNeeded: (red + green + blue + 0x8000) >> 16)
        }
    }
}
