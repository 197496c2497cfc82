#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How much memory one allocation may ask for.
public enum MemoryLimit {
    /// Three quarters of the machine's memory unless the environment variable `WEIGHTBRIDGE_MEMORY_LIMIT` (bytes) says
    /// otherwise: what a file asks for beyond that would push everything else out.
    public static let bytes: Int = {
        if let text = getenv("WEIGHTBRIDGE_MEMORY_LIMIT"), let limit = Int(String(cString: text)), limit > 0 {
            return limit
        }
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let size = sysconf(Int32(_SC_PAGESIZE))
        guard pages > 0, size > 0, let total = pages.multiplied(checked: size) else { return 1 << 32 }
        return total / 4 * 3
    }()
}
