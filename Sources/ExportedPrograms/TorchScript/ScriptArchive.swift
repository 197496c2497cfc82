import Formats
import GraphIR

/// What a TorchScript archive holds beside its weights: the objects' classes, read when they are asked for.
final class ScriptArchive {
    /// Bytes of source that are read, of all files together: a trace of thousands of nodes takes some hundred kilobytes.
    static let maximumSource = 1 << 24

    let root: PickledValue
    let constants: [PickledValue]
    let zip: ZipArchive
    private let folder: String
    private var files: [String: ScriptFile] = [:]
    private var sourceBytes = 0

    /// - Throws: `container.unsupported` where the archive has no code.
    init(_ file: TorchFile) throws {
        guard let zip = file.archive, let code = zip.entries.first(where: { $0.name.contains("code/__torch__") }),
            let range = code.name.firstRange(of: "code/__torch__")
        else { throw FormatError(.containerUnsupported, "the archive has no code") }
        self.zip = zip
        root = file.root
        folder = String(code.name[..<range.lowerBound]) + "code/"
        if case .tuple(let items)? = file.constants { constants = items } else { constants = [] }
    }

    /// The file that declares a class or function, and the name that it has there: of `__torch__.a.b.Linear` the file
    /// `__torch__/a/b.py` and `Linear`.
    private func declaration(_ path: String) throws -> (file: ScriptFile, name: String)? {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let name = parts.last else { return nil }
        let file = parts.dropLast().joined(separator: "/") + ".py"
        if let known = files[file] { return (known, String(name)) }
        guard let entry = zip.entry(named: folder + file) else { return nil }
        let source = try zip.contents(of: entry, limit: Self.maximumSource - sourceBytes).array()
        sourceBytes += source.count
        let parsed = try ScriptParser.parse(source, file: file)
        files[file] = parsed
        return (parsed, String(name))
    }

    /// - Throws: `text.malformed`, `limit.*`.
    func scriptClass(_ path: String) throws -> ScriptClass? {
        try declaration(path).flatMap { $0.file.classes[$0.name] }
    }

    func function(_ path: String) throws -> ScriptFunction? {
        try declaration(path).flatMap { $0.file.functions[$0.name] }
    }
}
