import Formats
import GraphIR

/// The named variants of all families, counted on the graphs that are built for them.
public struct ArchitectureCatalog: Sendable {
    /// A named variant and what it takes.
    public struct Entry: Sendable {
        /// The variant's name, timm's where it has one.
        public var name: String
        /// The family that it is of.
        public var family: String
        /// Elements of all weights that are trained: counters and running statistics aren't.
        public var parameters: Int
        /// Multiply-adds of convolutions and matrix products for one image.
        public var macs: Int
        /// Channels, height, width.
        public var inputShape: [Int]
        /// Classes of the head; 0 for none.
        public var classes: Int
        /// Where the variant is from.
        public var summary: String
        /// How images are prepared for it.
        public var preprocessing: Preprocessing

        /// For programs.
        public func json() -> JSONValue {
            .object([
                ("name", .string(name)), ("family", .string(family)), ("parameters", .number(String(parameters))),
                ("macs", .number(String(macs))),
                ("input_shape", .array(inputShape.map { .number(String($0)) })),
                ("num_classes", .number(String(classes))), ("summary", .string(summary)),
                (
                    "preprocessing",
                    .object(
                        preprocessing.metadata.map {
                            (String($0.key.dropFirst(MetadataKey.preprocessing.count + 1)), .string($0.value))
                        })
                ),
            ])
        }
    }

    /// The variants whose name contains `text`, all for `nil`. A name that the families can parse but don't list, such
    /// as `convmixer_64_4_ks5_p2`, gives the one entry of that name.
    public static func entries(matching text: String? = nil) throws -> [Entry] {
        var found: [Entry] = []
        for family in ArchitectureFamilies.all { found += try entries(of: family, matching: text) }
        if let exact = found.first(where: { $0.name == text }) { return [exact] }
        if found.isEmpty, let text, let model = ArchitectureFamilies.named(text) {
            found = [
                try entry(
                    model, name: text, .imageNet(cropFraction: 0.96), summary: "free combination of sizes")
            ]
        }
        return found
    }

    /// The names of all variants.
    package static var names: [String] {
        func names<Family: ArchitectureFamily>(of family: Family.Type) -> [String] { Family.variants.map(\.name) }
        return ArchitectureFamilies.all.flatMap { names(of: $0) }
    }

    /// Whether a family has an architecture of this name, listed or parsed, with or without a tag.
    package static func has(_ name: String) -> Bool { ArchitectureFamilies.named(name) != nil }

    private static func entries<Family: ArchitectureFamily>(
        of family: Family.Type, matching text: String?
    ) throws -> [Entry] {
        try Family.variants.filter { text == nil || $0.name.contains(text ?? "") }.map { variant in
            try entry(variant.model, name: variant.name, variant.preprocessing, summary: variant.summary)
        }
    }

    private static func entry(
        _ model: any ArchitectureFamily, name: String, _ preprocessing: Preprocessing, summary: String
    ) throws -> Entry {
        let size = model.imageSize ?? ImageSize(preprocessing.inputSize[1], preprocessing.inputSize[2])
        let net = try declared(model, imageSize: size)
        return Entry(
            name: name, family: type(of: model).family,
            parameters: net.ledger.declarations.values.reduce(0) { $0 &+ $1.trainedCount }, macs: net.macs ?? 0,
            inputShape: [model.inputChannels, size.height, size.width], classes: model.classes ?? 0, summary: summary,
            preprocessing: preprocessing)
    }

    /// The graph of a model without its weights: its layers declare what they need.
    static func declared(_ model: any ArchitectureFamily, imageSize: ImageSize) throws -> ModelBuilder {
        let net = ModelBuilder(model.name)
        let image = try net.input(
            "input",
            [
                .size(1), .size(Int64(model.inputChannels)), .size(Int64(imageSize.height)),
                .size(Int64(imageSize.width)),
            ])
        _ = try model.build(net, image)
        return net
    }
}

extension ParameterDeclaration {
    var trainedCount: Int {
        switch role {
        case .counter, .runningMean, .runningVariance: 0
        default: shape.checkedProduct() ?? 0
        }
    }
}

/// A checkpoint of an architecture with random weights, in timm's keys and PyTorch's order.
///
/// The same name and seed give the same bits everywhere. Nothing is kept in memory: a tensor's bytes are made when they
/// are read. Weights and biases are uniform in ±1/√fanIn as PyTorch's layers start; norms have weight 1 and bias 0;
/// running means are uniform in ±0.1 (in 0…0.1 behind ReLU), running variances in 0.5…1.5, so that a forward pass stays
/// finite and shows mistakes that zeros and ones would hide.
/// - Throws: ``MappingError`` where no family has an architecture of this name.
public func initializeCheckpoint(architecture: String, seed: UInt64) throws -> StateDict {
    guard let model = ArchitectureFamilies.named(architecture) else {
        var error = ArchitectureFamilies.unknown(architecture)
        error.problem = "no family has an architecture '\(architecture)'; only those of families can be begun at random"
        error.hint = "'weightbridge architectures' without a name lists them"
        throw error
    }
    let net = try ArchitectureCatalog.declared(model, imageSize: model.imageSize ?? ImageSize(224, 224))
    var result = StateDict()
    for declaration in net.ledger.declarations.values {
        if declaration.role == .counter {
            result[declaration.key] = try Tensor(scalar: Int64(0))
            continue
        }
        let range = declaration.role.range(isRectified: model.normsFollowReLU)
        let count = try Tensor.byteCount(.float32, shape: declaration.shape)
        let source = RandomSource(
            count: count, range: range, seed: RandomSource.seed(for: declaration.key, seed: seed))
        result[declaration.key] = try Tensor(.float32, shape: declaration.shape, bytes: Bytes(source))
    }
    return result
}

extension ParameterRole {
    func range(isRectified: Bool) -> ClosedRange<Float> {
        switch self {
        case .uniform(let fanIn):
            let bound = 1 / Float(fanIn).squareRoot()
            return -bound...bound
        case .scale: return 1...1
        case .shift, .counter: return 0...0
        case .runningMean: return (isRectified ? 0 : -0.1)...0.1
        case .runningVariance: return 0.5...1.5
        }
    }
}
