import Crypto
import Dispatch
import Synchronization

/// A digest of a state dict: what tells that an export was made of these weights and no others.
///
/// A tree of SHA-256, so that all cores share the work and one tensor can be checked alone:
/// each tensor is cut into chunks of ``chunkSize`` bytes, a tensor's digest is that of its header (name, element type
/// and shape, as text, each ended by a newline) followed by the digests of its chunks, and the root is the digest of
/// the tensors' digests in order. It depends on names, types, shapes and bits alone: the same weights have the same
/// digest in every container.
public enum SourceDigest {
    /// Bytes of one leaf.
    public static let chunkSize = 4 << 20

    /// The root as `sha256-tree:` and 64 hexadecimal digits.
    /// - Throws: what reading the tensors throws.
    public static func of(_ stateDict: StateDict) throws -> String {
        let tensors = Array(stateDict.tensors)
        var leaves: [Leaf] = []
        for (index, entry) in tensors.enumerated() where entry.value.elementType != .string {
            let bytes = try entry.value.bytes()
            for start in stride(from: 0, to: bytes.count, by: chunkSize) {
                leaves.append(
                    Leaf(tensor: index, bytes: bytes, start: start, count: min(chunkSize, bytes.count - start)))
            }
        }
        let digests = try digest(leaves)
        var root = SHA256()
        var next = 0
        for (index, entry) in tensors.enumerated() {
            var hash = SHA256()
            let shape = entry.value.shape.map(String.init).joined(separator: ",")
            hash.update(data: Array("\(entry.key.string)\n\(entry.value.elementType.onnxName)\n\(shape)\n".utf8))
            if case .strings(let strings) = entry.value.contents {
                for string in strings { hash.update(data: Array(SHA256.hash(data: string))) }
            }
            while next < leaves.count, leaves[next].tensor == index {
                hash.update(data: digests[next])
                next += 1
            }
            root.update(data: Array(hash.finalize()))
        }
        return "sha256-tree:" + root.finalize().map { hexadecimal($0) }.joined()
    }

    private struct Leaf: Sendable {
        let tensor: Int
        let bytes: Bytes
        let start: Int
        let count: Int
    }

    private static func digest(_ leaves: [Leaf]) throws -> [[UInt8]] {
        let results = Mutex<(digests: [[UInt8]], failure: (any Error)?)>(
            (Array(repeating: [], count: leaves.count), nil))
        DispatchQueue.concurrentPerform(iterations: leaves.count) { index in
            do {
                let leaf = leaves[index]
                var hash = SHA256()
                try leaf.bytes.slice(at: leaf.start, count: leaf.count).forEachChunk { hash.update(bufferPointer: $0) }
                let digest = Array(hash.finalize())
                results.withLock { $0.digests[index] = digest }
            } catch {
                results.withLock { $0.failure = $0.failure ?? error }
            }
        }
        return try results.withLock { outcome in
            if let failure = outcome.failure { throw failure }
            return outcome.digests
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }
}
