import GraphIR

/// The container of PyTorch 0.1: a tar archive with `storages`, `tensors` and `pickle`
/// (`torch.serialization._load`'s `legacy_load`).
struct TorchTarReader {
    /// Members that are looked at; there are four.
    private static let maximumMembers = 64
    /// A tensor has at most this rank, so that its header is small.
    private static let maximumRank = 64

    let content: Bytes
    let machine: PickleMachine

    init(_ content: Bytes, machine: PickleMachine) {
        self.content = content
        self.machine = machine
    }

    func read() throws -> PickleMachine.ID {
        let members = try members()
        func member(_ name: String) throws -> Bytes {
            guard let bytes = members[ExactName(name)] else {
                throw FormatError(.containerMalformed, "the tar archive has no '\(name)'")
            }
            return bytes
        }
        machine.persistence = .numbered([:])
        let storages = try locating(item: "storages") { try readStorages(try member("storages")) }
        let tensors = try locating(item: "tensors") { try readTensors(try member("tensors"), storages) }
        machine.persistence = .numbered(storages.merging(tensors) { _, tensor in tensor })
        return try locating(item: "pickle") {
            var input = PickleInput(try member("pickle"))
            return try machine.load(&input)
        }
    }

    /// Regular members by name (POSIX ustar).
    private func members() throws -> [ExactName: Bytes] {
        var members: [ExactName: Bytes] = [:]
        var position = 0
        while content.count - position >= 512 {
            let header = try content.slice(at: position, count: 512).array()
            if header.allSatisfy({ $0 == 0 }) { break }
            guard members.count < Self.maximumMembers else {
                throw FormatError(.limitCount, "more than \(Self.maximumMembers) members")
            }
            func field(_ range: Range<Int>) -> String {
                String(decoding: header[range].prefix { $0 != 0 }, as: UTF8.self)
            }
            let sizeText = field(124..<136).filter { $0 != " " }
            guard let size = Int(sizeText, radix: 8), size >= 0, size <= content.count - position - 512 else {
                throw FormatError(
                    .containerTruncated, "a member of '\(sizeText)' (octal) bytes reaches past the end",
                    offset: position)
            }
            var sum = 0
            for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 0x20 : Int(byte) }
            guard Int(field(148..<156).filter { $0 != " " }, radix: 8) == sum else {
                throw FormatError(.containerChecksum, "a member's header does not match its checksum", offset: position)
            }
            let type = header[156]
            var name = field(0..<100)
            if name.hasPrefix("./") { name = String(name.dropFirst(2)) }
            if type == 0x30 || type == 0 {
                let bytes = try content.slice(at: position + 512, count: size)
                guard members.updateValue(bytes, forKey: ExactName(name)) == nil else {
                    throw FormatError(.containerDuplicate, "two members of this name", item: name)
                }
            } else if !(type == 0x35 && (name.isEmpty || name == "." || name.hasSuffix("/"))) {
                machine.note("the tar member '\(name)' is no file and was not read")
            }
            position += 512 + (size + 511) / 512 * 512
        }
        return members
    }

    private func count(_ input: inout PickleInput, _ what: String) throws -> Int {
        let id = try machine.load(&input)
        let count = try machine.integer(id, "the number of \(what)")
        // Each takes some bytes, so a number past those is a lie.
        guard count >= 0, count <= input.remaining else {
            throw FormatError(.containerMalformed, "\(count) \(what) in \(input.remaining) bytes")
        }
        return count
    }

    private func number(_ input: inout PickleInput) throws -> Int { Int(Int64(bitPattern: try input.unsigned(8))) }

    private func key(_ id: PickleMachine.ID) throws -> String {
        if let text = machine.arena.text(id) { return text }
        return String(try machine.integer(id, "a key"))
    }

    private func arguments(_ input: inout PickleInput) throws -> [PickleMachine.ID] {
        let id = try machine.load(&input)
        guard let items = machine.arena.items(id), items.count == 3 else {
            throw FormatError(.pickleType, "a header is \(machine.arena.kind(id)), expected three parts")
        }
        return items
    }

    private func readStorages(_ bytes: Bytes) throws -> [String: PickleMachine.ID] {
        var input = PickleInput(bytes)
        var found: [String: PickleMachine.ID] = [:]
        for _ in 0..<(try count(&input, "storages")) {
            let parts = try arguments(&input)
            guard let type = machine.arena.name(parts[2]) else {
                throw FormatError(.pickleType, "a storage's class is \(machine.arena.kind(parts[2]))")
            }
            let element = try TorchElementType.storage(type)
            let length = try number(&input)
            guard length >= 0, let size = element.byteCount(of: length), size <= input.remaining else {
                throw FormatError(.tensorStorage, "a storage of \(length) elements, \(input.remaining) bytes are left")
            }
            let name = try key(parts[0])
            found[name] = try machine.arena.addStorage(
                PickleStorage(key: name, type: element, byteCount: size, bytes: try input.slice(size)))
        }
        let views = try machine.load(&input)
        for view in machine.arena.items(views) ?? [] {
            guard let parts = machine.arena.items(view), parts.count == 4,
                let root = found[try key(parts[1])], case .storage(let index) = machine.arena[root]
            else { throw FormatError(.tensorStorage, "a view of a storage that is not in the file") }
            var storage = machine.arena.storages[index]
            let width = Swift.max(1, storage.type.bitWidth / 8)
            let offset = try machine.integer(parts[2], "a view's offset").multiplied(checked: width) ?? -1
            let size = try machine.integer(parts[3], "a view's length").multiplied(checked: width) ?? -1
            storage.bytes = try storage.bytes?.slice(at: offset, count: size)
            storage.byteCount = size
            found[try key(parts[0])] = try machine.arena.addStorage(storage)
        }
        return found
    }

    private func readTensors(
        _ bytes: Bytes, _ storages: [String: PickleMachine.ID]
    ) throws -> [String: PickleMachine.ID] {
        var input = PickleInput(bytes)
        var found: [String: PickleMachine.ID] = [:]
        for _ in 0..<(try count(&input, "tensors")) {
            let parts = try arguments(&input)
            let rank = Int(try input.int32())
            _ = try input.unsigned(4)
            guard rank >= 0, rank <= Self.maximumRank else {
                throw FormatError(.tensorShape, "rank \(rank), expected at most \(Self.maximumRank)")
            }
            var shape: [Int] = [], strides: [Int] = []
            for _ in 0..<rank { shape.append(try number(&input)) }
            for _ in 0..<rank { strides.append(try number(&input)) }
            let offset = try number(&input)
            let name = try key(parts[0])
            if case .none = machine.arena[parts[1]] {
                throw FormatError(.tensorStorage, "tensor \(name) has no storage")
            }
            guard let storage = storages[try key(parts[1])], case .storage(let index) = machine.arena[storage] else {
                throw FormatError(.tensorStorage, "tensor \(name) refers to a storage that is not in the file")
            }
            let element = machine.arena.storages[index].type
            _ = try TensorLayout(
                element, shape: shape, strides: strides, offset: offset,
                storageBytes: machine.arena.storages[index].byteCount)
            found[name] = try machine.arena.addTensor(
                RawTensor(
                    type: element, shape: shape, content: .view(storage: index, offset: offset, strides: strides)))
        }
        return found
    }
}
