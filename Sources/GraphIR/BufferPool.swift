import Synchronization

/// Buffers that were given back, kept for the next of about their size. A forward pass makes and drops a tensor for every
/// node, and each fresh page costs the system more than most nodes cost us.
final class BufferPool: Sendable {
    static let shared = BufferPool()

    /// Sizes worth keeping: smaller ones the system's allocator keeps itself, larger ones are few.
    private static let sizes = (1 << 16)...(1 << 24)
    /// Bytes that are kept at most.
    private static let limit = 1 << 26

    private struct Entry {
        let capacity: Int
        let address: UInt
    }
    private struct State {
        var entries: [Entry] = []
        var bytes = 0
    }
    private let state = Mutex(State())

    /// A buffer of at least `count` bytes and at most a quarter more, with whatever it held; `nil` where there is none.
    func take(_ count: Int) -> (base: UnsafeMutableRawPointer, capacity: Int)? {
        guard Self.sizes.contains(count) else { return nil }
        let entry = state.withLock { state -> Entry? in
            let fitting = state.entries.lastIndex { $0.capacity >= count && $0.capacity <= count + count / 4 }
            guard let fitting else { return nil }
            let entry = state.entries.remove(at: fitting)
            state.bytes -= entry.capacity
            return entry
        }
        guard let entry, let base = UnsafeMutableRawPointer(bitPattern: entry.address) else { return nil }
        return (base, entry.capacity)
    }

    /// Keeps a buffer.
    /// - Returns: whether it was taken; otherwise the caller frees it.
    func give(_ base: UnsafeMutableRawPointer, capacity: Int) -> Bool {
        guard Self.sizes.contains(capacity) else { return false }
        return state.withLock { state in
            guard state.bytes + capacity <= Self.limit else { return false }
            state.entries.append(Entry(capacity: capacity, address: UInt(bitPattern: base)))
            state.bytes += capacity
            return true
        }
    }
}
