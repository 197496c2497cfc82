import Formats

/// What the table of variants leaves open.
extension Hints {
    /// Says which published models of the same sizes differ in what shapes can't tell.
    /// - Returns: those that differ in preprocessing alone.
    func noteTwins<Family: ArchitectureFamily>(of model: Family) -> [String] {
        guard let variant = published(model) else { return [] }
        let hasPreprocessing = config.flatMap { Preprocessing(config: $0) } != nil
        var found: [(names: [String], what: String)] = []
        var dressedOtherwise: [String] = []
        for twin in Family.variants where twin.name != variant.name && twin.model.hasSizes(of: model) {
            // Of pycls' models those in its own keys are told by these.
            if twin.keyFormat != variant.keyFormat, keyFormat != nil { continue }
            let what = variant.model.differences(from: twin.model)
            // That is said with what is assumed.
            if what.contains("aa_layer") { continue }
            if what.isEmpty {
                if !hasPreprocessing, twin.preprocessing != variant.preprocessing { dressedOtherwise.append(twin.name) }
                continue
            }
            let list = what.joined(separator: ", ")
            if let index = found.firstIndex(where: { $0.what == list }) {
                found[index].names.append(twin.name)
            } else {
                found.append(([twin.name], list))
            }
        }
        for (names, what) in found {
            note(
                "taken for \(variant.name): \(names.listed(most: 3)) of the same shapes "
                    + "\(names.count == 1 ? "has" : "have") other \(what) (--architecture settles it)")
        }
        return dressedOtherwise
    }

    /// The published model whose weights have the same shapes; of several the one whose keys these are.
    func published<Family: ArchitectureFamily>(_ model: Family) -> Variant<Family>? {
        let likely =
            keyFormat == nil ? nil : Family.variants.first { $0.keyFormat == keyFormat && $0.model.hasSizes(of: model) }
        return likely ?? model.variant
    }

    /// Says that there is no head, where nobody asked for none and the published model has one.
    func noteHeadless(_ variant: (some ArchitectureFamily)?) {
        guard !options.leavesOutHead, !options.returnsFeatures, options.classes != 0 else { return }
        let stated = config?.real("num_classes") ?? config?.member("model_args")?.real("num_classes")
        if let stated, stated > 0, let count = Int(exactly: stated) {
            note("the weights have no head, although config.json says num_classes \(count): the output is features")
        } else if stated == nil, variant.map({ $0.classes != nil }) ?? true {
            note("the weights have no head: the output is features")
        }
    }
}

extension ArchitectureFamily {
    /// The hyperparameters in which another model of the same shapes differs.
    fileprivate func differences(from other: Self) -> [String] {
        zip(hyperparameters, other.hyperparameters).filter { $0 != $1 }.map(\.0.0)
            .filter { !["in_chans", "num_classes"].contains($0) }
    }
}

extension [String] {
    /// The first of them in a sentence, and how many more there are.
    func listed(most limit: Int) -> String {
        if count > limit { return prefix(limit).joined(separator: ", ") + " and \(count - limit) more" }
        guard count > 1, let last else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " and " + last
    }
}
