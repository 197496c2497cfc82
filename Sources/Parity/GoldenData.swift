#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import Formats
import GraphIR
import OrderedCollections

/// Arrays to compare a model with: its inputs, the outputs to expect, labels, intermediates, under names or positions.
public struct GoldenData: Sendable {
    /// Named arrays, in the order of the file.
    public var arrays: OrderedDictionary<ExactName, Tensor> = [:]
    /// Arrays of ONNX's test layout, by the position of the graph input that isn't an initializer.
    public var inputsByPosition: [Int: Tensor] = [:]
    /// Arrays of ONNX's test layout, by the position of the graph output.
    public var outputsByPosition: [Int: Tensor] = [:]
    /// The further sets of a folder in ONNX's test layout (`test_data_set_1` …).
    public var furtherSets: [GoldenData] = []
    /// What this set is called; empty for a single file.
    public var name = ""
    /// What was chosen or left aside on reading.
    public var notes: [String] = []

    public init() {}

    /// Arrays of the caller's own.
    public init(_ arrays: OrderedDictionary<String, Tensor>) {
        for (name, tensor) in arrays { self.arrays[ExactName(name)] = tensor }
    }

    public subscript(key: String) -> Tensor? { arrays[ExactName(key)] }

    /// The most test data sets or arrays of one set that are read from a folder; ONNX's own tests have up to 5 and 20.
    public static let maximumFolderEntries = 10_000

    /// Reads `.npz`, `.npy`, safetensors, a `.pt` that holds tensors, a single `TensorProto` (`.pb`), or a folder in
    /// ONNX's test layout: `input_0.pb`, `output_0.pb` …, or `test_data_set_0/` … that hold them.
    /// - Throws: ``FormatError``.
    public static func load(_ path: String, options: ReadOptions = ReadOptions()) throws -> GoldenData {
        if isFolder(path) { return try loadFolder(path) }
        if path.utf8.count > 3, path.hasSuffix(".pb") {
            let record = try readTensorProto(FileSource(path: path))
            return GoldenData([record.name.isEmpty ? "input" : record.name: record.tensor])
        }
        guard case .checkpoint(let checkpoint) = try WeightFile.open(path, options: options) else {
            throw FormatError(
                .formatMismatch, "is a model; golden data are arrays", file: path,
                hint: "give an .npz, .npy, .safetensors or .pt file, or a folder in ONNX's test layout")
        }
        var data = GoldenData()
        data.arrays = checkpoint.stateDict.tensors
        data.notes = checkpoint.notes
        guard !data.arrays.isEmpty else {
            throw FormatError(.tensorMissing, "holds no arrays", file: path)
        }
        return data
    }

    private static func loadFolder(_ path: String) throws -> GoldenData {
        let names = try entries(of: path)
        let sets = numbered(names, prefix: "test_data_set_", suffix: "")
        if !sets.isEmpty {
            var all: [GoldenData] = []
            for (_, name) in sets {
                var set = try loadSet("\(path)/\(name)", names: entries(of: "\(path)/\(name)"))
                set.name = name
                all.append(set)
            }
            guard var first = all.first else { return GoldenData() }
            first.furtherSets = Array(all.dropFirst())
            return first
        }
        return try loadSet(path, names: names)
    }

    private static func loadSet(_ path: String, names: [String]) throws -> GoldenData {
        var data = GoldenData()
        var used: Set<String> = []
        for (number, name) in numbered(names, prefix: "input_", suffix: ".pb") {
            data.inputsByPosition[number] = try readTensorProto(FileSource(path: "\(path)/\(name)")).tensor
            used.insert(name)
        }
        for (number, name) in numbered(names, prefix: "output_", suffix: ".pb") {
            data.outputsByPosition[number] = try readTensorProto(FileSource(path: "\(path)/\(name)")).tensor
            used.insert(name)
        }
        guard !used.isEmpty else {
            throw FormatError(
                .formatUnknown, "is a folder without input_0.pb, output_0.pb or test_data_set_0", file: path,
                hint: "give a file of arrays, or a folder in ONNX's test layout")
        }
        for name in names.sorted() where name.hasSuffix(".pb") && !used.contains(name) {
            data.notes.append("'\(name)' isn't named input_N.pb or output_N.pb and was not used")
        }
        return data
    }

    private static func numbered(_ names: [String], prefix: String, suffix: String) -> [(number: Int, name: String)] {
        var result: [(number: Int, name: String)] = []
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
            let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
            if let number = Int(digits), number >= 0, String(number) == digits { result.append((number, name)) }
        }
        return result.sorted { $0.number < $1.number }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func entries(of path: String) throws -> [String] {
        guard let folder = opendir(path) else {
            throw FormatError(.ioFailed, "can't be listed: \(String(cString: strerror(errno)))", file: path)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
            guard names.count <= maximumFolderEntries else {
                throw FormatError(.limitCount, "holds more than \(maximumFolderEntries) entries", file: path)
            }
        }
        return names
    }
}
