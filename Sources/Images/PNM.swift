import GraphIR

/// Portable bitmaps, graymaps and pixmaps, as text or binary (https://netpbm.sourceforge.net/doc/pnm.html).
func decodePNM(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    var reader = ByteReader(data, at: 1)
    let kind = Int(try reader.byte()) - 0x30
    let width = try reader.decimal()
    let height = try reader.decimal()
    let isBitmap = kind == 1 || kind == 4
    let greatest = isBitmap ? 1 : try reader.decimal()
    guard greatest >= 1, greatest <= 65535 else { throw malformed("has \(greatest) as its greatest value") }
    let isBinary = kind >= 4
    if isBinary { _ = try reader.byte() }
    let channels = kind == 3 || kind == 6 ? 3 : 1
    let width8 = greatest > 255 ? 2 : 1
    _ = try canvas.byteCount(width: width, height: height)
    // What a pixel or, of a binary bitmap, eight of them take at least. Nothing is allocated for what isn't there.
    let needed = kind == 4 ? (width / 8).multiplied(checked: height) : width.multiplied(checked: height)
    guard let needed, needed <= data.count - reader.position else { throw malformed("holds fewer pixels than it says") }
    // To 0…255, rounded to nearest.
    func scaled(_ value: Int) throws -> UInt8 {
        guard value <= greatest else { throw malformed("has the value \(value), its greatest is \(greatest)") }
        return UInt8(truncatingIfNeeded: greatest == 255 ? value : (value * 510 + greatest) / (2 * greatest))
    }
    return try canvas.picture(width: width, height: height) { pixels in
        for row in 0..<height {
            var bits: UInt8 = 0
            for column in 0..<width {
                let to = 3 * (row * width + column)
                for channel in 0..<channels {
                    let value: UInt8
                    if kind == 4 {
                        if column % 8 == 0 { bits = try reader.byte() }
                        value = bits & 0x80 == 0 ? 255 : 0
                        bits <<= 1
                    } else if kind == 1 {
                        value = try reader.digit() == 0 ? 255 : 0
                    } else {
                        value = try scaled(isBinary ? reader.big(width8) : reader.decimal())
                    }
                    pixels[to + channel] = value
                }
                if channels == 1 {
                    pixels[to + 1] = pixels[to]
                    pixels[to + 2] = pixels[to]
                }
            }
        }
    }
}

extension ByteReader {
    /// Passes white space and comments.
    private mutating func skipSpace() {
        while position < data.count {
            let byte = data[position]
            if byte == UInt8(ascii: "#") {
                while position < data.count, data[position] != UInt8(ascii: "\n") { position += 1 }
            } else if byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) {
                position += 1
            } else {
                return
            }
        }
    }

    fileprivate mutating func decimal() throws -> Int {
        skipSpace()
        var value = 0
        var count = 0
        while position < data.count, data[position] >= 0x30, data[position] <= 0x39, count < 10 {
            value = value * 10 + Int(data[position] - 0x30)
            position += 1
            count += 1
        }
        guard count > 0 else { throw malformed("has no number where one is expected") }
        return value
    }

    /// One digit; bitmaps as text need no space between them.
    fileprivate mutating func digit() throws -> Int {
        skipSpace()
        let byte = try self.byte()
        guard byte == 0x30 || byte == 0x31 else { throw malformed("has a pixel that is neither 0 nor 1") }
        return Int(byte - 0x30)
    }
}
