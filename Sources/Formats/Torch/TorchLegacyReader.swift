import GraphIR

/// The container before PyTorch 1.6: a magic number, a protocol, facts about the writer, the object and the storages'
/// keys as five pickles, then each storage as a count and its bytes (`torch.serialization._legacy_load`).
struct TorchLegacyReader {
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    private static let protocolVersion: Int64 = 1001

    let content: Bytes
    let machine: PickleMachine

    init(_ content: Bytes, machine: PickleMachine) {
        self.content = content
        self.machine = machine
    }

    func read() throws -> PickleMachine.ID {
        do {
            return try readAll()
        } catch let error as FormatError where error.code == .pickleTruncated {
            var copy = error
            copy.code = .containerTruncated
            copy.faultClass = FormatError.Code.containerTruncated.faultClass
            throw copy
        }
    }

    private func readAll() throws -> PickleMachine.ID {
        machine.persistence = .storages { _, _ in nil }
        var input = PickleInput(content)
        let magic = try machine.load(&input)
        guard case .bigInt(let index) = machine.arena[magic],
            try machine.arena.blobs[index].array().starts(with: Self.magic)
        else {
            throw FormatError(
                .formatMismatch, "the first pickle is \(machine.arena.kind(magic)), not PyTorch's magic number")
        }
        let version = try machine.load(&input)
        guard case .int(Self.protocolVersion) = machine.arena[version] else {
            throw FormatError(.containerUnsupported, "a protocol other than \(Self.protocolVersion)")
        }
        // The writer's byte order and type sizes. Storages are little-endian whatever it says.
        _ = try machine.load(&input)
        let root = try machine.load(&input)
        let keysID = try machine.load(&input)
        guard let keyIDs = machine.arena.items(keysID) else {
            throw FormatError(.pickleType, "the list of storages is \(machine.arena.kind(keysID))")
        }
        let keys = try keyIDs.map { id in
            guard let key = machine.arena.text(id) else {
                throw FormatError(.pickleType, "a storage's key is \(machine.arena.kind(id))")
            }
            try machine.checkName(key.utf8.count, "a storage's key")
            return key
        }
        try placeStorages(keys, from: input.position)
        return root
    }

    private func placeStorages(_ keys: [String], from start: Int) throws {
        var widths: [ExactName: Int] = [:]
        var wanted: [ExactName: Int] = [:]
        for storage in machine.arena.storages {
            let key = ExactName(storage.key)
            widths[key] = Swift.max(1, storage.type.bitWidth / 8)
            wanted[key] = Swift.max(wanted[key] ?? 0, storage.viewOffset.adding(checked: storage.byteCount) ?? Int.max)
        }
        var places: [ExactName: Bytes] = [:]
        var position = start
        for key in keys {
            try locating(item: "storage \(key)", offset: position) {
                guard let width = widths[ExactName(key)] else {
                    throw FormatError(.tensorStorage, "is in the file and no tensor refers to it")
                }
                guard content.count - position >= 8 else {
                    throw FormatError(.containerTruncated, "the file ends before its length")
                }
                var cursor = LittleEndianCursor(try content.slice(at: position, count: 8).array())
                let count = Int64(bitPattern: cursor.uint64())
                guard let count = Int(exactly: count), count >= 0, let bytes = count.multiplied(checked: width),
                    wanted[ExactName(key)] ?? 0 <= bytes
                else {
                    throw FormatError(
                        .tensorStorage,
                        "says \(count) elements, its tensors refer to \(wanted[ExactName(key)] ?? 0) bytes")
                }
                guard bytes <= content.count - position - 8 else {
                    let code: FormatError.Code = bytes > content.count ? .tensorStorage : .containerTruncated
                    throw FormatError(
                        code, "says \(count) elements, \(bytes) bytes; \(content.count - position - 8) are left",
                        hint: "the file was cut short: get it again")
                }
                guard
                    places.updateValue(try content.slice(at: position + 8, count: bytes), forKey: ExactName(key)) == nil
                else {
                    throw FormatError(.tensorStorage, "is in the file twice")
                }
                position += 8 + bytes
            }
        }
        guard position == content.count else {
            throw FormatError(
                .containerTrailing, "\(content.count - position) bytes follow the last storage", offset: position)
        }
        try machine.placeStorages { storage in
            guard let place = places[ExactName(storage.key)] else {
                throw FormatError(.tensorStorage, "a tensor refers to it, and it is not in the file")
            }
            return try place.slice(at: storage.viewOffset, count: storage.byteCount)
        }
    }
}
