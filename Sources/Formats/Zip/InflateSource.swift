import CZlib
import GraphIR
import Synchronization

/// A deflated archive entry, inflated as it is read (RFC 1951).
///
/// It gives exactly the declared number of bytes and never more: a stream that goes on after them, ends before them or
/// leaves input over is an error when the end is reached. Reading on is cheap, going back starts anew.
final class InflateSource: ByteSource {
    let count: Int
    private let packed: Bytes
    private let name: String
    private let state = Mutex<Inflater?>(nil)
    /// Bytes that had to be inflated a second time because a reader went back.
    private let repeated = Mutex(0)

    /// What may be inflated in vain: going back over a record eight times, or over small ones much more often. A file of
    /// a few kilobytes could ask for tensors out of one large record, the last first, as often as it likes.
    private static let maximumRepeats = 8
    private static let freeRepeats = 256 << 20

    init(_ packed: Bytes, size: Int, name: String) {
        self.packed = packed
        self.count = size
        self.name = name
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        // Pointers may not enter a closure that is sent: their address may.
        let address = UInt(bitPattern: buffer.baseAddress)
        let length = buffer.count
        try locating(item: name) {
            try state.withLock { current in
                let target = UnsafeMutableRawBufferPointer(
                    start: UnsafeMutableRawPointer(bitPattern: address), count: length)
                if current == nil || current?.position ?? 0 > offset {
                    try chargeRestart(reaching: offset)
                    current = try Inflater(packed, size: count)
                }
                guard let inflater = current else { return }
                do {
                    try inflater.skip(to: offset)
                    try inflater.fill(target)
                    // At the end nothing is worth keeping.
                    if inflater.position == count {
                        try inflater.finish()
                        current = nil
                    }
                } catch {
                    current = nil
                    throw error
                }
            }
        }
    }
}

extension InflateSource {
    /// - Throws: `limit.ratio` where what was inflated in vain is out of all proportion.
    private func chargeRestart(reaching offset: Int) throws {
        let allowed = (count.multiplied(checked: Self.maximumRepeats) ?? Int.max).adding(checked: Self.freeRepeats)
        let total = repeated.withLock { sum in
            sum = sum.adding(checked: offset) ?? Int.max
            return sum
        }
        guard total <= allowed ?? Int.max else {
            throw FormatError(
                .limitRatio, "would have to be inflated again and again: its parts are read from back to front",
                hint: "unpack the archive and pack it again without compression (zip -0)")
        }
    }
}

/// A running zlib stream over bytes that are read piece by piece.
private final class Inflater {
    private static let chunkSize = 1 << 16
    private(set) var position = 0
    private let packed: Bytes
    private let size: Int
    private var consumed = 0
    private var ended = false
    private var stream = z_stream()
    private let input: UnsafeMutableRawBufferPointer

    init(_ packed: Bytes, size: Int) throws {
        self.packed = packed
        self.size = size
        input = try allocate(Inflater.chunkSize)
        // Negative window bits: raw deflate, without zlib's header.
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            input.deallocate()
            throw FormatError(.limitMemory, "zlib has no memory left")
        }
    }

    deinit {
        inflateEnd(&stream)
        input.deallocate()
    }

    func skip(to offset: Int) throws {
        guard offset > position else { return }
        let scratch = try allocate(Inflater.chunkSize)
        defer { scratch.deallocate() }
        while position < offset {
            let length = Swift.min(scratch.count, offset - position)
            try fill(UnsafeMutableRawBufferPointer(rebasing: scratch[..<length]))
        }
    }

    func fill(_ target: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < target.count {
            let length = Swift.min(target.count - done, 1 << 30)
            let got = try step(UnsafeMutableRawBufferPointer(rebasing: target[done..<(done + length)]))
            if got == 0 && ended {
                throw FormatError(
                    .containerMalformed, "inflates to \(position) bytes, the directory says \(size)")
            }
            done += got
        }
    }

    /// Sees to it that the stream ends where the directory says.
    func finish() throws {
        var extra: UInt8 = 0
        while !ended {
            let got = try withUnsafeMutableBytes(of: &extra) { try step($0) }
            guard got == 0 else {
                throw FormatError(
                    .containerMalformed, "inflates to more than the \(size) bytes that the directory says",
                    hint: "the archive is damaged or made to exhaust memory")
            }
        }
        let left = packed.count - consumed + Int(stream.avail_in)
        guard left == 0 else {
            throw FormatError(.containerMalformed, "\(left) bytes follow the end of the deflate stream")
        }
    }

    private func step(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
        if ended { return 0 }
        if stream.avail_in == 0 && consumed < packed.count {
            let length = Swift.min(input.count, packed.count - consumed)
            try packed.read(at: consumed, into: UnsafeMutableRawBufferPointer(rebasing: input[..<length]))
            consumed += length
            stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(length)
        }
        stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(target.count)
        let status = inflate(&stream, Z_NO_FLUSH)
        let got = target.count - Int(stream.avail_out)
        position += got
        switch status {
        case Z_OK: break
        case Z_STREAM_END: ended = true
        case Z_BUF_ERROR:
            if got == 0 && stream.avail_in == 0 && consumed == packed.count {
                throw FormatError(
                    .containerTruncated, "the deflate stream ends after \(position) of \(size) bytes")
            }
        default:
            throw FormatError(.containerMalformed, "the deflate stream is damaged after \(position) bytes")
        }
        return got
    }
}
