#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open regular file, read by position.
public final class FileSource: ByteSource {
    /// The path as the user gave it, for messages only.
    public let path: String
    public let descriptor: Int32
    public let count: Int
    /// What tells two names of one file: device and inode.
    public let identity: (device: UInt64, inode: UInt64)

    /// Opens a regular file for reading.
    /// - Throws: `io.missing`, `io.failed`, or `path.special` where it is no regular file.
    public convenience init(path: String) throws {
        // Non-blocking, so that a FIFO in place of the file can't hang us.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw FormatError(
                errno == ENOENT ? .ioMissing : .ioFailed, "can't open: \(reason)", file: path,
                hint: errno == ENOENT ? "check the path" : nil)
        }
        try self.init(owning: descriptor, path: path)
    }

    /// Takes over an open descriptor.
    public init(owning descriptor: Int32, path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw FormatError(.ioFailed, "can't be examined: \(String(cString: strerror(errno)))", file: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device, pipe or socket"
            throw FormatError(.pathSpecial, "is \(kind), expected a regular file", file: path)
        }
        self.path = path
        self.descriptor = descriptor
        self.count = Int(status.st_size)
        self.identity = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
    }

    deinit { close(descriptor) }

    public var fileRegion: FileRegion? { FileRegion(file: self, offset: 0) }

    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            guard let start = buffer.baseAddress else { return }
            let got = pread(descriptor, start + done, buffer.count - done, off_t(offset + done))
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else {
                throw FormatError(
                    .ioFailed, "reading failed: \(String(cString: strerror(errno)))", file: path, offset: offset + done)
            }
            guard got > 0 else {
                throw FormatError(
                    .containerTruncated, "the file ended while it was being read (it had \(count) bytes when opened)",
                    file: path, offset: offset + done,
                    hint: "another program may be writing it; try again when it is done")
            }
            done += got
        }
    }
}
