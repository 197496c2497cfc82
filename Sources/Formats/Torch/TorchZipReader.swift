import GraphIR

/// The zip container of PyTorch 1.6 and later, and TorchScript archives (`caffe2/serialize/inline_container.h`).
struct TorchZipReader {
    /// `kMaxSupportedFileFormatVersion`.
    static let maximumVersion = 10
    /// The largest pickle that is read: objects without the weights; NumPy arrays may lie within it.
    static let maximumPickle = 1 << 30
    /// Pickles up to this size are read into memory, deflated ones in any case; and so none may be larger: 1 GB deflates
    /// into 1 MB.
    static let maximumLoadedPickle = 1 << 26
    /// Brackets that may nest in the source of a TorchScript archive. It isn't run, but readers that do recurse.
    static let maximumCodeDepth = 256
    /// The largest source file that is looked at.
    static let maximumCode = 1 << 24

    /// Bytes of storages whose checksums are compared on opening: many small tensors, in a few milliseconds. What is
    /// beyond waits for ``TorchFile/verifyChecksums()``.
    static let eagerChecks = 16 << 20

    let archive: ZipArchive
    let machine: PickleMachine

    init(_ archive: ZipArchive, machine: PickleMachine) {
        self.archive = archive
        self.machine = machine
    }

    func read(_ format: FileFormat) throws -> TorchFile {
        let prefix = try rootFolder()
        try checkVersion(prefix)
        machine.isBigEndian = try byteOrder(prefix)
        let archive = archive
        var checked = 0
        func place(_ folder: String) -> (String, Int) throws -> Bytes {
            { key, byteCount in
                let name = prefix + folder + key
                guard let entry = archive.entry(named: name) else {
                    throw FormatError(.tensorStorage, "the archive has no record of this storage", item: name)
                }
                guard entry.size >= byteCount else {
                    throw FormatError(
                        .tensorStorage, "a storage of \(byteCount) bytes, its record has \(entry.size)", item: name)
                }
                if archive.verifyChecksums, entry.size <= ZipArchive.smallRecord,
                    checked + entry.size <= Self.eagerChecks
                {
                    checked += entry.size
                    try archive.verify(entry)
                }
                return try archive.bytes(of: entry).slice(at: 0, count: byteCount)
            }
        }
        machine.persistence = .storages(place("data/"))
        let root = try machine.value(try pickle(prefix + "data.pkl"))
        var isScript = false
        var values: PickledValue?
        if archive.entry(named: prefix + "constants.pkl") != nil {
            isScript = true
            let constants = machine.sibling()
            constants.persistence = .storages(place("constants/"))
            values = try constants.value(try load(prefix + "constants.pkl", into: constants))
            for name in constants.arena.globals where !machine.arena.globals.contains(name) {
                machine.arena.globals.append(name)
            }
        }
        for entry in archive.entries where entry.name.hasPrefix(prefix + "code/") {
            isScript = true
            if entry.name.hasSuffix(".py") { try checkCode(entry) }
        }
        return TorchFile(
            format: isScript ? .torchScript : format, root: root, constants: values, globals: machine.arena.globals,
            notes: archive.notes + machine.notes, archive: archive)
    }

    private func pickle(_ name: String) throws -> PickleMachine.ID { try load(name, into: machine) }

    private func load(_ name: String, into machine: PickleMachine) throws -> PickleMachine.ID {
        guard let entry = archive.entry(named: name) else {
            throw FormatError(.containerMalformed, "the archive has no such record", item: name)
        }
        let isLoaded = entry.method == .deflated || entry.size <= ZipArchive.smallRecord
        let bytes: Bytes
        if isLoaded {
            bytes = try archive.contents(of: entry, limit: Self.maximumLoadedPickle)
        } else {
            guard entry.size <= Self.maximumPickle else {
                throw FormatError(
                    .limitMemory, "a pickle of \(entry.size) bytes, at most \(Self.maximumPickle) are read", item: name)
            }
            if archive.verifyChecksums { try archive.verify(entry) }
            bytes = try archive.bytes(of: entry)
        }
        return try locating(item: name) {
            var input = PickleInput(bytes)
            let root = try machine.load(&input)
            guard input.remaining == 0 else {
                throw FormatError(
                    .pickleTrailing, "\(input.remaining) bytes follow the pickle", offset: input.position,
                    hint: "an honest file has none; they may be meant for another reader")
            }
            return root
        }
    }

    /// The folder that holds `data.pkl`, with its slash; empty where there is none.
    private func rootFolder() throws -> String {
        var found: String?
        for entry in archive.entries where entry.name == "data.pkl" || entry.name.hasSuffix("/data.pkl") {
            // Records of other folders may bear the name too: the root's is one level down.
            let prefix = String(entry.name.dropLast("data.pkl".count))
            if let found {
                throw FormatError(
                    .containerAmbiguous, "two pickles, \(found)data.pkl and \(entry.name): which one is it?",
                    hint: "readers differ on it; extract the one you want")
            }
            found = prefix
        }
        guard let found else {
            throw FormatError(.containerMalformed, "the archive has no data.pkl")
        }
        return found
    }

    private func text(_ name: String) throws -> String? {
        guard let entry = archive.entry(named: name) else { return nil }
        let bytes = try archive.contents(of: entry, limit: 1 << 10).array()
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }

    private func checkVersion(_ prefix: String) throws {
        guard let text = try text(prefix + "version") ?? text(prefix + ".data/version") else {
            machine.note("the archive does not say its version")
            return
        }
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw FormatError(.containerMalformed, "version '\(text)' is no number", item: prefix + "version")
        }
        guard let version = Int(text), version <= Self.maximumVersion else {
            throw FormatError(
                .containerUnsupported, "archive version \(text), up to \(Self.maximumVersion) are known",
                item: prefix + "version", hint: "a newer PyTorch made it")
        }
    }

    private func byteOrder(_ prefix: String) throws -> Bool {
        switch try text(prefix + "byteorder") {
        case nil, "little": return false
        case "big": return true
        case .some(let other):
            throw FormatError(.containerMalformed, "byte order '\(other)'", item: prefix + "byteorder")
        }
    }

    private func checkCode(_ entry: ZipEntry) throws {
        let bytes = try archive.contents(of: entry, limit: Self.maximumCode).array()
        var depth = 0
        var quote: UInt8?
        var isEscaped = false
        for (offset, byte) in bytes.enumerated() {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == open || byte == 0x0A {
                    quote = nil
                }
                continue
            }
            switch byte {
            case 0x22, 0x27: quote = byte
            case 0x28, 0x5B, 0x7B: depth += 1
            case 0x29, 0x5D, 0x7D: depth -= 1
            default: break
            }
            guard depth <= Self.maximumCodeDepth else {
                throw FormatError(
                    .limitDepth, "brackets nest deeper than \(Self.maximumCodeDepth)", item: entry.name, offset: offset)
            }
        }
    }
}
