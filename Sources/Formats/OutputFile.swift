import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that appears whole or not at all.
///
/// What is written goes to a temporary file beside the target; ``commit()`` flushes it to the disk and renames it.
/// Without a commit (an error on the way, SIGINT, SIGTERM) the temporary file is removed and the target stays as it was.
/// So the target may be a file that is being read.
public final class OutputFile {
    /// The path as the user gave it.
    public let path: String
    /// The number of bytes written so far.
    public private(set) var position = 0

    /// Where the file will be: `path` with symbolic links followed.
    private let target: String
    private let temporary: String
    private let slot: Int
    private var descriptor: Int32
    /// How much of the file the disk was asked to write already.
    private var handedToDisk = 0

    /// Bytes that one copy between descriptors asks the kernel for.
    private static let copySize = 1 << 28

    /// Starts a file. A new file gets the permissions that the umask leaves it, a replaced one those it had.
    /// - Throws: `path.special` where the target is a directory or a device, `io.missing` where its folder isn't there,
    ///   `io.failed` where the system refuses, `usage` where the path can't name a file.
    public init(path: String) throws {
        guard !path.isEmpty, !path.utf8.contains(0), !path.hasSuffix("/") else {
            throw FormatError(.usage, "is no path of a file", file: path)
        }
        let (target, permissions) = try Self.resolve(path)
        let folder = Self.folder(of: target)
        let (temporary, descriptor) = try Self.makeTemporary(in: folder, for: path)
        do {
            slot = try TemporaryFiles.register(temporary)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        self.path = path
        self.target = target
        self.temporary = temporary
        self.descriptor = descriptor
        if let permissions { fchmod(descriptor, permissions) }
    }

    deinit { abandon() }

    private func abandon() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary)
        TemporaryFiles.forget(slot)
    }

    // MARK: Writing

    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// - Throws: `io.failed`, such as for a full disk.
    public func write(_ raw: UnsafeRawBufferPointer) throws {
        try put(raw, at: position)
        position += raw.count
    }

    private func put(_ raw: UnsafeRawBufferPointer, at offset: Int) throws {
        guard descriptor >= 0 else { throw FormatError(.usage, "is already complete", file: path) }
        var done = 0
        while let base = raw.baseAddress, done < raw.count {
            let count = pwrite(descriptor, base + done, raw.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("writing") }
            done += count
        }
    }

    /// Appends bytes, between descriptors where they lie in a file and the kernel can.
    /// - Throws: `io.failed`, or what reading throws.
    public func append(_ bytes: Bytes) throws {
        var copied = 0
        #if os(Linux)
            if let region = bytes.fileRegion { copied = try copy(region, count: bytes.count) }
        #endif
        guard copied < bytes.count else { return }
        try bytes.slice(at: copied, count: bytes.count - copied).forEachChunk { try write($0) }
    }

    #if os(Linux)
        private typealias SyncFileRange = @convention(c) (Int32, Int64, Int64, UInt32) -> Int32

        private static let syncFileRange: SyncFileRange? = dlsym(nil, "sync_file_range").map {
            unsafeBitCast($0, to: SyncFileRange.self)
        }

        /// Bytes after which the disk is set to work.
        private static let writebackSize = 16 << 20
        /// `SYNC_FILE_RANGE_WRITE`: start writing, don't wait.
        private static let startWriting: UInt32 = 2

        /// Lets the disk write what is there while the rest is copied, so that ``flush()`` has less to wait for. A hint:
        /// what it can't do, `flush()` does.
        private func startWriteback() {
            guard position - handedToDisk >= Self.writebackSize, let syncFileRange = Self.syncFileRange else { return }
            _ = syncFileRange(descriptor, Int64(handedToDisk), Int64(position - handedToDisk), Self.startWriting)
            handedToDisk = position
        }

        private typealias CopyFileRange =
            @convention(c) (
                Int32, UnsafeMutablePointer<Int64>?, Int32, UnsafeMutablePointer<Int64>?, Int, UInt32
            ) -> Int

        /// Looked up at run time: the C library declares it only to programs that define `_GNU_SOURCE`, which Swift's
        /// import of it doesn't.
        private static let copyFileRange: CopyFileRange? = dlsym(nil, "copy_file_range").map {
            unsafeBitCast($0, to: CopyFileRange.self)
        }

        /// The number of bytes copied: fewer than `count` where this pair of files can't be copied so.
        private func copy(_ region: FileRegion, count: Int) throws -> Int {
            guard descriptor >= 0 else { throw FormatError(.usage, "is already complete", file: path) }
            guard let copyFileRange = Self.copyFileRange else { return 0 }
            var done = 0
            while done < count {
                var from = Int64(region.offset + done)
                var to = Int64(position)
                let wanted = Swift.min(count - done, Self.copySize)
                let got = copyFileRange(region.file.descriptor, &from, descriptor, &to, wanted, 0)
                if got > 0 {
                    done += got
                    position += got
                    startWriteback()
                    continue
                }
                if got == 0 { return done }
                switch errno {
                case EINTR: continue
                case ENOSPC, EDQUOT, EFBIG, EIO: throw failure("writing")
                default: return done
                }
            }
            return done
        }
    #endif

    /// Appends `byte` until the position is a multiple of `alignment`.
    public func pad(to alignment: Int, with byte: UInt8 = 0) throws {
        guard alignment > 0 else { throw FormatError(.usage, "alignment \(alignment) is not above 0", file: path) }
        let rest = position % alignment
        if rest > 0 { try write([UInt8](repeating: byte, count: alignment - rest)) }
    }

    /// Writes over bytes that were written before.
    /// - Throws: `tensor.bounds` where they weren't, `io.failed`.
    public func overwrite(at offset: Int, _ bytes: [UInt8]) throws {
        guard offset >= 0, let end = offset.adding(checked: bytes.count), end <= position else {
            throw FormatError(
                .tensorBounds, "bytes \(offset) + \(bytes.count) reach past the \(position) that were written",
                file: path)
        }
        try bytes.withUnsafeBytes { try put($0, at: offset) }
    }

    /// Flushes what was written to the disk, without making it appear.
    /// - Throws: `io.failed`.
    public func flush() throws {
        guard descriptor >= 0 else { throw FormatError(.usage, "is already complete", file: path) }
        guard fsync(descriptor) == 0 else { throw failure("flushing") }
    }

    /// Makes the file appear, complete and flushed to the disk.
    /// - Throws: `io.failed`; the target is then as it was before, except where only the folder couldn't be flushed.
    public func commit() throws {
        try flush()
        let closing = descriptor
        descriptor = -1
        defer { TemporaryFiles.forget(slot) }
        guard close(closing) == 0, rename(temporary, target) == 0 else {
            let error = failure("completing")
            unlink(temporary)
            throw error
        }
        let folder = open(Self.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("flushing the folder of") }
        defer { close(folder) }
        // Some file systems can't flush a folder and say EINVAL.
        guard fsync(folder) == 0 || errno == EINVAL else { throw failure("flushing the folder of") }
    }

    private func failure(_ action: String) -> FormatError {
        let code = errno
        let hint =
            switch code {
            case ENOSPC, EDQUOT: "make room on the disk; nothing was left behind"
            case EFBIG: "the file is larger than the system allows this process to write"
            default: String?.none
            }
        return FormatError(.ioFailed, "\(action) failed: \(String(cString: strerror(code)))", file: path, hint: hint)
    }

    // MARK: Places

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The absolute path that a file is renamed to, and the permissions of the file that is there.
    private static func resolve(_ path: String) throws -> (target: String, permissions: mode_t?) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device, pipe or socket"
                throw FormatError(.pathSpecial, "is \(kind), which is not replaced", file: path)
            }
            return (try absolute(path, for: path), status.st_mode & 0o777)
        }
        if lstat(path, &status) == 0 {
            throw FormatError(
                .pathSpecial, "is a symbolic link to nothing", file: path, hint: "remove the link or name its target")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard name != ".", name != ".." else { throw FormatError(.usage, "is no path of a file", file: path) }
        let folder = try absolute(folder(of: path), for: path)
        return (folder == "/" ? "/\(name)" : "\(folder)/\(name)", nil)
    }

    private static func absolute(_ path: String, for original: String) throws -> String {
        guard let resolved = realpath(path, nil) else {
            let code = errno
            throw FormatError(
                code == ENOENT ? .ioMissing : .ioFailed,
                "the folder to write to can't be opened: \(String(cString: strerror(code)))", file: original,
                hint: code == ENOENT ? "make the folder first" : nil)
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// A new file with a hidden name that nothing else has. Opened with the usual permissions, so that the umask applies.
    private static func makeTemporary(in folder: String, for path: String) throws -> (path: String, descriptor: Int32) {
        while true {
            let number = String(UInt64.random(in: 0 ... .max), radix: 36)
            let name = "\(folder == "/" ? "" : folder)/.weightbridge-\(number).tmp"
            let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
            if descriptor >= 0 { return (name, descriptor) }
            guard errno == EEXIST || errno == EINTR else {
                throw FormatError(
                    .ioFailed, "can't write in its folder: \(String(cString: strerror(errno)))", file: path)
            }
        }
    }
}
