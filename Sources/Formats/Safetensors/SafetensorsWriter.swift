import GraphIR

/// Writes a safetensors file with the layout of the reference implementation: larger types first, then by the names'
/// bytes; the header padded with spaces to a multiple of eight. The same tensors and metadata give the same bytes.
/// - Throws: `tensor.dtype` (unsupported) for types that the format lacks, `name.reserved`, `limit.header`,
///   what reading the tensors throws, `io.failed`.
public func writeSafetensors(_ stateDict: StateDict, to output: OutputFile) throws {
    var entries: [(name: String, type: SafetensorsType, tensor: Tensor, bytes: Bytes)] = []
    for (name, tensor) in stateDict.tensors {
        try locating(item: "tensor '\(name)'") {
            guard name.string != "__metadata__" else {
                throw FormatError(.nameReserved, "safetensors keeps this name for its metadata")
            }
            let type = try SafetensorsType(tensor.elementType)
            entries.append((name.string, type, tensor, try stored(tensor, as: type)))
        }
    }
    entries.sort { left, right in
        left.type != right.type ? left.type > right.type : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    var header: [(key: String, value: JSONValue)] = []
    if !stateDict.metadata.isEmpty {
        header.append(("__metadata__", .object(stateDict.metadata.map { ($0.key, .string($0.value)) })))
    }
    var position = 0
    for entry in entries {
        guard let end = position.adding(checked: entry.bytes.count) else {
            throw FormatError(.tensorShape, "the tensors take more than 2^63 bytes together")
        }
        let numbers = { (values: [Int]) in JSONValue.array(values.map { .number(String($0)) }) }
        header.append(
            (
                entry.name,
                .object([
                    ("dtype", .string(String(describing: entry.type))), ("shape", numbers(entry.tensor.shape)),
                    ("data_offsets", numbers([position, end])),
                ])
            ))
        position = end
    }
    var text = Array(JSONValue.object(header).serialized().utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    guard text.count <= safetensorsHeaderLimit else {
        throw FormatError(
            .limitHeader, "the header takes \(text.count) bytes, the format allows \(safetensorsHeaderLimit)")
    }
    let length = UInt64(text.count)
    try output.write((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + text)
    for entry in entries {
        try locating(item: "tensor '\(entry.name)'") { try output.append(entry.bytes) }
    }
}

/// The bytes as the file holds them.
private func stored(_ tensor: Tensor, as type: SafetensorsType) throws -> Bytes {
    let bytes = try tensor.bytes()
    guard let bits = tensor.count.multiplied(checked: type.bitWidth), bits % 8 == 0 else {
        throw FormatError(
            .tensorShape,
            "\(tensor.count) values of \(type.bitWidth) bits don't fill whole bytes, as safetensors wants",
            faultClass: .unsupported)
    }
    return type.bitWidth == 6 ? Bytes(PackedSixBits(bytes)) : bytes
}
