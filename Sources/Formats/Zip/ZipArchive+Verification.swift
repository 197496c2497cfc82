import Dispatch
import GraphIR
import Synchronization

extension ZipArchive {
    /// Compares every record with its CRC-32, on all cores.
    /// - Throws: `container.checksum` that names the first record, in the order of the archive, that differs; what
    ///   reading throws.
    public func verifyAll() throws {
        let first = Mutex<(index: Int, error: any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: entries.count) { index in
            do {
                try verify(entries[index])
            } catch {
                first.withLock { if ($0?.index ?? .max) > index { $0 = (index, error) } }
            }
        }
        if let failure = first.withLock({ $0 }) { throw failure.error }
    }
}
