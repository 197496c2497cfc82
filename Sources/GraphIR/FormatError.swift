/// A file that can't be read or written as asked.
public struct FormatError: Fault {
    /// Stable names of what can be wrong with a file.
    public enum Code: String, Sendable, CaseIterable {
        case containerAmbiguous = "container.ambiguous"
        case containerChecksum = "container.checksum"
        case containerDuplicate = "container.duplicate"
        case containerMalformed = "container.malformed"
        case containerOverlap = "container.overlap"
        case containerTrailing = "container.trailing"
        case containerTruncated = "container.truncated"
        case containerUnsupported = "container.unsupported"
        case formatMismatch = "format.mismatch"
        case formatUnknown = "format.unknown"
        case graphDuplicate = "graph.duplicate"
        case graphInvalid = "graph.invalid"
        case ioFailed = "io.failed"
        case ioMissing = "io.missing"
        case jsonDuplicate = "json.duplicate"
        case jsonMalformed = "json.malformed"
        case limitCount = "limit.count"
        case limitDepth = "limit.depth"
        case limitHeader = "limit.header"
        case limitMemory = "limit.memory"
        case limitRatio = "limit.ratio"
        case nameReserved = "name.reserved"
        case npyHeader = "npy.header"
        case pathEscape = "path.escape"
        case pathSpecial = "path.special"
        case pickleDuplicate = "pickle.duplicate"
        case pickleGlobal = "pickle.global"
        case pickleOpcode = "pickle.opcode"
        case pickleStack = "pickle.stack"
        case pickleTrailing = "pickle.trailing"
        case pickleTruncated = "pickle.truncated"
        case pickleType = "pickle.type"
        case pickleValue = "pickle.value"
        case protoMalformed = "proto.malformed"
        case tensorBounds = "tensor.bounds"
        case tensorDtype = "tensor.dtype"
        case tensorMissing = "tensor.missing"
        case tensorShape = "tensor.shape"
        case tensorStorage = "tensor.storage"
        case tensorValue = "tensor.value"
        case textMalformed = "text.malformed"
        case usage = "usage"

        /// What sort of failure it is unless the thrower says otherwise.
        public var faultClass: FaultClass {
            switch self {
            case .containerUnsupported, .formatUnknown: .unsupported
            case .limitCount, .limitDepth, .limitHeader, .limitMemory, .limitRatio: .limit
            case .ioFailed, .ioMissing: .io
            case .usage: .usage
            default: .invalid
            }
        }
    }

    /// What went wrong.
    public var code: Code
    /// Whether the file is damaged, not supported, or can't be reached.
    public var faultClass: FaultClass
    /// The file as the user named it.
    public var file: String?
    /// The byte at which it shows, counted from the start of the file or entry.
    public var offset: Int?
    /// The archive entry, tensor name, key path or node.
    public var item: String?
    /// The problem, in words.
    public var problem: String
    /// What may help.
    public var hint: String?

    public init(
        _ code: Code, _ problem: String, file: String? = nil, item: String? = nil, offset: Int? = nil,
        hint: String? = nil, faultClass: FaultClass? = nil
    ) {
        self.code = code
        self.faultClass = faultClass ?? code.faultClass
        self.file = file
        self.offset = offset
        self.item = item
        self.problem = problem
        self.hint = hint
    }

    public var codeName: String { code.rawValue }

    public var place: [String] {
        [file, item, offset.map { "byte \($0)" }].compactMap { $0 }
    }

    /// The same error with the places filled in that the thrower could not know.
    public func located(file: String? = nil, item: String? = nil, offset: Int? = nil) -> FormatError {
        var copy = self
        copy.file = copy.file ?? file
        copy.item = copy.item ?? item
        copy.offset = copy.offset ?? offset
        return copy
    }
}

/// Runs `body` and adds the file, item or offset to a `FormatError` that lacks it.
public func locating<T>(
    file: String? = nil, item: String? = nil, offset: Int? = nil, _ body: () throws -> T
) throws -> T {
    do {
        return try body()
    } catch let error as FormatError {
        throw error.located(file: file, item: item, offset: offset)
    }
}
