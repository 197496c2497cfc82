import GraphIR

/// What the names and shapes of a state dict come down to: two sums of hashes (FNV-1a, 64 bits), so that the order of
/// the tensors doesn't matter. Counters of batches are left out, since some files lack them.
struct Fingerprint: Hashable, Sendable {
    /// Over the names.
    var names: UInt64
    /// Over `name:dimensions` of the tensors whose shapes don't depend on classes and channels.
    var shapes: UInt64

    init(names: UInt64, shapes: UInt64) {
        self.names = names
        self.shapes = shapes
    }

    /// - Parameter free: the tensors whose shapes don't count.
    init(_ weights: StateDict, free: Set<ExactName>) {
        self.init(names: 0, shapes: 0)
        for (name, tensor) in weights.tensors where !name.string.hasSuffix("num_batches_tracked") {
            names &+= Self.hash(name.string)
            if !free.contains(name) {
                shapes &+= Self.hash("\(name.string):\(tensor.shape.map(String.init).joined(separator: ","))")
            }
        }
    }

    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
