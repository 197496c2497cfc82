import GraphIR

/// The weights of a `.pt2` archive (`torch.export.save`), as a checkpoint.
func readExportedProgram(_ file: FileSource, machine: PickleMachine, options: ReadOptions) throws -> TorchFile {
    let archive = try ZipArchive(file, verifyChecksums: options.verifyChecksums)
    let reader = TorchExportReader(archive: archive, machine: machine)
    let weights = try reader.weights()
    return TorchFile(
        format: .pt2, root: weights.root, globals: machine.arena.globals, notes: archive.notes + machine.notes,
        archive: archive)
}

/// What `torch.export.save` wrote (`torch/export/pt2_archive/_package.py`), without a look at what the program does.
public struct ExportedArchive: Sendable {
    /// The program's name within the archive: `model` unless several were saved together.
    public var name: String
    /// The program: JSON text.
    public var program: [UInt8]
    /// Parameters and persistent buffers, in the file's order.
    public var weights: [(name: String, tensor: PickledTensor)]
    /// Lifted tensors and buffers that aren't persistent.
    public var constants: [(name: String, tensor: PickledTensor)]
    /// `(args, kwargs)` that the program was exported with, where the archive keeps them.
    public var sampleInputs: PickledValue?
    /// The files that `extra_files=` added, by name.
    public var extraFiles: [(name: String, contents: Bytes)]
    /// What was odd or left unread.
    public var notes: [String]
    /// The zip, to compare its checksums.
    public var archive: ZipArchive

    /// Reads the archive of one program, in any layout since PyTorch 2.1. Weights stay in the file.
    /// - Throws: `container.*`, `json.*`, `pickle.*`, `tensor.*` and `limit.*`.
    public init(_ file: FileSource, options: ReadOptions) throws {
        self = try locating(file: file.path) {
            let machine = PickleMachine(allowed: options.allowedGlobals, refusesGlobals: options.refusesGlobals)
            let archive = try ZipArchive(file, verifyChecksums: options.verifyChecksums)
            return try TorchExportReader(archive: archive, machine: machine).exportedArchive()
        }
    }

    fileprivate init(name: String, program: [UInt8], archive: ZipArchive) {
        self.name = name
        self.program = program
        self.archive = archive
        weights = []
        constants = []
        extraFiles = []
        notes = []
    }
}

private struct TorchExportReader {
    /// The largest JSON file that is read: 137 KB list 460 tensors, and a program of 5,000 nodes takes 5 MB.
    private static let maximumText = 1 << 26

    let archive: ZipArchive
    let machine: PickleMachine

    /// Where an archive keeps its parts. PyTorch 2.1 to 2.7 put them at the top, under names of their own; 2.7 and 2.8
    /// under one root, with the weights as a file of `torch.save`; later ones with a record for each storage.
    private struct Layout {
        var root = ""
        var isRooted = false
    }

    private func layout() throws -> Layout {
        for entry in archive.entries {
            if entry.name == "archive_format" || entry.name.hasSuffix("/archive_format") {
                return Layout(root: String(entry.name.dropLast("archive_format".count)), isRooted: true)
            }
        }
        let name = "serialized_exported_program.json"
        if let entry = archive.entries.first(where: { $0.name == name || $0.name.hasSuffix("/" + name) }) {
            return Layout(root: String(entry.name.dropLast(name.count)), isRooted: false)
        }
        let models = archive.entries.first { $0.name.hasSuffix("models/model.json") }
        return Layout(
            root: models.map { String($0.name.dropLast("models/model.json".count)) } ?? "", isRooted: models != nil
        )
    }

    func exportedArchive() throws -> ExportedArchive {
        let layout = try layout()
        let root = layout.root
        let name: String
        let program: ZipEntry
        if layout.isRooted {
            let programs = records(under: root + "models/", suffix: ".json")
            guard let only = programs.first, programs.count == 1 else {
                throw FormatError(
                    .containerUnsupported,
                    programs.isEmpty
                        ? "holds no exported program" : "holds \(programs.count) programs, one is read",
                    hint: programs.isEmpty
                        ? "compiled packages have no graph; save the program with torch.export.save"
                        : "export one program to a file")
            }
            program = only
            name = String(only.name.dropFirst((root + "models/").count).dropLast(".json".count))
        } else {
            guard let only = archive.entry(named: root + "serialized_exported_program.json") else {
                throw FormatError(.containerMalformed, "the archive holds no exported program")
            }
            program = only
            name = "model"
        }
        var result = ExportedArchive(
            name: name, program: try archive.contents(of: program, limit: Self.maximumText).array(), archive: archive)
        result.weights = try weights().pairs
        result.constants = try constants(layout, name: name)
        let sample =
            layout.isRooted ? "\(root)data/sample_inputs/\(name).pt" : root + "serialized_example_inputs.pt"
        if let entry = archive.entry(named: sample), entry.size > 0 {
            result.sampleInputs = try nested(entry, into: machine.sibling())
        }
        for folder in layout.isRooted ? [root + "extra/"] : [root + "extra_files/"] {
            for entry in archive.entries where entry.name.hasPrefix(folder) {
                result.extraFiles.append(
                    (String(entry.name.dropFirst(folder.count)), try archive.bytes(of: entry)))
            }
        }
        result.notes = archive.notes + machine.notes
        return result
    }

    private func records(under folder: String, suffix: String) -> [ZipEntry] {
        archive.entries.filter { $0.name.hasPrefix(folder) && $0.name.hasSuffix(suffix) }
    }

    func weights() throws -> (root: PickledValue, pairs: [(name: String, tensor: PickledTensor)]) {
        let configs = archive.entries.filter {
            $0.name.hasSuffix("_weights_config.json") && $0.name.contains("data/weights/")
        }
        guard configs.count <= 1 else {
            throw FormatError(
                .containerUnsupported, "holds the weights of \(configs.count) programs, one is read",
                hint: "export one program to a file")
        }
        if let config = configs.first {
            let pairs = try readConfig(config)
            return (.dictionary(pairs.map { (.string($0.name), .tensor($0.tensor)) }), pairs)
        }
        let nested = archive.entries.filter {
            $0.name == "serialized_state_dict.pt" || $0.name.hasSuffix("/serialized_state_dict.pt")
                || $0.name == "serialized_state_dict.json" || $0.name.hasSuffix("/serialized_state_dict.json")
                || $0.name.contains("data/weights/") && $0.name.hasSuffix(".pt")
        }
        guard let entry = nested.first, nested.count == 1 else {
            throw FormatError(.containerMalformed, "the exported program has no weights")
        }
        let root = try self.nested(entry, into: machine)
        return (root, tensors(of: root))
    }

    private func constants(_ layout: Layout, name: String) throws -> [(name: String, tensor: PickledTensor)] {
        let root = layout.root
        if layout.isRooted {
            let config = archive.entry(named: "\(root)data/constants/\(name)_constants_config.json")
            if let config { return try readConfig(config) }
        }
        let names =
            layout.isRooted
            ? ["\(root)data/constants/\(name).pt"]
            : [root + "serialized_constants.pt", root + "serialized_constants.json"]
        for name in names {
            guard let entry = archive.entry(named: name), entry.size > 0 else { continue }
            return tensors(of: try nested(entry, into: machine.sibling()))
        }
        return []
    }

    private func tensors(of value: PickledValue) -> [(name: String, tensor: PickledTensor)] {
        guard case .dictionary(let entries) = value else { return [] }
        return entries.compactMap { entry in
            guard case .string(let name) = entry.key, case .tensor(let tensor) = entry.value else { return nil }
            return (name, tensor)
        }
    }

    /// A file of `torch.save` within the archive.
    private func nested(_ entry: ZipEntry, into machine: PickleMachine) throws -> PickledValue {
        let inner = try ZipArchive(
            try archive.bytes(of: entry), path: archive.path, verifyChecksums: archive.verifyChecksums)
        return try locating(item: entry.name) { try TorchZipReader(inner, machine: machine).read(.pt2).root }
    }

    private func readConfig(_ entry: ZipEntry) throws -> [(name: String, tensor: PickledTensor)] {
        let folder = String(entry.name.prefix(entry.name.count - (entry.name.split(separator: "/").last?.count ?? 0)))
        let text = try archive.contents(of: entry, limit: Self.maximumText).array()
        return try locating(item: entry.name) {
            guard case .object(let payloads) = try JSONValue.parse(text)["config"] else {
                throw FormatError(.jsonMalformed, "no object 'config'")
            }
            var pairs: [(name: String, tensor: PickledTensor)] = []
            for (name, payload) in payloads {
                // Script objects and the like, which lie among the constants: whoever needs one misses it by name.
                if payload["tensor_meta"] == nil { continue }
                pairs.append((name, try locating(item: name) { try self.tensor(payload, folder: folder) }))
            }
            return pairs
        }
    }

    private func tensor(_ payload: JSONValue, folder: String) throws -> PickledTensor {
        if case .bool(true) = payload["use_pickle"] {
            throw FormatError(
                .containerUnsupported, "is kept as a pickle of a tensor subclass, which is not read")
        }
        guard let path = payload["path_name"]?.stringValue, let meta = payload["tensor_meta"],
            let number = meta["dtype"]?.integer
        else { throw FormatError(.jsonMalformed, "no path_name, tensor_meta or dtype") }
        if let layout = meta["layout"]?.integer, layout != 7 {
            throw FormatError(.containerUnsupported, "layout \(layout), only strided (7) is read")
        }
        let type = try TorchElementType.scalarType(number)
        let shape = try integers(meta["sizes"], "sizes")
        let strides = try integers(meta["strides"], "strides")
        let offset = meta["storage_offset"]?["as_int"]?.integer ?? meta["storage_offset"]?.integer ?? 0
        guard let entry = archive.entry(named: folder + path) else {
            throw FormatError(.tensorStorage, "the archive has no record \(folder + path)")
        }
        let layout = try TensorLayout(type, shape: shape, strides: strides, offset: offset, storageBytes: entry.size)
        let tensor = try Tensor(type, shape: shape, bytes: try layout.bytes(of: try archive.bytes(of: entry)))
        var isParameter = false
        if case .bool(true) = payload["is_param"] { isParameter = true }
        return PickledTensor(tensor, storage: path, isParameter: isParameter)
    }

    private func integers(_ value: JSONValue?, _ what: String) throws -> [Int] {
        guard case .array(let items) = value else { throw FormatError(.jsonMalformed, "no array '\(what)'") }
        return try items.map { item in
            guard let number = item["as_int"]?.integer ?? item.integer else {
                throw FormatError(.jsonMalformed, "'\(what)' holds something else than numbers")
            }
            return number
        }
    }
}
