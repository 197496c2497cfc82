import GraphIR
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The temporary files that exist at this moment, kept where a signal handler may look at them: fixed memory, atomic
/// flags, no locks.
///
/// SIGINT, SIGTERM and SIGHUP remove them and then do what they always do. A program that has handlers of its own for
/// these signals keeps them. SIGXFSZ is ignored, so that a file that grows past the limit of the process is an error of
/// `write` and not the end of the process.
enum TemporaryFiles {
    /// Outputs that may be open at once. Each takes a path's worth of memory for good.
    static let capacity = 64

    /// Bytes of a path with its NUL: Linux's `PATH_MAX`.
    private static let pathSize = 4096

    private struct Slot: @unchecked Sendable {
        // Unchecked: the path is written only by the owner of `state` 1 and read only in `state` 2.
        let path: UnsafeMutablePointer<CChar>
        /// 0 free, 1 being written, 2 holds a path.
        let state: UnsafeMutablePointer<Atomic<Int>>
    }

    private static let slots: [Slot] = (0..<capacity).map { _ in
        let state = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: 1)
        state.initialize(to: Atomic(0))
        return Slot(path: .allocate(capacity: pathSize), state: state)
    }

    private static let installed: Void = {
        _ = slots
        for number in [SIGINT, SIGTERM, SIGHUP] {
            if let other = signal(number, removeAllAndDie) { signal(number, other) }
        }
        if let other = signal(SIGXFSZ, SIG_IGN) { signal(SIGXFSZ, other) }
    }()

    private static let removeAllAndDie: @convention(c) (Int32) -> Void = { number in
        for slot in TemporaryFiles.slots where slot.state.pointee.load(ordering: .acquiring) == 2 {
            unlink(slot.path)
        }
        signal(number, SIG_DFL)
        raise(number)
    }

    /// Remembers a path and returns the number under which to forget it.
    /// - Throws: `limit.count` where too many are open, `io.failed` where the path is too long.
    static func register(_ path: String) throws -> Int {
        _ = installed
        guard path.utf8.count < pathSize else {
            throw FormatError(.ioFailed, "the path is too long", file: path)
        }
        for (index, slot) in slots.enumerated() {
            guard slot.state.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged else {
                continue
            }
            var end = 0
            for byte in path.utf8 {
                slot.path[end] = CChar(bitPattern: byte)
                end += 1
            }
            slot.path[end] = 0
            slot.state.pointee.store(2, ordering: .releasing)
            return index
        }
        throw FormatError(.limitCount, "more than \(capacity) files are being written at once", file: path)
    }

    static func forget(_ index: Int) {
        slots[checked: index]?.state.pointee.store(0, ordering: .releasing)
    }
}
