import Dispatch
import Synchronization

/// Runs `body` for the pieces of `0..<count`, on all cores where a piece is worth a thread.
///
/// - Parameter grain: the fewest items that make a piece. Choose it so that a piece takes about 50 µs or more: what
///   starting a thread costs must not show.
/// - Throws: one of the errors thrown by `body`.
func inParallel(_ count: Int, grain: Int, _ body: @Sendable (Range<Int>) throws -> Void) throws {
    let pieces = min(max(count / max(grain, 1), 1), ParallelLimits.pieces)
    if pieces == 1 { return try body(0..<max(count, 0)) }
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
        let start = count / pieces * piece + min(piece, count % pieces)
        let length = count / pieces + (piece < count % pieces ? 1 : 0)
        do {
            try body(start..<(start + length))
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
    }
    if let error = failure.withLock({ $0 }) { throw error }
}

enum ParallelLimits {
    /// The most pieces that work is cut into: more than any machine's cores, so that uneven cores even out.
    static let pieces = 64
    /// Elements of a cheap elementwise loop that make a piece of work.
    static let elements = 1 << 16
    /// Products of a matrix product up to which BLAS stays on one thread.
    static let productsOfOneThread = 1 << 18
    /// Elements between two looks at the clock.
    static let untimed = 1 << 20
}

extension Call {
    /// Cuts a range into parts and looks at the clock before each.
    /// - Throws: `limit.time`; whatever `body` throws.
    func timed(
        _ range: Range<Int>, by step: Int = ParallelLimits.untimed, _ body: (Range<Int>) throws -> Void
    ) throws {
        var start = range.lowerBound
        while start < range.upperBound {
            try checkTime()
            let end = Swift.min(range.upperBound, start + step)
            try body(start..<end)
            start = end
        }
    }
}

/// A pointer that the pieces of a parallel loop share; each writes only its own part.
struct Shared<Pointer>: @unchecked Sendable {
    let pointer: Pointer
    init(_ pointer: Pointer) { self.pointer = pointer }
}
