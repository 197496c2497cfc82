import GraphIR

/// The weights of a `.pt2` archive (`torch.export.save`): raw storages and a JSON file that says which tensor is which
/// view of which (`torch/export/pt2_archive/_package.py`). The program itself is not read here.
///
/// Older layouts keep the weights as a `torch.save` file within the archive.
func readExportedProgram(_ file: FileSource, machine: PickleMachine, options: ReadOptions) throws -> TorchFile {
    let archive = try ZipArchive(file, verifyChecksums: options.verifyChecksums)
    let reader = TorchExportReader(archive: archive, machine: machine)
    return try reader.read()
}

private struct TorchExportReader {
    /// The largest JSON file that is read: 137 KB for 460 tensors.
    private static let maximumConfig = 1 << 26

    let archive: ZipArchive
    let machine: PickleMachine

    func read() throws -> TorchFile {
        let configs = archive.entries.filter {
            $0.name.hasSuffix("_weights_config.json") && $0.name.contains("data/weights/")
        }
        guard configs.count <= 1 else {
            throw FormatError(
                .containerUnsupported, "holds the weights of \(configs.count) programs, one is read",
                hint: "export one program to a file")
        }
        if let config = configs.first { return try readConfig(config) }
        let nested = archive.entries.filter {
            $0.name == "serialized_state_dict.pt" || $0.name.hasSuffix("/serialized_state_dict.pt")
                || $0.name == "serialized_state_dict.json"
                || $0.name.contains("data/weights/") && $0.name.hasSuffix(".pt")
        }
        guard let entry = nested.first, nested.count == 1 else {
            throw FormatError(.containerMalformed, "the exported program has no weights")
        }
        let inner = try ZipArchive(
            try archive.bytes(of: entry), path: archive.path, verifyChecksums: archive.verifyChecksums)
        var file = try locating(item: entry.name) { try TorchZipReader(inner, machine: machine).read(.pt2) }
        file.format = .pt2
        file.archive = archive
        file.notes += archive.notes
        return file
    }

    private func readConfig(_ entry: ZipEntry) throws -> TorchFile {
        let folder = String(entry.name.prefix(entry.name.count - (entry.name.split(separator: "/").last?.count ?? 0)))
        let text = try archive.contents(of: entry, limit: Self.maximumConfig).array()
        return try locating(item: entry.name) {
            guard case .object(let weights) = try JSONValue.parse(text)["config"] else {
                throw FormatError(.jsonMalformed, "no object 'config'")
            }
            var pairs: [(key: PickledValue, value: PickledValue)] = []
            for (name, payload) in weights {
                let tensor = try locating(item: name) { try self.tensor(payload, folder: folder) }
                pairs.append((.string(name), .tensor(tensor)))
            }
            return TorchFile(
                format: .pt2, root: .dictionary(pairs), globals: [],
                notes: archive.notes + ["the program of the archive was not read, its weights were"], archive: archive)
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
