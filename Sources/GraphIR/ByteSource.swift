#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Something that bytes can be read from: memory, a file, a deflated archive entry, a strided view.
///
/// Reading is by position and copies into a buffer of the caller's. Files are read with `pread` and never mapped, so a
/// file that is cut short while we read it is an error and not a signal.
public protocol ByteSource: AnyObject, Sendable {
    /// The number of bytes that can be read.
    var count: Int { get }
    /// Fills `buffer` with the bytes that start at `offset`.
    /// The caller (``Bytes``) has checked that they lie within `count`.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws
    /// The file and position that hold these bytes as they are, where there is one: what a copy between descriptors needs.
    var fileRegion: FileRegion? { get }
    /// The bytes in memory, where they already lie there.
    var memory: UnsafeRawBufferPointer? { get }
}

extension ByteSource {
    public var fileRegion: FileRegion? { nil }
    public var memory: UnsafeRawBufferPointer? { nil }
}

/// A place in an open file.
public struct FileRegion: Sendable {
    public let file: FileSource
    public let offset: Int
}

/// Bytes on the heap, immutable once made.
public final class HeapSource: ByteSource, @unchecked Sendable {
    // Unchecked: the buffer is written only inside `init` and freed in `deinit`.
    private let buffer: UnsafeMutableRawBufferPointer

    /// Makes `count` bytes and lets `fill` write them.
    /// - Parameter clears: whether they are zero at first; without that `fill` must write every one.
    /// - Throws: `limit.memory` where the memory can't be had; whatever `fill` throws.
    public init(count: Int, clears: Bool = true, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        buffer = try allocate(count, clears: clears)
        // Where this throws, `deinit` frees the buffer: all properties are set.
        try fill(buffer)
    }

    deinit { buffer.deallocate() }

    public var count: Int { buffer.count }
    public var memory: UnsafeRawBufferPointer? { UnsafeRawBufferPointer(buffer) }

    public func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[offset..<(offset + target.count)]))
    }
}

/// The one allocator for everything whose size comes from input: 64-byte aligned, zeroed unless the caller is to write
/// every byte anyway, and an error in place of a trap. The caller frees it with `deallocate()`.
public func allocate(_ count: Int, clears: Bool = true) throws -> UnsafeMutableRawBufferPointer {
    guard count >= 0, count <= MemoryLimit.bytes else {
        throw FormatError(
            .limitMemory, "needs \(count) bytes of memory, more than the limit of \(MemoryLimit.bytes)",
            hint: "set WEIGHTBRIDGE_MEMORY_LIMIT to allow more")
    }
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, 64, Swift.max(count, 64)) == 0, let pointer else {
        throw FormatError(.limitMemory, "the system has no \(count) bytes of memory left")
    }
    if clears { memset(pointer, 0, count) }
    return UnsafeMutableRawBufferPointer(start: pointer, count: count)
}
