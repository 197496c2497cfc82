import GraphIR
import OrderedCollections

/// Reads an index of shards, `model.safetensors.index.json` or `pytorch_model.bin.index.json`: an object whose
/// `weight_map` says for each tensor which file beside the index holds it.
struct ShardIndex {
    /// Bytes of an index that are read: a million names of 64 characters.
    static let sizeLimit = 128 << 20

    let path: String
    /// Shards in the order of their first tensor, each with the tensors that it should hold.
    var shards: OrderedDictionary<ExactName, [String]> = [:]
    /// Tensors in the order of the index.
    var names: [String] = []

    /// - Throws: `json.malformed`, `json.duplicate`, `limit.header`; `format.unknown` where the JSON is no index.
    init(_ file: FileSource) throws {
        path = file.path
        let document = try locating(file: file.path) { () -> JSONValue in
            guard file.count <= Self.sizeLimit else {
                throw FormatError(.limitHeader, "\(file.count) bytes of JSON, at most \(Self.sizeLimit) are read")
            }
            return try JSONValue.parse(Bytes(file).array())
        }
        guard let map = document["weight_map"] else {
            throw FormatError(
                .formatUnknown, "is JSON without 'weight_map', so no index of weights", file: path,
                hint: "name the weights, not what stands beside them")
        }
        guard let entries = map.members else {
            throw FormatError(
                .jsonMalformed, "weight_map is \(map.kind), expected an object", file: path, item: "weight_map")
        }
        for (name, value) in entries {
            guard let shard = value.stringValue else {
                throw FormatError(
                    .jsonMalformed, "the shard of '\(name)' is \(value.kind), expected a string", file: path,
                    item: "weight_map")
            }
            names.append(name)
            shards[ExactName(shard), default: []].append(name)
        }
    }

    /// The tensors of all shards, in the order of the index. `read` opens one shard.
    /// - Throws: `path.escape`, `path.special`, `io.missing` for the shards; `tensor.missing` where one lacks a tensor.
    func stateDict(
        notes: inout [String], read: (FileSource) throws -> StateDict
    ) throws -> StateDict {
        let folder = parentFolder(of: path)
        var found: [ExactName: Tensor] = [:]
        var result = StateDict()
        var inodes: Set<UInt64> = []
        for (shard, wanted) in shards {
            let file = try openBeneath(folder: folder, relative: shard.string)
            // Beneath one folder: two names of one file would have it read again and again.
            guard inodes.insert(file.identity.inode).inserted else {
                throw FormatError(
                    .containerDuplicate, "the index names one file in two ways, the second being '\(shard)'",
                    file: path,
                    item: "weight_map")
            }
            let part = try read(file)
            for name in wanted {
                guard let tensor = part[name] else {
                    throw FormatError(
                        .tensorMissing, "the index says that '\(shard)' holds it, it doesn't", file: path,
                        item: "tensor '\(name)'", hint: "index and shards are of different models; fetch both again")
                }
                found[ExactName(name)] = tensor
            }
            let listed = Set(wanted.map { ExactName($0) })
            let unlisted = part.tensors.keys.filter { !listed.contains($0) }
            if !unlisted.isEmpty {
                notes.append("'\(shard)' holds tensors that the index doesn't list: \(listing(unlisted.map(\.string)))")
            }
            for (key, value) in part.metadata where result.metadata[key] == nil { result.metadata[key] = value }
            result.tied += part.tied
        }
        for name in names { result[name] = found[ExactName(name)] }
        return result
    }
}

/// Names for a message: the first few, and how many more there are.
func listing(_ names: [String], limit: Int = 8) -> String {
    let more = names.count > limit ? " and \(names.count - limit) more" : ""
    return names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ") + more
}
