import Dispatch
import Synchronization

/// Verifies the checksums of a checkpoint while its weights are being copied: the copy waits for the disk, this computes.
final class ChecksumVerification: Sendable {
    private let failure = Mutex<(any Error)?>(nil)
    private let done = DispatchGroup()

    /// Starts at once.
    init(of checkpoint: Checkpoint) {
        DispatchQueue.global(qos: .userInitiated).async(group: done) { [self] in
            do { try checkpoint.verifyChecksums() } catch { failure.withLock { $0 = error } }
        }
    }

    /// Waits for the verdict.
    /// - Throws: `container.checksum`, or what reading threw.
    @Sendable func finish() throws {
        done.wait()
        try failure.withLock { if let failure = $0 { throw failure } }
    }
}
