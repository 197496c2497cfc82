import Formats
import GraphIR

/// How to make a model of a state dict.
public struct MappingOptions: Sendable {
    /// The activation by timm's name, where the file can't tell and the tables are wrong.
    public var activation: String?
    /// The architecture that it has to be, such as `convmixer_1024_20_ks9_p14`.
    public var architecture: String?
    /// The batch dimension of the input; a name makes it dynamic.
    public var batch: Dimension = .named("batch")
    /// Height and width. `nil`: what `config.json` or the known variant says, else dynamic.
    public var imageSize: (Int, Int)?
    /// Whether tensors that the architecture doesn't use are left out rather than refused.
    public var allowUnused = false
    /// The type that the model computes in. `nil`: `float64` where all weights are, else `float32`; narrower weights
    /// keep their bits and are widened by `Cast` nodes.
    public var computeType: ElementType?

    public init() {}
}

/// A state dict that became a model.
public struct MappedModel: Sendable {
    public var model: Model
    /// The variant's name, or family and sizes.
    public var architecture: String
    public var family: String
    /// The published variant that has these sizes.
    public var variant: String?
    /// What was assumed and why.
    public var notes: [String]
    public var preprocessing: Preprocessing?
    /// Tensors that the architecture doesn't use.
    public var unused: [String]
    public var hyperparameters: [(String, String)]
}

/// Recognises the architecture that a state dict belongs to and builds its graph.
///
/// - Parameters:
///   - config: the `config.json` beside the weights. What it says wins over what shapes and values suggest.
/// - Throws: ``MappingError`` whose report says what is missing, unexpected or mis-shaped; `tensor.shape` where the
///   image size doesn't fit.
public func mapArchitecture(
    _ stateDict: StateDict, config: JSONValue?, options: MappingOptions = MappingOptions()
) throws -> MappedModel {
    guard var candidate = ConvMixerCandidate.best(for: stateDict) else { throw unknownArchitecture(stateDict) }
    var notes: [String] = []
    if let name = options.architecture {
        guard let asked = ConvMixer(name: name) else {
            throw MappingError(
                .option, "there is no architecture '\(name)'", report: "families: convmixer",
                hint: "'weightbridge architectures' lists those that there are")
        }
        candidate.model.dim = asked.dim
        candidate.model.depth = asked.depth
        candidate.model.kernel = asked.kernel
        candidate.model.patch = asked.patch
    } else if !candidate.isCertain || candidate.matched < minimumMatch(candidate.model) {
        throw unknownArchitecture(stateDict, nearest: candidate)
    }

    let (activation, reason) = try ConvMixer.activation(
        of: candidate, weights: stateDict, config: config, option: options.activation)
    candidate.model.activation = activation
    notes.append("activation \(activation.rawValue): \(reason)")
    let model = candidate.model
    if candidate.keys.grammar == .tweet, model.kernel % 2 == 0 {
        notes.append(
            "the authors' short version pads an even kernel of \(model.kernel) by \(model.kernel / 2) on both sides, "
                + "with which its residual connection can't run; 'same' padding was taken")
    }
    let variant = ConvMixer.variants.first { $0.model.hasSizes(of: model) }
    var preprocessing = config.flatMap { Preprocessing(config: $0) }
    if preprocessing == nil, let variant, model.inputChannels == 3 {
        preprocessing = variant.preprocessing
        notes.append("preprocessing: that of \(variant.name)")
    }

    let compute = computeType(of: stateDict, option: options.computeType)
    if let note = compute.note { notes.append(note) }
    let size = options.imageSize ?? preprocessing.map { ($0.inputSize[1], $0.inputSize[2]) }
    if size == nil { notes.append("height and width are dynamic: nothing says what they were in training") }

    let net = ModelBuilder(model.name, weights: stateDict, computeType: compute.type)
    let image = try net.input(
        "input",
        [
            options.batch, .size(Int64(model.inputChannels)), size.map { .size(Int64($0.0)) } ?? .named("height"),
            size.map { .size(Int64($0.1)) } ?? .named("width"),
        ])
    try net.output(model.classes == nil ? "features" : "logits", model.build(net, image, keys: candidate.keys))
    var built = try net.model()
    if !net.unused.isEmpty {
        guard options.allowUnused else { throw MappingError(ledger: net.ledger, of: model.name) }
        notes.append("\(net.unused.count) tensors aren't used and were left out")
    }

    let hyperparameters = [
        ("dim", "\(model.dim)"), ("depth", "\(model.depth)"), ("kernel_size", "\(model.kernel)"),
        ("patch_size", "\(model.patch)"), ("in_chans", "\(model.inputChannels)"),
        ("num_classes", "\(model.classes ?? 0)"), ("act_layer", activation.rawValue),
        ("keys", candidate.keys.grammar.rawValue),
    ]
    built.metadata += [
        MetadataEntry(MetadataKey.architecture, model.name), MetadataEntry(MetadataKey.family, "convmixer"),
        MetadataEntry(
            MetadataKey.hyperparameters,
            JSONValue.object(hyperparameters.map { ($0.0, .string($0.1)) }).serialized(pretty: false)),
    ]
    built.metadata += preprocessing?.metadata ?? []
    return MappedModel(
        model: built, architecture: model.name, family: "convmixer", variant: variant?.name, notes: notes,
        preprocessing: preprocessing, unused: net.unused, hyperparameters: hyperparameters)
}

/// The type to compute in and, where it isn't that of all weights, why.
private func computeType(of weights: StateDict, option: ElementType?) -> (type: ElementType, note: String?) {
    var types: [ElementType] = []
    for tensor in weights.tensors.values where tensor.elementType.isFloatingPoint {
        if !types.contains(tensor.elementType) { types.append(tensor.elementType) }
    }
    let chosen = option ?? (types == [.float64] ? .float64 : .float32)
    let others = types.filter { $0 != chosen }.map { $0.name }
    if others.isEmpty { return (chosen, nil) }
    return (
        chosen,
        "weights of type \(others.joined(separator: ", ")) keep their bits and are cast to "
            + "\(chosen.name) when the model runs"
    )
}

/// A third of the keys that the architecture has: with fewer the likeness is chance.
private func minimumMatch(_ model: ConvMixer) -> Int { (7 + 14 * model.depth + (model.classes == nil ? 0 : 2)) / 3 }

/// The error for a state dict that is no known family's.
private func unknownArchitecture(_ weights: StateDict, nearest: ConvMixerCandidate? = nil) -> MappingError {
    var lines = ["families that are known, and a key of each:"]
    for grammar in ConvMixerKeys.Grammar.allCases {
        lines.append("  convmixer, \(grammar.rawValue) keys: \(ConvMixerKeys(grammar: grammar).stem[0]).weight")
    }
    var hint: String? = "give the architecture with --architecture to see what is missing"
    if weights.count == 0 { hint = "the file holds no tensors" }
    if weights.names.contains(where: { $0.hasSuffix("exp_avg") || $0.hasSuffix("momentum_buffer") }) {
        hint = "this looks like the state of an optimizer, not weights"
    }
    if let nearest, nearest.matched > 0 {
        lines.append("nearest: convmixer (\(nearest.keys.grammar.rawValue) keys), \(nearest.matched) keys in common")
    }
    lines.append(
        "the file has \(weights.count) tensors: " + weights.names.prefix(5).joined(separator: ", ")
            + (weights.count > 5 ? " …" : ""))
    var error = MappingError(
        .unknown, "no known architecture has these \(weights.count) tensors", report: "", hint: hint)
    if let (prefix, count) = strangePrefix(weights) {
        lines.append("\(count) keys would be ConvMixer's without '\(prefix)' in front")
        error.hint = "rename the keys: drop '\(prefix)'"
        error.renames = weights.names.filter { $0.hasPrefix(prefix) }
            .map { ($0, String($0.dropFirst(prefix.count))) }
    }
    error.report = lines.joined(separator: "\n")
    return error
}

/// A prefix without which keys are a ConvMixer's.
private func strangePrefix(_ weights: StateDict) -> (String, Int)? {
    for grammar in [ConvMixerKeys.Grammar.timm, .mmpretrain, .tweet, .flat] {
        let anchor = "." + ConvMixerKeys(grammar: grammar).stem[0] + ".weight"
        guard let name = weights.names.first(where: { $0.hasSuffix(anchor) }) else { continue }
        let prefix = String(name.dropLast(anchor.count - 1))
        var stripped = StateDict()
        for (key, tensor) in weights.tensors where key.string.hasPrefix(prefix) {
            stripped[String(key.string.dropFirst(prefix.count))] = tensor
        }
        if let candidate = ConvMixerCandidate.best(for: stripped), candidate.isCertain,
            candidate.matched >= minimumMatch(candidate.model)
        {
            return (prefix, stripped.count)
        }
    }
    return nil
}
