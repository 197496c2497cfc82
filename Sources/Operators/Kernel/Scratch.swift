import GraphIR

extension Call {
    /// The same call with `bytes` less to allocate: for what a kernel holds besides its results.
    /// - Throws: `limit.memory` where there aren't as many left.
    func taking(_ bytes: Int?, for purpose: String) throws -> Call {
        guard let bytes, bytes <= memory else {
            throw GraphError(
                .memory, "\(purpose) takes \(bytes.map(String.init) ?? "more than 2⁶³") bytes, \(memory) are left",
                hint: "raise the session's memory limit (--memory-limit)")
        }
        return with(values: values, using: bytes)
    }

    /// Calls `body` with `count` elements of scratch, zero at first.
    /// - Throws: `limit.memory`; whatever `body` throws.
    func withScratch<T: BitwiseCopyable, R>(
        _ count: Int?, of: T.Type = T.self, _ body: (UnsafeMutablePointer<T>) throws -> R
    ) throws -> R {
        let bytes = count.flatMap { Swift.max($0, 1).multiplied(checked: MemoryLayout<T>.size) }
        guard let bytes, bytes <= memory else {
            throw GraphError(
                .memory,
                "intermediate results take \(bytes.map(String.init) ?? "more than 2⁶³") bytes, \(memory) are left",
                hint: "raise the session's memory limit (--memory-limit)")
        }
        let buffer = try allocate(bytes)
        defer { buffer.deallocate() }
        guard let base = buffer.bindMemory(to: T.self).baseAddress else {
            throw GraphError(.memory, "no scratch memory")
        }
        return try body(base)
    }
}

/// A size that BLAS can take.
/// - Throws: `op.unsupported-argument` from 2³¹ on.
func blasSize(_ size: Int) throws -> Int32 {
    guard let size32 = Int32(exactly: size) else {
        throw GraphError(.unsupportedArgument, "\(size) rows or columns in a matrix product, at most 2³¹ − 1 work")
    }
    return size32
}
