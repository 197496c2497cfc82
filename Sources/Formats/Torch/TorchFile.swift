import GraphIR

/// What a file of PyTorch's holds, as data.
public struct TorchFile: Sendable {
    /// The file's format.
    public var format: FileFormat
    /// The pickled object; of a `.pt2`, a dictionary of names to tensors.
    public var root: PickledValue
    /// The tuple of constants that a TorchScript archive keeps beside its code.
    public var constants: PickledValue?
    /// Every class and function that the pickles name, in order.
    public var globals: [String]
    /// What was odd, assumed or not used.
    public var notes: [String]
    /// The archive, where the file is one: ``verifyChecksums()`` reads it.
    public var archive: ZipArchive?

    /// Compares every storage of the archive with its CRC-32. Opening has checked the small records only, so that it
    /// doesn't read the weights.
    /// - Throws: `container.checksum` that names the record.
    public func verifyChecksums() throws {
        try archive?.verifyAll()
    }
}

/// Reads any file that `torch.save`, `torch.jit.save`, `torch.export.save` or plain `pickle` made. Weights stay in the
/// file; nothing of it is run.
/// - Throws: `container.*`, `pickle.*`, `tensor.*` and `limit.*`.
public func readTorch(_ file: FileSource, format: FileFormat, options: ReadOptions) throws -> TorchFile {
    try locating(file: file.path) {
        let machine = PickleMachine(allowed: options.allowedGlobals, refusesGlobals: options.refusesGlobals)
        let root: PickleMachine.ID
        switch format {
        case .torchZip, .torchScript:
            let archive = try ZipArchive(file, verifyChecksums: options.verifyChecksums)
            return try TorchZipReader(archive, machine: machine).read(format)
        case .pt2:
            return try readExportedProgram(file, machine: machine, options: options)
        case .torchLegacy: root = try TorchLegacyReader(Bytes(file), machine: machine).read()
        case .torchTar: root = try TorchTarReader(Bytes(file), machine: machine).read()
        case .torchPickle:
            var input = PickleInput(Bytes(file))
            root = try machine.load(&input)
            if input.remaining > 0 { machine.note("\(input.remaining) bytes follow the pickle and were not read") }
        default:
            throw FormatError(.formatMismatch, "a file of format \(format.rawValue) is none of PyTorch's")
        }
        return TorchFile(
            format: format, root: try machine.value(root), globals: machine.arena.globals, notes: machine.notes,
            archive: nil)
    }
}
