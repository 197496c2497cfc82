import GraphIR

/// The weights of a file that isn't a graph, and what was chosen to get at them.
public struct Checkpoint: Sendable {
    /// The path as the user gave it.
    public var path: String
    /// The file's format.
    public var format: FileFormat
    /// The weights.
    public var stateDict: StateDict
    /// How they were found in the file.
    public var selection: Selection
    /// Every global that a pickle names, whether it was used or not.
    public var globals: [String]
    /// What the user should know of how it was read.
    public var notes: [String]
    /// `config.json` beside the weights, where there is one: timm's and Hugging Face's description of the model.
    public var config: JSONValue?
    /// The zip that the weights lie in, where they do and its checksums are to be verified.
    var archive: ZipArchive?

    public init(
        path: String, format: FileFormat, stateDict: StateDict, selection: Selection = Selection(),
        globals: [String] = [], notes: [String] = [], config: JSONValue? = nil
    ) {
        self.path = path
        self.format = format
        self.stateDict = stateDict
        self.selection = selection
        self.globals = globals
        self.notes = notes
        self.config = config
    }

    /// Compares every record of the file with its checksum, where the format has checksums. Opening has compared only
    /// what it read, so that it needn't read the weights.
    /// - Throws: `container.checksum` that names the record.
    public func verifyChecksums() throws {
        try archive?.verifyAll()
    }
}

/// What was taken of a checkpoint, and what was left.
public struct Selection: Sendable {
    /// Where the weights were, as keys joined by dots; empty for the top.
    public var chosenPath = ""
    /// Prefixes that every name had and lost, in order.
    public var strippedPrefixes: [String] = []
    /// Other places that hold tensors.
    public var alternatives: [(path: String, tensors: Int)] = []
    /// What there is besides tensors.
    public var others: [(path: String, summary: String)] = []

    public init() {}
}

/// A file with weights in it, read as what it is.
public enum WeightFile: Sendable {
    case checkpoint(Checkpoint)
    case model(Model)

    /// Opens a file of any format that we read. Weights stay in the file until they are asked for.
    /// - Throws: ``FormatError``: `format.unknown` where it is none of ours, and what the format's reader throws.
    public static func open(_ path: String, options: ReadOptions = ReadOptions()) throws -> WeightFile {
        let file = try FileSource(path: path)
        return try locating(file: path) {
            let format = try FileFormat.detect(file)
            if format == .onnx { return .model(try readModel(file)) }
            if format == .onnxText { return .model(try readModelText(file)) }
            var checkpoint = try Checkpoint(reading: file, format: format, options: options)
            checkpoint.config = try Self.config(beside: path, notes: &checkpoint.notes)
            return .checkpoint(checkpoint)
        }
    }

    /// Bytes of a `config.json` that are read: the largest that timm and transformers write take some 100 KB.
    static let configSizeLimit = 4 << 20

    /// A `config.json` that can't be read is said, not fatal: the weights are what was asked for.
    private static func config(beside path: String, notes: inout [String]) throws -> JSONValue? {
        let name = parentFolder(of: path) + "/config.json"
        do {
            let file = try FileSource(path: name)
            guard file.count <= configSizeLimit else {
                notes.append("config.json beside the weights is \(file.count) bytes long and wasn't read")
                return nil
            }
            return try JSONValue.parse(Bytes(file).array())
        } catch let error as FormatError {
            if error.code != .ioMissing {
                notes.append("config.json beside the weights wasn't used: \(error.description)")
            }
            return nil
        }
    }
}

extension Checkpoint {
    /// Reads a file whose format is known and that is no ONNX model.
    init(reading file: FileSource, format: FileFormat, options: ReadOptions) throws {
        var notes: [String] = []
        switch format {
        case .safetensors:
            self.init(path: file.path, format: format, stateDict: try readSafetensors(file))
        case .npy, .npz:
            let stateDict = try readNumPy(file, format: format, options: options, notes: &notes)
            self.init(path: file.path, format: format, stateDict: stateDict, notes: notes)
        case .safetensorsIndex:
            var globals: [String] = []
            var shardNotes: [String] = []
            let stateDict = try ShardIndex(file).stateDict(notes: &notes) { shard in
                let format = try FileFormat.detect(shard)
                guard format != .safetensorsIndex, format != .onnx, format != .onnxText else {
                    throw FormatError(
                        .formatMismatch, "is \(format.summary), expected a file of weights", file: shard.path)
                }
                let part = try Checkpoint(readingUnprefixed: shard, format: format, options: options)
                globals += part.globals.filter { !globals.contains($0) }
                shardNotes += part.notes
                return part.stateDict
            }
            self.init(
                path: file.path, format: format, stateDict: stateDict, globals: globals, notes: notes + shardNotes)
        case .torchZip, .torchLegacy, .torchTar, .torchScript, .torchPickle, .pt2:
            self = try Checkpoint(readingUnprefixed: file, format: format, options: options)
        case .onnx, .onnxText:
            throw FormatError(.formatMismatch, "is an ONNX model, expected a file of weights", file: file.path)
        }
        let isPickle = format != .safetensors && format != .safetensorsIndex && format != .npy && format != .npz
        if !isPickle {
            guard !options.preferEMA else {
                throw FormatError(
                    .usage, "--ema asks for averaged weights, a \(format.summary) holds one set of tensors",
                    file: file.path)
            }
            if let path = options.selectPath { try select(prefix: path) }
        }
        stripPrefixes()
    }

    /// The same without stripping prefixes, which one shard can't decide.
    private init(readingUnprefixed file: FileSource, format: FileFormat, options: ReadOptions) throws {
        guard format != .safetensors else {
            self.init(path: file.path, format: format, stateDict: try readSafetensors(file))
            return
        }
        var notes: [String] = []
        guard format != .npy, format != .npz else {
            let stateDict = try readNumPy(file, format: format, options: options, notes: &notes)
            self.init(path: file.path, format: format, stateDict: stateDict, notes: notes)
            return
        }
        let torch = try readTorch(file, format: format, options: options)
        var selector = WeightSelector(options: options)
        try locating(file: file.path) {
            do {
                try selector.select(from: torch.root)
            } catch let error as FormatError where error.code == .tensorMissing {
                if let frozen = Self.frozenWeights(torch) {
                    selector = WeightSelector(options: options)
                    try selector.select(from: frozen)
                    notes.append(
                        "the archive is frozen: its weights are the constants of its code, without their names")
                } else {
                    // A module without parameters is its program alone.
                    guard Self.holdsProgram(torch), options.selectPath == nil, !options.preferEMA else { throw error }
                    notes.append("the program of the file has no weights")
                }
            }
            try Self.checkExpansion(selector.stateDict, fileSize: file.count)
        }
        self.init(
            path: file.path, format: format, stateDict: selector.stateDict, selection: selector.selection,
            globals: torch.globals, notes: torch.notes + notes + selector.notes)
        archive = options.verifyChecksums ? torch.archive : nil
    }

    /// The constants of a TorchScript archive that `torch.jit.freeze` left without attributes: `CONSTANTS.c0` and so on,
    /// as its code calls them.
    private static func frozenWeights(_ torch: TorchFile) -> PickledValue? {
        guard case .tuple(let constants)? = torch.constants else { return nil }
        let tensors = constants.enumerated().compactMap { index, value -> (key: PickledValue, value: PickledValue)? in
            guard case .tensor = value else { return nil }
            return (.string("CONSTANTS.c\(index)"), value)
        }
        return tensors.isEmpty ? nil : .dictionary(tensors)
    }

    /// Whether an archive says what is computed, beside the weights.
    private static func holdsProgram(_ torch: TorchFile) -> Bool {
        switch torch.format {
        case .torchScript: torch.archive?.entries.contains { $0.name.contains("code/__torch__") } ?? false
        case .pt2:
            torch.archive?.entries.contains { entry in
                entry.name.contains("models/") && entry.name.hasSuffix(".json")
                    || entry.name.hasSuffix("serialized_exported_program.json")
            } ?? false
        default: false
        }
    }

    /// Bytes that the tensors of any file may take together, and how often the file's size those of a larger one. Tied
    /// weights are two or three times the same bytes, deflate packs 1032 to 1; views that repeat one number, or thousands
    /// of names for one storage, fill disks.
    static let freeExpansion = 1 << 30, maximumExpansion = 1100

    /// - Throws: `limit.ratio`. Tensors without data count for nothing.
    private static func checkExpansion(_ stateDict: StateDict, fileSize: Int) throws {
        var total = 0
        for tensor in stateDict.tensors.values {
            guard let bytes = try? tensor.bytes(), !(bytes.source is AbsentSource) else { continue }
            total = total.adding(checked: bytes.count) ?? Int.max
        }
        guard total <= freeExpansion || total / maximumExpansion <= fileSize else {
            throw FormatError(
                .limitRatio, "its tensors take \(total) bytes together, out of \(fileSize) in the file",
                hint: "save the expanded tensors as what they were expanded from")
        }
    }

    /// Of flat names, `--select` takes those that begin with the path and a dot.
    private mutating func select(prefix path: String) throws {
        var chosen = StateDict()
        for (name, tensor) in stateDict.tensors where name.string.utf8.starts(with: (path + ".").utf8) {
            chosen[String(name.string.dropFirst(path.count + 1))] = tensor
        }
        guard chosen.count > 0 else {
            throw FormatError(
                .usage, "--select \(path): no name begins with '\(path).'", file: self.path,
                hint: "names here are \(listing(stateDict.names, limit: 4))")
        }
        let rest = stateDict.count - chosen.count
        if rest > 0 { selection.alternatives.append(("(elsewhere)", rest)) }
        chosen.metadata = stateDict.metadata
        stateDict = chosen
        selection.chosenPath = path
    }

    /// What wrappers put before every name: DistributedDataParallel, torch.compile, Lightning and the like.
    static let wrapperPrefixes = ["module.", "_orig_mod.", "model."]

    /// Wrappers around wrappers that are removed. Training programs nest three.
    static let maximumWrappers = 16

    /// Removes wrappers' prefixes as long as every name has one and none would be left empty.
    private mutating func stripPrefixes() {
        guard stateDict.count > 0 else { return }
        while selection.strippedPrefixes.count < Self.maximumWrappers,
            let prefix = Self.wrapperPrefixes.first(where: { prefix in
                stateDict.tensors.keys.allSatisfy {
                    $0.string.utf8.count > prefix.utf8.count && $0.string.utf8.starts(with: prefix.utf8)
                }
            })
        {
            func strip(_ name: String) -> String { String(name.dropFirst(prefix.count)) }
            var stripped = StateDict()
            for (name, tensor) in stateDict.tensors { stripped[strip(name.string)] = tensor }
            stripped.metadata = stateDict.metadata
            stripped.tied = stateDict.tied.map { $0.map(strip) }
            stateDict = stripped
            selection.strippedPrefixes.append(prefix)
        }
    }
}
