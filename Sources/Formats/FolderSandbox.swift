import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Opens a file that another file names: a shard of an index, ONNX external data.
///
/// The name comes from whoever made the file, so it may reach only regular files beneath `folder`: no absolute path, no
/// `..`, no symbolic link on the way, one hard link, opened non-blocking. The folder itself is the user's choice and may
/// be a link. Each component is opened from the descriptor of the one before, without following links, so what was
/// checked is what is opened.
/// - Throws: `path.escape` for a name that leaves the folder, `path.special` for what is no regular file or has other
///   hard links, `io.missing`, `io.failed`.
public func openBeneath(folder: String, relative: String) throws -> FileSource {
    let shown = folder == "." ? relative : "\(folder)/\(relative)"
    func escape(_ problem: String) -> FormatError {
        FormatError(
            .pathEscape, problem, file: shown,
            hint: "put the file beside the one that names it, as a plain file with a plain name")
    }
    guard !relative.utf8.contains(0) else { throw escape("the name '\(relative)' holds a NUL") }
    guard !relative.isEmpty else { throw escape("the name is empty") }
    guard !relative.hasPrefix("/") else { throw escape("'\(relative)' is an absolute path") }
    let components = relative.split(separator: "/").filter { $0 != "." }.map(String.init)
    guard !components.contains("..") else { throw escape("'\(relative)' leaves the folder through '..'") }
    // A Windows path such as C:\x or ..\x is one component here, and something else on the machine that it was made on.
    guard !relative.contains("\\") else { throw escape("'\(relative)' holds a backslash") }
    guard let name = components.last, !relative.hasSuffix("/") else { throw escape("'\(relative)' names no file") }

    var current = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard current >= 0 else { throw systemError("the folder can't be opened", file: folder) }
    defer { close(current) }
    for component in components.dropLast() {
        let inner = openat(current, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else {
            // A link in place of a directory is ENOTDIR or ELOOP, by system.
            if errno == ELOOP || isLink(component, in: current) {
                throw escape("'\(component)' is a symbolic link")
            }
            throw systemError("can't open '\(component)'", file: shown)
        }
        close(current)
        current = inner
    }
    let descriptor = openat(current, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
        if errno == ELOOP || isLink(name, in: current) { throw escape("'\(name)' is a symbolic link") }
        throw systemError("can't be opened", file: shown)
    }
    let file = try FileSource(owning: descriptor, path: shown)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemError("can't be examined", file: shown) }
    guard status.st_nlink <= 1 else {
        throw FormatError(
            .pathSpecial, "has \(status.st_nlink) hard links, so it may be a file from elsewhere", file: shown,
            hint: "replace it with a copy")
    }
    return file
}

/// The folder that a path's file lies in.
func parentFolder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

private func isLink(_ name: String, in folder: Int32) -> Bool {
    let code = errno
    defer { errno = code }
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

private func systemError(_ problem: String, file: String) -> FormatError {
    let code = errno
    let hint =
        switch code {
        case ENOENT: "the file that names it wants it there; fetch it too"
        case EMFILE: "the file is in more parts than this process may open: raise the limit (ulimit -n)"
        default: String?.none
        }
    return FormatError(
        code == ENOENT ? .ioMissing : .ioFailed, "\(problem): \(String(cString: strerror(code)))", file: file,
        hint: hint)
}
