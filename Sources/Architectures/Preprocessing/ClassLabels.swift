import Formats
import GraphIR

/// The names of a model's classes.
public enum ClassLabels {
    /// The names in a model's metadata, under our key or those that other tools use; `nil` where it has none.
    public static func read(_ metadata: [MetadataEntry]) -> [String]? {
        for key in [MetadataKey.labels, "labels", "class_names"] {
            if let text = metadata.first(where: { $0.key == key })?.value, let labels = read(text: text) {
                return labels
            }
        }
        return nil
    }

    /// Names out of a text: a JSON array, a JSON object from index to name (Hugging Face's `id2label`), or lines.
    /// - Returns: `nil` where there are none.
    public static func read(text: String) -> [String]? {
        let start = text.first { !$0.isWhitespace }
        if start == "[" || start == "{", let json = try? JSONValue.parse(Array(text.utf8)) { return read(json) }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        let labels = lines.last == "" ? Array(lines.dropLast()) : lines
        return labels.isEmpty ? nil : labels
    }

    /// Names of a JSON array of strings or a JSON object from index to name without gaps.
    static func read(_ json: JSONValue) -> [String]? {
        if let elements = json.arrayValue {
            let labels = elements.compactMap(\.stringValue)
            return labels.count == elements.count && !labels.isEmpty ? labels : nil
        }
        guard let members = json.members, !members.isEmpty else { return nil }
        var labels = [String?](repeating: nil, count: members.count)
        for (key, value) in members {
            guard let index = Int(key), labels.indices.contains(index), let label = value.stringValue else {
                return nil
            }
            labels[index] = label
        }
        let named = labels.compactMap { $0 }
        return named.count == labels.count ? named : nil
    }

    /// The names in `config.json`: timm's `label_names`, Hugging Face's `id2label`.
    /// - Parameters:
    ///   - classes: how many the model has; `nil` where it has none.
    ///   - note: told of names that aren't as many.
    public static func read(config: JSONValue?, classes: Int?, note: (String) -> Void) -> [String]? {
        guard let classes, let config else { return nil }
        let stated =
            config.member("label_names") ?? config.member("pretrained_cfg")?.member("label_names")
            ?? config.member("id2label")
        guard let labels = stated.flatMap(read) else { return nil }
        guard labels.count == classes else {
            note("config.json names \(labels.count) classes, the model has \(classes): names left out")
            return nil
        }
        return labels
    }

    /// The entry of a model's metadata.
    public static func metadata(_ labels: [String]) -> MetadataEntry {
        MetadataEntry(MetadataKey.labels, JSONValue.array(labels.map { .string($0) }).serialized())
    }
}

extension MetadataKey {
    /// The names of the classes, a JSON array of strings.
    public static let labels = "weightbridge.labels"
}
