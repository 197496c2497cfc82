import GraphIR

/// Writes a state dict as `torch.save` does: a zip archive that `torch.load` reads with `weights_only=True` and
/// `mmap=True`. The same tensors give the same bytes.
///
/// Tensors that are the same bytes of one source share a storage, as tied weights do in PyTorch.
/// - Throws: `tensor.dtype` (unsupported) for element types that PyTorch does not have; `io.*`.
public func writeTorch(_ stateDict: StateDict, to output: OutputFile) throws {
    var writer = TorchWriter()
    for (name, tensor) in stateDict.tensors {
        try locating(item: name.string) { try writer.add(name.string, tensor) }
    }
    var zip = ZipWriter(output)
    try zip.add(name: "archive/data.pkl", bytes: Bytes(writer.pickle()))
    try zip.add(name: "archive/.format_version", bytes: Bytes(Array("1".utf8)))
    try zip.add(name: "archive/.storage_alignment", bytes: Bytes(Array("64".utf8)))
    try zip.add(name: "archive/byteorder", bytes: Bytes(Array("little".utf8)))
    for (index, storage) in writer.storages.enumerated() {
        try zip.add(name: "archive/data/\(index)", bytes: storage)
    }
    try zip.add(name: "archive/version", bytes: Bytes(Array("3\n".utf8)))
    try zip.finish()
}

/// The pickle (protocol 2) of an `OrderedDict` of tensors.
private struct TorchWriter {
    private struct Place: Hashable {
        var source: ObjectIdentifier
        var start: Int
        var count: Int
    }

    private(set) var storages: [Bytes] = []
    private var known: [Place: Int] = [:]
    private var items = LittleEndianBuilder()

    mutating func add(_ name: String, _ tensor: Tensor) throws {
        guard let type = TorchElementType.name(of: tensor.elementType) else {
            throw FormatError(
                .tensorDtype, "PyTorch has no element type \(tensor.elementType.onnxName)", faultClass: .unsupported)
        }
        let bytes = try tensor.bytes()
        let place = Place(source: ObjectIdentifier(bytes.source), start: bytes.start, count: bytes.count)
        var key = storages.count
        if bytes.count > 0, let shared = known[place] {
            key = shared
        } else {
            known[place] = key
            storages.append(bytes)
        }
        text(name)
        let storage = TorchElementType.storageName(of: tensor.elementType)
        global("torch._utils", storage == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
        mark()
        mark()
        text("storage")
        if let storage { global("torch", storage) } else { global("torch.storage", "UntypedStorage") }
        text(String(key))
        text("cpu")
        integer(storage == nil ? bytes.count : tensor.count)
        items.uint8(0x74)  // TUPLE
        items.uint8(0x51)  // BINPERSID
        integer(0)
        tuple(tensor.shape)
        tuple(TensorLayout.denseStrides(tensor.shape))
        items.uint8(0x89)  // NEWFALSE: requires_grad
        emptyOrderedDict()
        if storage == nil { global("torch", type) }
        items.uint8(0x74)
        items.uint8(0x52)  // REDUCE
    }

    func pickle() -> [UInt8] {
        var whole = TorchWriter()
        whole.items.append([0x80, 2])  // PROTO 2
        whole.emptyOrderedDict()
        whole.mark()
        whole.items.append(items.bytes)
        whole.items.append([0x75, 0x2E])  // SETITEMS, STOP
        return whole.items.bytes
    }

    private mutating func mark() { items.uint8(0x28) }

    private mutating func emptyOrderedDict() {
        global("collections", "OrderedDict")
        items.append([0x29, 0x52])  // EMPTY_TUPLE, REDUCE
    }

    private mutating func global(_ module: String, _ name: String) {
        items.uint8(0x63)
        items.append(Array("\(module)\n\(name)\n".utf8))
    }

    private mutating func text(_ text: String) {
        let utf8 = Array(text.utf8)
        items.uint8(0x58)  // BINUNICODE
        items.uint32(UInt32(clamping: utf8.count))
        items.append(utf8)
    }

    private mutating func integer(_ value: Int) {
        if let small = UInt8(exactly: value) {
            items.append([0x4B, small])
        } else if let medium = Int32(exactly: value) {
            items.uint8(0x4A)
            items.uint32(UInt32(bitPattern: medium))
        } else {
            items.append([0x8A, 8])  // LONG1
            items.uint64(UInt64(bitPattern: Int64(value)))
        }
    }

    private mutating func tuple(_ values: [Int]) {
        mark()
        for value in values { integer(value) }
        items.uint8(0x74)
    }
}
