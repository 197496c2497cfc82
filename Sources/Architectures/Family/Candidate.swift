import Formats
import GraphIR

/// One way to read a state dict: an architecture with its sizes, built, and how well the weights fit it.
struct Candidate {
    let model: any ArchitectureFamily
    let hints: Hints
    let preprocessing: Preprocessing?
    /// The graph over the weights, faults and all.
    let net: ModelBuilder
    /// Keys that both the file and the architecture have, shapes agreeing.
    let matched: Int
    /// The variant's name, or family and sizes, of the model that the weights are of, whatever it was adapted to.
    let name: String
    private let variant: String?
    /// The architecture that is named and has layers beyond those of the weights, with the source of the name.
    private let lacking: (name: String, source: String)?
    /// Why the weights can't be adapted as the options ask.
    private let refusal: MappingError?

    /// Whether nothing is missing, mis-shaped or left over.
    var fits: Bool { net.ledger.faults.isEmpty && net.unused.isEmpty }
    /// What is said of it where another fits as well.
    var noteAsTwin: String {
        if variant != nil { return "\(name) has the same keys and shapes; --architecture settles it" }
        let family = type(of: model)
        return "models of the family \(family.family) can have the same keys and shapes"
            + (family.claim.map { "; \($0) makes it one" } ?? "")
    }
    /// Whether the likeness can't be chance: a third of the architecture's keys are there.
    var isLikely: Bool { matched * 3 >= net.ledger.declarations.count && matched > 0 }
    /// What ranks candidates: agreement, less what is wrong.
    private var score: Int { matched - net.ledger.faults.count - net.unused.count }

    /// All families that read these weights, likeliest first.
    /// - Throws: ``MappingError`` for options that make no sense.
    static func ranked(_ weights: StateDict, config: JSONValue?, options: MappingOptions) throws -> [Candidate] {
        var found: [Candidate] = []
        if let name = options.architecture, ArchitectureFamilies.named(name) == nil {
            throw ArchitectureFamilies.unknown(name)
        }
        var failure: GraphError?
        for family in ArchitectureFamilies.all {
            do {
                found += try candidates(of: family, weights, config: config, options: options)
            } catch let error as GraphError {
                // What one family can't build may be another's.
                failure = failure ?? error
            }
        }
        if let failure, !found.contains(where: \.fits) { throw failure }
        // Where scores are equal, what fits comes first; else the order of families is kept.
        return found.enumerated().sorted {
            ($1.element.score, $0.element.fits ? 0 : 1, $0.offset) < (
                $0.element.score, $1.element.fits ? 0 : 1, $1.offset
            )
        }.map(\.element)
    }

    private static func candidates<Family: ArchitectureFamily>(
        of family: Family.Type, _ weights: StateDict, config: JSONValue?, options: MappingOptions
    ) throws -> [Candidate] {
        // An architecture that is asked for by name is its family's business.
        let asked = options.architecture.map { Family(name: $0) }
        if case .some(.none) = asked { return [] }
        var found: [Candidate] = []
        for translation in [nil] + Family.translations.map(Optional.some) {
            let hints = Hints(
                options: options, config: config, keyFormat: translation?.name,
                facts: translation?.facts(weights) ?? [:])
            var translated = weights
            if let translation {
                guard let result = try translation.apply(to: weights, note: hints.note) else { continue }
                translated = result
            }
            guard var model = try Family(translated, hints: hints) ?? asked.flatMap({ $0 }) else { continue }
            var lacking: (name: String, source: String)?
            if let (name, source) = hints.architecture, let named = Family(name: name)?.likened(to: model) {
                let likeness = try model.likeness(to: named)
                if likeness == .part, options.architecture != nil || !statesDepth(config) { lacking = (name, source) }
                if lacking != nil || likeness != .same && options.architecture != nil {
                    // What is asked for is what the diagnosis has to be of.
                    model = named
                } else if likeness != .same {
                    hints.note(
                        "\(name) has other layers than these weights: config.json isn't theirs, "
                            + "or says so under model_args")
                }
            }
            if options.leavesOutHead || options.classes == 0 {
                translated = withoutHead(model, translated)
                model.classes = nil
            }
            found.append(try Candidate(model, translated, hints, lacking: lacking))
        }
        return found
    }

    /// The weights without those that only the head uses.
    private static func withoutHead(_ model: some ArchitectureFamily, _ weights: StateDict) -> StateDict {
        var result = weights
        for key in headKeys(of: model) { result[key.string] = nil }
        return result
    }

    private init<Family: ArchitectureFamily>(
        _ source: Family, _ weights: StateDict, _ hints: Hints, lacking: (name: String, source: String)?
    ) throws {
        var model = source
        var adaptation = Adaptation()
        do {
            adaptation = try Self.adapt(&model, weights, hints)
            refusal = nil
        } catch let error as MappingError {
            // Another family may fit the weights better, and take the options.
            model = source
            refusal = error
        }
        self.model = model
        self.hints = hints
        self.lacking = lacking
        let named = hints.variant(of: Family.self)?.variant
        let settled = named.flatMap { $0.model.hasSizes(of: source) ? $0 : nil }
        let published = settled ?? hints.published(source)
        name = settled?.name ?? (published?.keyFormat == nil ? source.name : published?.name) ?? source.name
        self.variant = published?.name
        let twins = settled == nil ? hints.noteTwins(of: source) : []
        if model.classes == nil { hints.noteHeadless(named?.model ?? published?.model) }
        let asked = refusal == nil ? hints.options.imageSize.map { ImageSize($0.0, $0.1) } : nil
        let variant = named ?? published
        preprocessing = try hints.preprocessing(
            variant: variant.map { variant in
                hints.tag.flatMap { tag in variant.tags[tag].map { (variant.name + "." + tag, $0) } }
                    ?? (variant.name, variant.preprocessing)
            }, twins: twins, channels: model.inputChannels,
            size: asked ?? model.imageSize)
        adaptation.notes.forEach(hints.note)
        if let (name, source) = hints.architecture, Family(name: name) == nil {
            hints.note(
                "\(source) names \(name), which isn't a name of \(Family.family): taken for \(self.name) by keys and shapes"
            )
        }

        let compute = computeType(of: weights, option: hints.options.computeType)
        if let note = compute.note { hints.note(note) }
        let size = asked ?? model.imageSize ?? preprocessing.map { ImageSize($0.inputSize[1], $0.inputSize[2]) }
        if size == nil { hints.note("height and width are dynamic: nothing says what they were in training") }
        net = ModelBuilder(name, weights: weights, computeType: compute.type)
        net.ledger.adapted = adaptation.weights
        net.adaptsChannels = adaptation.adaptsChannels
        let image = try net.input(
            "input",
            [
                hints.options.batch, .size(Int64(model.inputChannels)),
                size.map { .size(Int64($0.height)) } ?? .named("height"),
                size.map { .size(Int64($0.width)) } ?? .named("width"),
            ])
        // What a family makes besides stands behind it.
        try net.output(model.classes == nil ? "features" : "logits", model.build(net, image), isFirst: true)
        matched = net.ledger.matched
    }

    /// What the model is to return, where it isn't the head's.
    private func chosenOutputs(of model: Model) throws -> [(name: String, value: ValueID)]? {
        var outputs = try model.values(ofModules: hints.options.modules)
        if hints.options.returnsFeatures {
            guard let features = net.features else {
                throw Self.refusal("\(name) has no unpooled features", hint: "--no-head returns pooled features")
            }
            outputs.insert(("features", features.id), at: 0)
        }
        return outputs.isEmpty ? nil : outputs
    }

    /// The finished model.
    /// - Throws: ``MappingError`` with the diagnosis where the weights don't fit.
    func map(notes: [String]) throws -> MappedModel {
        var notes = notes
        var built: Model
        do {
            built = try net.model()
        } catch var error as MappingError {
            if let lacking {
                let way =
                    lacking.source == "config.json" ? "take the name out of config.json" : "leave --architecture out"
                error.hint =
                    "\(lacking.source) names \(lacking.name): \(way) where the weights are meant to be without these"
            }
            throw error
        }
        if !net.unused.isEmpty {
            guard hints.options.allowUnused else { throw MappingError(ledger: net.ledger, of: name) }
            notes.append("\(net.unused.count) tensors aren't used and were left out")
        }
        // Weights that don't fit are another model's, which may take the options.
        if let refusal { throw refusal }
        try hints.refuseUnasked(of: name)
        let unread = hints.unreadArguments
        if !unread.isEmpty {
            notes.append("config.json's model_args \(unread.joined(separator: ", ")) aren't read for this architecture")
        }
        let family = type(of: model).family
        built.metadata += [
            MetadataEntry(MetadataKey.architecture, name), MetadataEntry(MetadataKey.family, family),
            MetadataEntry(
                MetadataKey.hyperparameters,
                JSONValue.object(model.hyperparameters.map { ($0.0, .string($0.1)) }).serialized(pretty: false)),
        ]
        built.metadata += preprocessing?.metadata ?? []
        if let labels = ClassLabels.read(
            config: hints.config, classes: model.classes, note: { notes.append($0) })
        {
            built.metadata.append(ClassLabels.metadata(labels))
        }
        if let outputs = try chosenOutputs(of: built) {
            let count = built.graph.initializers.count
            built = try built.returning(outputs)
            let left = count - built.graph.initializers.count
            if left > 0 { notes.append("\(left) tensors take no part in these outputs and were left out") }
        }
        return MappedModel(
            model: built, architecture: name, family: family, variant: variant, notes: notes,
            assumptions: hints.assumptions, preprocessing: preprocessing, unused: net.unused,
            hyperparameters: model.hyperparameters)
    }
}

/// How the layers of a model are to those of another.
private enum Likeness {
    case same
    /// The other has more.
    case part
    case different
}

/// Keys of what fine-tuning with another pooling or image size changes.
package let keysFreeOfNames = ["norm.", "fc_norm.", "attn_pool.", "cls_token", "reg_token", "pos_embed"]

extension ArchitectureFamily {
    /// Whether the layers of a model that is named have other keys or shapes than these: but for what goes with the
    /// image, and what fine-tuning with another pooling changes.
    fileprivate func likeness(to named: Self) throws -> Likeness {
        let acrossPositions = ["mlp_tokens", "linear_tokens", "gate.proj"]
        func shapes(_ model: Self) throws -> [ExactName: [Int]] {
            let size = model.imageSize ?? ImageSize(224, 224)
            let layers = try ArchitectureCatalog.declared(model, imageSize: size).ledger.declarations.filter { key, _ in
                !keysFreeOfNames.contains(where: key.string.hasPrefix)
                    && !acrossPositions.contains(where: key.string.contains)
            }
            return Dictionary(layers.map { ($0.key, $0.value.shape) }) { first, _ in first }
        }
        let (own, others) = (try shapes(self), try shapes(named))
        if own == others { return .same }
        return own.allSatisfy { others[$0.key] == $0.value } ? .part : .different
    }
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
