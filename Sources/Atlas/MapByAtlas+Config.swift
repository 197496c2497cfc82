import Architectures
import Formats
import GraphIR

extension Atlas {
    /// Arguments of timm's constructors that leave the graph as it is, or that are read from the weights or elsewhere.
    private static let harmlessArguments: Set<String> = [
        "num_classes", "in_chans", "img_size", "drop_rate", "drop_path_rate", "proj_drop_rate",
        "attn_drop_rate", "pos_drop_rate", "patch_drop_rate", "drop_block_rate", "dynamic_img_size", "strict_img_size",
        "zero_init_last", "weight_init", "init_values", "pretrained", "pretrained_cfg", "checkpoint_path",
    ]

    /// Refuses what `config.json` says that the graph has otherwise: graphs of the atlas are those of timm's own
    /// definitions.
    /// - Throws: ``MappingError`` with the code `usage`.
    func check(config: JSONValue?, _ entry: AtlasEntry) throws {
        let arguments = config?["model_args"]
        let hint = "--architecture \(entry.name) takes the graph as timm defines it"
        let stated = arguments?["global_pool"]?.stringValue ?? config?["global_pool"]?.stringValue
        if let pooling = entry.pooling, let stated, !stated.isEmpty, ExactName(stated) != ExactName(pooling) {
            throw MappingError(
                .option,
                "config.json says global_pool '\(stated)'; the graph of \(entry.name), from the atlas, has '\(pooling)'",
                report: "", hint: hint)
        }
        let others = (arguments?.members ?? []).map(\.key).filter { key in
            !Self.harmlessArguments.contains { ExactName($0) == ExactName(key) }
                && !(ExactName(key) == ExactName("global_pool") && entry.pooling != nil)
        }
        if let first = others.first {
            throw MappingError(
                .option, "config.json sets \(first), which the graph of \(entry.name), from the atlas, has settled",
                report: others.count > 1 ? "so it has: \(others.joined(separator: ", "))" : "", hint: hint)
        }
    }

    /// Height and width of the images: those of the option, of `config.json`, of the published weights that are named,
    /// or what the architecture is defined for.
    func imageSize(
        _ entry: AtlasEntry, config: JSONValue?, named: String?, options: MappingOptions, note: (String) -> Void
    ) -> (Int, Int) {
        let published = (entry.inputShape[1], entry.inputShape[2])
        if let asked = options.imageSize { return asked }
        let tag = named.flatMap { publishedTag(of: $0) }
        let known = entry.published.first { $0.tag == tag }?.preprocessing.inputSize.dropFirst()
        for (size, source) in [(stated(config), "config.json"), (known.map(Array.init), named ?? entry.name)] {
            guard let size, size.count == 2, size != [published.0, published.1] else { continue }
            if entry.takes(height: size[0], width: size[1]) {
                note("images of \(size[0])×\(size[1]): \(source) says so")
                return (size[0], size[1])
            }
            note(
                "\(source) says images of \(size[0])×\(size[1]), of which the graph takes none: "
                    + "\(published.0)×\(published.1) is assumed")
            break
        }
        return published
    }

    /// The image size that `config.json` states.
    private func stated(_ config: JSONValue?) -> [Int]? {
        let argument = config?["model_args"]?["img_size"]
        if let side = argument?.integer { return [side, side] }
        if let sides = argument?.arrayValue?.compactMap(\.integer), sides.count == 2, sides.allSatisfy({ $0 > 0 }) {
            return sides
        }
        return config.flatMap { Preprocessing(config: $0) }.map { Array($0.inputSize.dropFirst()) }
    }

    /// What stands behind the dot in one of timm's names.
    func publishedTag(of name: String) -> String? {
        name.firstIndex(of: ".").map { String(name[$0...].dropFirst()) }
    }

    /// Refuses a tag that timm doesn't publish.
    /// - Throws: ``MappingError`` with the code `usage`.
    func checkTag(of name: String) throws {
        guard let tag = publishedTag(of: name) else { return }
        let known = entries(named: name).flatMap(\.published).map(\.tag)
        guard !known.contains(tag) else { return }
        let bare = name.prefix { $0 != "." }
        let listed = known.filter { !$0.isEmpty }.map { "\(bare).\($0)" }
        throw MappingError(
            .option, "timm publishes no weights '\(name)'",
            report: listed.isEmpty ? "" : "published: " + listed.joined(separator: ", "),
            hint: "--architecture \(bare) takes the architecture alone")
    }
}
