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
    /// Height and width. `nil`: what the weights ask for, or `config.json` or the known variant says, else dynamic. A table
    /// of positions for another size is resampled as timm does it.
    public var imageSize: (Int, Int)?
    /// The shapes of the inputs in their order, for a file with a graph that doesn't say them (TorchScript).
    public var inputShapes: [[Int]] = []
    /// Whether a program that was exported with one sample is to take any number of them.
    public var opensBatch = false
    /// Whether what a program computes of weights and constants alone is computed now.
    public var foldsConstants = false
    /// Whether tensors that the architecture doesn't use are left out rather than refused.
    public var allowUnused = false
    /// The type that the model computes in. `nil`: `float64` where all weights are, else `float32`; narrower weights
    /// keep their bits and are widened by `Cast` nodes.
    public var computeType: ElementType?
    /// Hyperparameters that shapes can't tell, by timm's names: `num_heads`, `global_pool`, `norm_eps`.
    public var settings: [String: String] = [:]
    /// Whether the head is left out, so that the model returns pooled features. Its weights aren't used then.
    public var leavesOutHead = false
    /// Channels of the input. Other than the weights': the first convolution is adapted as timm does it, summed for one
    /// channel, else repeated and scaled.
    public var inputChannels: Int?
    /// Classes of the head: those that there are, one fewer where the first is a background class, or 0 for no head.
    public var classes: Int?
    /// Whether the model returns what timm's `forward_features` does, before pooling, instead of the head's result.
    public var returnsFeatures = false
    /// Modules, by the state dict's names (`blocks.3`), whose results the model returns instead of the head's.
    public var modules: [String] = []
    /// When the graph is taken from the atlas of timm's architectures. ``mapArchitecture(_:config:options:)`` knows no
    /// atlas; the package's whole library has one.
    public var atlas = AtlasUse.whereNeeded

    /// What weights and their `config.json` alone say.
    public init() {}
}

extension MappingOptions {
    /// The command's names of the options that change a model, as far as they are given.
    package var stated: [String] {
        var isFixed = false
        if case .size = batch { isFixed = true }
        return [
            ("--architecture", architecture != nil), ("--activation", activation != nil), ("--set", !settings.isEmpty),
            ("--no-head", leavesOutHead), ("--features", returnsFeatures), ("--module", !modules.isEmpty),
            ("--input-channels", inputChannels != nil), ("--classes", classes != nil), ("--batch", isFixed),
            ("--dynamic-batch", opensBatch), ("--fold", foldsConstants), ("--image-size", imageSize != nil),
            ("--input-shape", !inputShapes.isEmpty), ("--atlas", atlas == .always), ("--no-atlas", atlas == .never),
        ].filter(\.1).map(\.0)
    }
}

/// When a graph is taken from the atlas.
public enum AtlasUse: Sendable {
    /// Where no family that is written by hand fits.
    case whereNeeded
    case always
    case never
}

/// A hyperparameter that shapes can't tell and nobody said, taken for what is usual.
public struct Assumption: Sendable, Hashable {
    /// Its name, as timm has it and ``MappingOptions/settings`` takes it.
    public var name: String
    /// What it was taken for.
    public var value: String
    /// What there is to know besides.
    public var remark: String?
}

/// A state dict that became a model.
public struct MappedModel: Sendable {
    /// The graph over the weights.
    public var model: Model
    /// The variant's name, or family and sizes.
    public var architecture: String
    /// The family, or timm's file where the graph is from the atlas.
    public var family: String
    /// The published variant that has these sizes.
    public var variant: String?
    /// What there is to say, in sentences: what was assumed first.
    public var notes: [String]
    /// What shapes can't tell and nobody said, one by one.
    public var assumptions: [Assumption]
    /// How images are prepared; `nil` where nothing says it.
    public var preprocessing: Preprocessing?
    /// Tensors that the architecture doesn't use.
    public var unused: [String]
    /// The sizes, by timm's names.
    public var hyperparameters: [(String, String)]

    package init(
        model: Model, architecture: String, family: String, variant: String?, notes: [String],
        assumptions: [Assumption] = [], preprocessing: Preprocessing?, unused: [String],
        hyperparameters: [(String, String)]
    ) {
        self.model = model
        self.architecture = architecture
        self.family = family
        self.variant = variant
        self.notes = notes
        self.assumptions = assumptions
        self.preprocessing = preprocessing
        self.unused = unused
        self.hyperparameters = hyperparameters
    }
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
    try mapArchitecture(stateDict, config: config, options: options, isStripped: false)
}

/// - Parameter isStripped: whether a prefix of all keys has been left out.
private func mapArchitecture(
    _ stateDict: StateDict, config: JSONValue?, options: MappingOptions, isStripped: Bool
) throws -> MappedModel {
    let ranked = try Candidate.ranked(stateDict, config: config, options: options)
    guard let best = ranked.first, options.architecture != nil || best.isLikely else {
        let prefix = strangePrefix(stateDict)
        if let prefix, prefix.weights.count == stateDict.count, !isStripped {
            var mapped = try mapArchitecture(prefix.weights, config: config, options: options, isStripped: true)
            mapped.notes.insert("keys: taken without '\(prefix.text)', which stands before all of them", at: 0)
            return mapped
        }
        throw unknownArchitecture(stateDict, nearest: ranked.first, prefix)
    }
    var notes = best.hints.report
    if let other = ranked.dropFirst().first(where: { $0.fits }), best.fits { notes.append(other.noteAsTwin) }
    return try best.map(notes: notes)
}

/// The error for a state dict that is no known family's.
private func unknownArchitecture(
    _ weights: StateDict, nearest: Candidate?, _ prefix: StrangePrefix?
) -> MappingError {
    var lines = ["families that are known, and keys of each:"]
    for family in ArchitectureFamilies.all {
        lines.append("  \(family.family): " + family.exampleKeys.joined(separator: ", "))
    }
    var hint: String? = "give the architecture with --architecture to see what is missing"
    if weights.count == 0 { hint = "the file holds no tensors" }
    if weights.names.contains(where: { $0.hasSuffix("exp_avg") || $0.hasSuffix("momentum_buffer") }) {
        hint = "this looks like the state of an optimizer, not weights"
    }
    if let nearest, nearest.matched > 0 {
        lines.append("nearest: \(nearest.name), \(nearest.matched) keys in common")
    }
    lines.append(
        "the file has \(weights.count) tensors: " + weights.names.prefix(5).joined(separator: ", ")
            + (weights.count > 5 ? " …" : ""))
    var error = MappingError(
        .unknown, "no known architecture has these \(weights.count) tensors", report: "", hint: hint)
    if let prefix {
        lines.append(
            "\(prefix.weights.count) keys would be those of \(prefix.family) without '\(prefix.text)' in front")
        error.hint = "save these tensors alone, without '\(prefix.text)' in front of their keys"
        error.renames = prefix.weights.names.map { (prefix.text + $0, $0) }
    }
    error.report = lines.joined(separator: "\n")
    return error
}

/// A prefix without which the keys are a known family's.
private struct StrangePrefix {
    var text: String
    var family: String
    /// The tensors that have it, under what stands behind it.
    var weights: StateDict
}

/// The first prefix without which keys are a known family's.
private func strangePrefix(_ weights: StateDict) -> StrangePrefix? {
    let names = weights.names
    for family in ArchitectureFamilies.all {
        for key in family.exampleKeys {
            guard let name = names.first(where: { $0.hasSuffix("." + key) }) else { continue }
            let prefix = String(name.dropLast(key.count))
            var stripped = StateDict()
            stripped.metadata = weights.metadata
            for (key, tensor) in weights.tensors where key.string.hasPrefix(prefix) {
                stripped[String(key.string.dropFirst(prefix.count))] = tensor
            }
            let candidates = try? Candidate.ranked(stripped, config: nil, options: MappingOptions())
            if candidates?.first?.isLikely == true {
                return StrangePrefix(text: prefix, family: family.family, weights: stripped)
            }
        }
    }
    return nil
}
