import GraphIR
import OrderedCollections

/// Writes an `.npz`: a zip of `.npy` entries, stored, in the order given. `np.load` reads it.
/// - Throws: `tensor.dtype` (unsupported) for types that NumPy's files can't name, what reading the tensors throws,
///   `io.failed`.
public func writeNPZ(_ tensors: OrderedDictionary<String, Tensor>, to output: OutputFile) throws {
    try writeNPZ(tensors.map { (name: $0.key, tensor: $0.value) }, to: output)
}

/// Writes the tensors of a state dict as an `.npz`. What the file can't hold (metadata, ties) is left out.
public func writeNPZ(_ stateDict: StateDict, to output: OutputFile) throws {
    try writeNPZ(stateDict.tensors.map { (name: $0.key.string, tensor: $0.value) }, to: output)
}

private func writeNPZ(_ tensors: [(name: String, tensor: Tensor)], to output: OutputFile) throws {
    var archive = ZipWriter(output)
    for (name, tensor) in tensors {
        try locating(item: "tensor '\(name)'") {
            let payload = try Concatenation([Bytes(NumPyHeader.bytes(for: tensor)), tensor.bytes()])
            try archive.add(name: name + ".npy", bytes: Bytes(payload))
        }
    }
    try archive.finish()
}

/// Writes one array as `.npy`.
/// - Throws: as ``writeNPZ(_:to:)-(OrderedDictionary<String,Tensor>,_)``.
public func writeNPY(_ tensor: Tensor, to output: OutputFile) throws {
    try output.write(NumPyHeader.bytes(for: tensor))
    try output.append(tensor.bytes())
}

extension NumPyHeader {
    /// Magic, version 1.0 and header, padded as NumPy does to a multiple of 64.
    static func bytes(for tensor: Tensor) throws -> [UInt8] {
        let sizes = tensor.shape.map(String.init)
        let shape = "(" + sizes.joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
        let descr = try NumPyType.descr(of: tensor.elementType)
        var text = Array("{'descr': '\(descr)', 'fortran_order': False, 'shape': \(shape), }".utf8)
        let prefix = 10
        text += [UInt8](repeating: 0x20, count: 63 - (prefix + text.count) % 64) + [0x0A]
        guard let length = UInt16(exactly: text.count) else {
            throw FormatError(.tensorShape, "the shape is too long for an .npy header", faultClass: .unsupported)
        }
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + text
    }
}

/// Bytes one behind the other.
private final class Concatenation: ByteSource {
    let count: Int
    private let parts: [Bytes]

    init(_ parts: [Bytes]) throws {
        self.parts = parts
        guard let count = parts.reduce(Int?(0), { $0?.adding(checked: $1.count) }) else {
            throw FormatError(.tensorShape, "more than 2^63 bytes")
        }
        self.count = count
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var skipped = 0
        for part in parts {
            let begin = max(offset, skipped)
            let end = min(offset + buffer.count, skipped + part.count)
            if begin < end {
                let target = UnsafeMutableRawBufferPointer(rebasing: buffer[(begin - offset)..<(end - offset)])
                try part.read(at: begin - skipped, into: target)
            }
            skipped += part.count
        }
    }
}
