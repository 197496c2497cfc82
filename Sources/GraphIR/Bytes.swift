/// A range of a byte source. Slicing is free and keeps the source alive; nothing is read until it is asked for.
public struct Bytes: Sendable {
    public let source: any ByteSource
    /// Where the range starts in the source.
    public let start: Int
    public let count: Int

    /// The whole source.
    public init(_ source: any ByteSource) {
        self.source = source
        self.start = 0
        self.count = source.count
    }

    /// A range of a source.
    /// - Throws: `tensor.bounds` where it isn't within the source.
    public init(_ source: any ByteSource, at start: Int, count: Int) throws {
        guard start >= 0, count >= 0, let end = start.adding(checked: count), end <= source.count else {
            throw FormatError(
                .tensorBounds, "bytes \(start) + \(count) reach outside of the \(source.count) that are there")
        }
        self.source = source
        self.start = start
        self.count = count
    }

    /// A copy of an array of bytes.
    public init(_ array: [UInt8]) {
        self.init(ArraySource(array))
    }

    /// A range of these bytes.
    /// - Throws: `tensor.bounds` where it isn't within them.
    public func slice(at offset: Int, count length: Int) throws -> Bytes {
        guard offset >= 0, length >= 0, let end = offset.adding(checked: length), end <= count else {
            throw FormatError(.tensorBounds, "bytes \(offset) + \(length) reach outside of the \(count) that are there")
        }
        return try Bytes(source, at: start + offset, count: length)
    }

    /// Fills `buffer` with the bytes that start at `offset`.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, let end = offset.adding(checked: buffer.count), end <= count else {
            throw FormatError(
                .tensorBounds, "bytes \(offset) + \(buffer.count) reach outside of the \(count) that are there")
        }
        if buffer.count == 0 { return }
        try source.read(at: start + offset, into: buffer)
    }

    /// All bytes as an array. For headers and small payloads.
    public func array() throws -> [UInt8] {
        try withUnsafeBytes { [UInt8]($0) }
    }

    /// Calls `body` with all bytes in one piece of memory: in place where they already lie there, else in a copy.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        if let memory = source.memory {
            return try body(UnsafeRawBufferPointer(rebasing: memory[start..<(start + count)]))
        }
        let copy = try allocate(count)
        defer { copy.deallocate() }
        try read(at: 0, into: copy)
        return try body(UnsafeRawBufferPointer(copy))
    }

    /// Calls `body` with one piece after the other, each at most `size` bytes: reading without holding all of it.
    public func forEachChunk(of size: Int = 1 << 20, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        if let memory = source.memory {
            var position = 0
            while position < count {
                let length = Swift.min(size, count - position)
                let from = start + position
                try body(UnsafeRawBufferPointer(rebasing: memory[from..<(from + length)]))
                position += length
            }
            return
        }
        let buffer = try allocate(Swift.min(size, count))
        defer { buffer.deallocate() }
        var position = 0
        while position < count {
            let length = Swift.min(size, count - position)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length])
            try source.read(at: start + position, into: piece)
            try body(UnsafeRawBufferPointer(piece))
            position += length
        }
    }

    /// The file and position that hold these bytes as they are, where there is one.
    public var fileRegion: FileRegion? {
        source.fileRegion.map { FileRegion(file: $0.file, offset: $0.offset + start) }
    }

    /// The same bytes in memory.
    public func loaded() throws -> Bytes {
        if source.memory != nil { return self }
        return Bytes(try HeapSource(count: count, clears: false) { try read(at: 0, into: $0) })
    }
}

/// An array as a source.
private final class ArraySource: ByteSource {
    private let array: [UInt8]
    init(_ array: [UInt8]) { self.array = array }
    var count: Int { array.count }
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        array.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + buffer.count)]))
        }
    }
}
