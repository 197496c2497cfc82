import Formats
import GraphIR

/// A family of architectures: the sizes that a state dict shows, and the forward pass that they make.
///
/// A family is one short file: the paper, the sizes, ``init(_:hints:)``, ``build(_:_:)``, and a table of variants.
/// Everything that families have in common, ranking, diagnosis, the catalogue, follows from these.
protocol ArchitectureFamily: Sendable {
    /// The name of the family.
    static var family: String { get }
    /// The sizes that papers or timm name.
    static var variants: [Variant<Self>] { get }
    /// Key formats other than those that the family reads itself.
    static var translations: [KeyTranslation] { get }
    /// The option that makes a checkpoint this family's whose keys and shapes may be another's.
    static var claim: String? { get }
    /// A key by which a checkpoint of this family can be told; for messages.
    static var exampleKeys: [String] { get }

    /// Reads the sizes off the shapes; `nil` where the family's keys aren't there.
    ///
    /// What shapes can't tell comes from `hints`, which notes what was assumed and why.
    /// - Throws: ``MappingError`` where an option or `config.json` asks for something that doesn't exist.
    init?(_ weights: StateDict, hints: Hints) throws
    /// The model of a variant's name, or of a free combination of sizes where the family has a form for it.
    init?(name: String)

    /// The name of the variant, or family and sizes.
    var name: String { get }
    var inputChannels: Int { get set }
    /// `nil` for a model without a head.
    var classes: Int? { get set }
    /// Height and width that the weights ask for; `nil` where any will do.
    var imageSize: ImageSize? { get }
    /// Whether norms stand behind a ReLU, whose means are never negative.
    var normsFollowReLU: Bool { get }
    /// The sizes by timm's names.
    var hyperparameters: [(String, String)] { get }

    /// Whether the shapes of the weights are the same, so that a checkpoint of one can be taken for one of the other.
    func hasSizes(of other: Self) -> Bool
    /// This model with what a name doesn't settle taken from another: classes, channels, the spelling of keys.
    func likened(to model: Self) -> Self
    /// Whose way of adapting weights to another image size it is; for notes.
    static var resizedAs: String { get }
    /// Makes it the model for images of this size.
    /// - Returns: the weights that change with the size, as they are then.
    /// - Throws: ``MappingError`` where the weights are bound to their size.
    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)]
    /// Builds the graph from `image` `[N, C, H, W]`; returns logits `[N, classes]`, or pooled features without a head.
    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire
}

extension ArchitectureFamily {
    static var translations: [KeyTranslation] { [] }
    var imageSize: ImageSize? { nil }
    var normsFollowReLU: Bool { false }
    static var resizedAs: String { "timm does" }
    static var claim: String? { nil }
    func likened(to model: Self) -> Self {
        var result = self
        (result.classes, result.inputChannels) = (model.classes, model.inputChannels)
        return result
    }
    mutating func resize(to size: ImageSize, _ weights: StateDict) throws -> [(String, AdaptedWeight)] { [] }
    /// The published variant whose weights have the same shapes.
    var variant: Variant<Self>? { Self.variants.first { $0.model.hasSizes(of: self) } }
    init?(name: String) {
        let bare = name.split(separator: ".").first.map(String.init) ?? name
        guard let known = Self.variants.first(where: { $0.name == bare }) else { return nil }
        self = known.model
    }
}

/// Height and width in pixels.
public struct ImageSize: Sendable, Hashable {
    /// Pixels from top to bottom.
    public var height: Int
    /// Pixels from left to right.
    public var width: Int

    /// Height and width in pixels.
    public init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }
}

/// A variant that a paper, its code or timm names.
struct Variant<Model: Sendable>: Sendable {
    var name: String
    var model: Model
    var preprocessing: Preprocessing
    /// That of published weights that want another than the rest, by what stands behind the dot in their name.
    var tags: [String: Preprocessing] = [:]
    var summary: String
    /// The key format that checkpoints of it come in, where it isn't the family's own.
    var keyFormat: String?

    init(
        _ name: String, _ model: Model, _ preprocessing: Preprocessing, _ summary: String = "", keyFormat: String? = nil
    ) {
        self.name = name
        self.model = model
        self.preprocessing = preprocessing
        self.summary = summary
        self.keyFormat = keyFormat
    }
}

/// The families that are known, in the order in which they are tried.
enum ArchitectureFamilies {
    static let all: [any ArchitectureFamily.Type] = [
        ConvMixer.self, ViT.self, MLPMixer.self, ResNet.self, CvT.self, LVViT.self,
        InceptionV3.self, WSDAN.self, Eva.self, RelPosViT.self,
    ]

    /// The model of a name, from whichever family has it.
    static func named(_ name: String) -> (any ArchitectureFamily)? {
        for family in all {
            if let model = family.init(name: name) { return model }
        }
        return nil
    }

    /// The error for a name that no family has.
    static func unknown(_ name: String) -> MappingError {
        MappingError(
            .option, "there is no architecture '\(name)'",
            report: "families: " + all.map { $0.family }.joined(separator: ", "),
            hint: "'weightbridge architectures' lists those that there are")
    }
}
