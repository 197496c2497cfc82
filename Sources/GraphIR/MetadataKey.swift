import OrderedCollections

/// The keys under which Weightbridge keeps what ONNX has no field for. They are stable: files in the world hold them.
///
/// | key | at | value |
/// | --- | --- | --- |
/// | `weightbridge.architecture` | model | `convmixer_1536_20`, or family and sizes where the variant has no name |
/// | `weightbridge.family` | model | `convmixer` |
/// | `weightbridge.hyperparameters` | model | a JSON object of strings |
/// | `weightbridge.preprocessing.mean`, `.std` | model | one number a channel, separated by commas, for pixels in 0…1 |
/// | `weightbridge.preprocessing.input_size` | model | channels, height, width, separated by commas |
/// | `weightbridge.preprocessing.crop_pct` | model | the share of the resized short side that the crop keeps |
/// | `weightbridge.preprocessing.interpolation` | model | `bicubic`, `bilinear`, `nearest`, `box`, `hamming`, `lanczos` |
/// | `weightbridge.preprocessing.crop_mode` | model | `center`, `squash`, `border` |
/// | `weightbridge.preprocessing.channel_order` | model | `bgr` where blue comes first, mean and std still red first |
/// | `weightbridge.preprocessing.embedded` | model | `true` where the graph does all of that by itself |
/// | `weightbridge.labels` | model | the names of the classes, a JSON array of strings |
/// | `weightbridge.state_dict` | model | the checkpoint's keys in order, and the small tensors that no node uses |
/// | `weightbridge.source.digest` | model | what the weights were made of, as a digest over all of them |
/// | `weightbridge.module` | node | the path of the module that the node belongs to |
/// | `weightbridge.module_outputs` | node | modules whose result the node's first output is, one a line, innermost first |
public enum MetadataKey {
    /// The architecture that the weights were recognised as.
    public static let architecture = "weightbridge.architecture"
    /// The architecture's family.
    public static let family = "weightbridge.family"
    /// The architecture's hyperparameters: a JSON object of strings.
    public static let hyperparameters = "weightbridge.hyperparameters"
    /// What the keys start with that say how images are prepared for the model.
    public static let preprocessing = "weightbridge.preprocessing"
    /// The checkpoint's keys in order, and the small tensors that no node uses.
    public static let stateDict = "weightbridge.state_dict"
    /// What the weights were made of, as a digest over all of them.
    public static let sourceDigest = "weightbridge.source.digest"
    /// The path of the module that a node belongs to.
    public static let module = "weightbridge.module"
    /// The modules whose result a node's first output is.
    public static let moduleOutputs = "weightbridge.module_outputs"
}

extension Graph {
    /// Module paths (`blocks.0.0.fn`) to the values that the modules return, in the order of the nodes.
    ///
    /// Read from the nodes' metadata; empty for a graph that another tool made. Where two nodes claim one module, the
    /// later one has it.
    public var moduleOutputs: OrderedDictionary<ExactName, ValueID> {
        var result: OrderedDictionary<ExactName, ValueID> = [:]
        for node in nodes {
            guard let output = node.outputs.first ?? nil else { continue }
            for entry in node.metadata where entry.key == MetadataKey.moduleOutputs {
                for path in entry.value.split(separator: "\n") { result[ExactName(String(path))] = output }
            }
        }
        return result
    }
}
