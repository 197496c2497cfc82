import GraphIR

/// Tensors beside the weights that no result depends on: what the profiler thop saves, and tables of Swin's code.
private let knownBuffers: Set<String> = ["total_ops", "total_params", "attn_mask", "relative_coords_table"]

/// What to do about tensors that an architecture has no use for.
///
/// Where they belong to blocks that the graph computes, another layer or attention is in these blocks, and leaving it
/// out would make a model that computes something else.
func adviceOn(unused keys: [String], in weights: StateDict, of name: String) -> String {
    let unused = Set(keys.map { ExactName($0) })
    var computed: Set<String> = []
    for key in weights.tensors.keys where !unused.contains(key) { computed.formUnion(blocks(of: key.string)) }
    for key in keys where weights[key]?.elementType.isFloatingPoint == true {
        if knownBuffers.contains(key.split(separator: ".").last.map(String.init) ?? key) { continue }
        guard let block = blocks(of: key).last(where: computed.contains) else { continue }
        let part = key.dropFirst(block.count + 1).prefix { $0 != "." }
        let kind = ["se", "attn", "cbam", "eca", "gc"].contains(part) ? "this attention" : "this layer"
        return "\(name) has '\(block)' without such a '\(part)': \(kind) isn't supported, and without it the model "
            + "would compute something else"
    }
    return "allow unused tensors (--allow-unused) where they are meant to be left out"
}

/// The blocks of a row that a key is in, outermost first: its beginnings that end in a number, such as `layer1.0`.
private func blocks(of key: String) -> [String] {
    let parts = key.split(separator: ".", maxSplits: 16, omittingEmptySubsequences: false)
    return parts.indices.dropLast().compactMap { index in
        Int(parts[index]) == nil ? nil : parts[...index].joined(separator: ".")
    }
}
