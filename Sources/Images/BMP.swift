import GraphIR

/// BMP, uncompressed: palettes of 1 to 8 bits, 16, 24 and 32 bits with or without masks.
/// Source: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
func decodeBMP(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    var reader = ByteReader(data, at: 10)
    let pixelsAt = try reader.little(4)
    let headerSize = try reader.little(4)
    guard headerSize == 12 || (40...256).contains(headerSize) else {
        throw malformed("has a header of \(headerSize) bytes")
    }
    let isCore = headerSize == 12
    let width = try isCore ? reader.little(2) : Int(Int32(truncatingIfNeeded: reader.little(4)))
    let signedHeight = try isCore ? reader.little(2) : Int(Int32(truncatingIfNeeded: reader.little(4)))
    let height = Swift.abs(signedHeight)
    _ = try reader.little(2)
    let bits = try reader.little(2)
    var compression = 0
    var colors = 0
    if !isCore {
        compression = try reader.little(4)
        _ = try reader.bytes(12)
        colors = try reader.little(4)
        _ = try reader.little(4)
    }
    guard [1, 2, 4, 8, 16, 24, 32].contains(bits) else { throw malformed("has \(bits) bits a pixel") }
    guard compression == 0 || ((compression == 3 || compression == 6) && bits >= 16 && bits != 24) else {
        throw unsupported("a BMP compressed by method \(compression)")
    }
    var masks = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
    if compression != 0 { masks = [try reader.little(4), try reader.little(4), try reader.little(4)] }
    var palette: [UInt8] = []
    if bits <= 8 {
        let entry = isCore ? 3 : 4
        let most = 1 << bits
        guard colors <= most else { throw malformed("has a palette of \(colors) colours for \(bits) bits") }
        reader.position = 14 + headerSize
        palette = Array(try reader.bytes((colors == 0 ? most : colors) * entry))
    }
    _ = try canvas.byteCount(width: width, height: height)
    let rowBytes = (width * bits + 31) / 32 * 4
    guard let size = rowBytes.multiplied(checked: height) else { throw malformed("is too large") }
    reader.position = pixelsAt
    let rows = try reader.bytes(size)
    let paletteStep = isCore ? 3 : 4
    return try canvas.picture(width: width, height: height) { pixels in
        for row in 0..<height {
            // Rows stand bottom first unless the height is negative.
            let line = (signedHeight < 0 ? row : height - 1 - row) * rowBytes
            for column in 0..<width {
                let to = 3 * (row * width + column)
                switch bits {
                case 24:
                    for channel in 0..<3 { pixels[to + channel] = rows[line + 3 * column + 2 - channel] }
                case 16, 32:
                    var value = 0
                    for byte in 0..<(bits / 8) { value |= Int(rows[line + column * bits / 8 + byte]) << (8 * byte) }
                    for channel in 0..<3 { pixels[to + channel] = scaled(value, masks[channel]) }
                default:
                    let bit = column * bits
                    let index = Int(rows[line + bit / 8]) >> (8 - bits - bit % 8) & (1 << bits - 1)
                    guard index * paletteStep + 2 < palette.count else {
                        throw malformed("has a colour that its palette lacks")
                    }
                    for channel in 0..<3 { pixels[to + channel] = palette[index * paletteStep + 2 - channel] }
                }
            }
        }
    }
}

/// The bits under a mask, spread over a byte.
private func scaled(_ value: Int, _ mask: Int) -> UInt8 {
    guard mask != 0 else { return 0 }
    let shift = mask.trailingZeroBitCount
    let most = mask >> shift
    return UInt8(truncatingIfNeeded: ((value & mask) >> shift) * 255 / most)
}
