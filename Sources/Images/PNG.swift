import CZlib
import GraphIR

/// PNG, all colour types, bit depths and interlacing (https://www.w3.org/TR/png-3).
func decodePNG(_ data: UnsafeRawBufferPointer, _ canvas: Canvas) throws -> RGBImage {
    var reader = ByteReader(data, at: 8)
    var header: PNGHeader?
    var palette: [UInt8] = []
    var compressed: [UnsafeRawBufferPointer] = []
    while true {
        let length = try reader.big(4)
        let start = reader.position
        let chunk = try reader.bytes(length.adding(checked: 4) ?? .max)
        let body = UnsafeRawBufferPointer(rebasing: chunk[4...])
        let checksum = try reader.big(4)
        let name = String(decoding: chunk.prefix(4), as: UTF8.self)
        // The fifth bit of the first letter says that the picture can be shown without the chunk.
        guard let first = chunk.first, first & 0x20 == 0 else { continue }
        guard crc32(0, chunk.bindMemory(to: UInt8.self).baseAddress, UInt32(chunk.count)) == UInt(checksum) else {
            throw malformed("the chunk \(name) at byte \(start) has another checksum than it says")
        }
        if name == "IEND" { break }
        switch name {
        case "IHDR": header = try PNGHeader(body)
        case "PLTE": palette = Array(body)
        case "IDAT": compressed.append(body)
        default: throw unsupported("a PNG with the chunk \(name), which we don't know")
        }
    }
    guard let header else { throw malformed("has no header") }
    guard header.colorType != 3 || (!palette.isEmpty && palette.count % 3 == 0) else {
        throw malformed("has no palette")
    }
    let passes = header.passes
    _ = try canvas.byteCount(width: header.width, height: header.height)
    var size = 0
    for pass in passes {
        guard let bytes = (header.rowBytes(pass.width) + 1).multiplied(checked: pass.height)?.adding(checked: size)
        else {
            throw malformed("is too large")
        }
        size = bytes
    }
    guard size <= canvas.memoryLimit else {
        throw FormatError(.limitMemory, "takes \(size) bytes, \(canvas.memoryLimit) are allowed")
    }
    var rows = try inflated(compressed, count: size)
    return try canvas.picture(width: header.width, height: header.height) { pixels in
        var start = 0
        for pass in passes {
            let rowBytes = header.rowBytes(pass.width)
            try unfilter(&rows, start: start, rowBytes: rowBytes, height: pass.height, step: header.pixelBytes)
            for row in 0..<pass.height {
                let from = start + row * (rowBytes + 1) + 1
                for column in 0..<pass.width {
                    let to = 3 * ((pass.y + row * pass.stepY) * header.width + pass.x + column * pass.stepX)
                    try header.color(rows, from, column, palette, to: to, of: pixels)
                }
            }
            start += pass.height * (rowBytes + 1)
        }
    }
}

private struct PNGHeader {
    /// A picture that has every so many pixels of the whole.
    struct Pass {
        var x = 0, y = 0, stepX = 1, stepY = 1
        var width = 0, height = 0
    }

    let width: Int, height: Int, depth: Int, colorType: Int
    let isInterlaced: Bool

    init(_ body: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(body)
        width = try reader.big(4)
        height = try reader.big(4)
        depth = try reader.big(1)
        colorType = try reader.big(1)
        let methods = (try reader.byte(), try reader.byte())
        let interlace = try reader.byte()
        let depths: [Int: [Int]] = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
        guard width > 0, height > 0, width <= 1 << 31 - 1, height <= 1 << 31 - 1, body.count == 13,
            depths[colorType]?.contains(depth) == true, methods == (0, 0), interlace <= 1
        else { throw malformed("has a header that says nothing sensible") }
        isInterlaced = interlace == 1
    }

    private var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1 }
    /// Bytes of a pixel, at least one: what filters go back by.
    var pixelBytes: Int { Swift.max(1, channels * depth / 8) }
    func rowBytes(_ width: Int) -> Int { (width * channels * depth + 7) / 8 }

    var passes: [Pass] {
        guard isInterlaced else { return [Pass(width: width, height: height)] }
        let starts = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        return starts.compactMap { x, y, stepX, stepY in
            let pass = Pass(
                x: x, y: y, stepX: stepX, stepY: stepY, width: (width - x + stepX - 1) / stepX,
                height: (height - y + stepY - 1) / stepY)
            return width > x && height > y ? pass : nil
        }
    }

    /// Writes the colour of a pixel of a row that begins at `start`.
    func color(
        _ rows: [UInt8], _ start: Int, _ column: Int, _ palette: [UInt8], to: Int,
        of pixels: UnsafeMutableBufferPointer<UInt8>
    ) throws {
        let bytes = Swift.max(1, depth / 8)
        switch colorType {
        case 2, 6:
            let from = start + column * channels * bytes
            for channel in 0..<3 { pixels[to + channel] = rows[from + channel * bytes] }
        case 3:
            let index = 3 * sample(rows, start, column)
            guard index + 2 < palette.count else { throw malformed("has a colour that its palette lacks") }
            for channel in 0..<3 { pixels[to + channel] = palette[index + channel] }
        default:
            let gray =
                depth >= 8
                ? rows[start + column * channels * bytes]
                : UInt8(truncatingIfNeeded: sample(rows, start, column) * (255 / (1 << depth - 1)))
            for channel in 0..<3 { pixels[to + channel] = gray }
        }
    }

    /// A sample of at most eight bits, several to a byte.
    private func sample(_ rows: [UInt8], _ start: Int, _ column: Int) -> Int {
        let bit = column * depth
        return Int(rows[start + bit / 8]) >> (8 - depth - bit % 8) & (1 << depth - 1)
    }
}

/// Takes back the filters of a pass, row by row.
private func unfilter(_ rows: inout [UInt8], start: Int, rowBytes: Int, height: Int, step: Int) throws {
    try rows.withUnsafeMutableBufferPointer { rows in
        for row in 0..<height {
            let line = start + row * (rowBytes + 1) + 1
            let above = row == 0 ? nil : line - rowBytes - 1
            let filter = rows[line - 1]
            guard filter <= 4 else { throw malformed("has a row with the filter \(filter)") }
            if filter == 0 { continue }
            for index in 0..<rowBytes {
                let left = index >= step ? Int(rows[line + index - step]) : 0
                let up = above.map { Int(rows[$0 + index]) } ?? 0
                let prediction: Int
                switch filter {
                case 1: prediction = left
                case 2: prediction = up
                case 3: prediction = (left + up) / 2
                default:
                    let corner = index >= step ? above.map { Int(rows[$0 + index - step]) } ?? 0 : 0
                    let estimate = left + up - corner
                    let distances = (
                        Swift.abs(estimate - left), Swift.abs(estimate - up), Swift.abs(estimate - corner)
                    )
                    if distances.0 <= distances.1 && distances.0 <= distances.2 {
                        prediction = left
                    } else {
                        prediction = distances.1 <= distances.2 ? up : corner
                    }
                }
                rows[line + index] &+= UInt8(truncatingIfNeeded: prediction)
            }
        }
    }
}

/// Inflates a zlib stream that lies in pieces.
private func inflated(_ pieces: [UnsafeRawBufferPointer], count: Int) throws -> [UInt8] {
    var stream = z_stream()
    guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        throw FormatError(.limitMemory, "zlib can't start")
    }
    defer { inflateEnd(&stream) }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        var status = Z_OK
        for piece in pieces where status == Z_OK {
            guard let base = piece.bindMemory(to: UInt8.self).baseAddress, let target = buffer.baseAddress else {
                continue
            }
            // zlib doesn't write to what it reads.
            stream.next_in = UnsafeMutablePointer(mutating: base)
            stream.avail_in = UInt32(piece.count)
            while stream.avail_in > 0, status == Z_OK {
                let room = Swift.min(count - initialized, 1 << 30)
                stream.next_out = target + initialized
                stream.avail_out = UInt32(room)
                status = inflate(&stream, Z_NO_FLUSH)
                initialized += room - Int(stream.avail_out)
                // What comes after the last row is nothing to the picture.
                if initialized == count { return }
            }
        }
        guard initialized == count else { throw malformed("holds fewer pixels than its header says") }
    }
}
