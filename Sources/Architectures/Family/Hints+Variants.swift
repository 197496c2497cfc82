import Formats

/// What the table of variants leaves open.
extension Hints {
    /// Says which published models of the same sizes differ in what shapes can't tell.
    func noteTwins<Family: ArchitectureFamily>(of model: Family) {
        guard let variant = model.variant else { return }
        let hasPreprocessing = config.flatMap { Preprocessing(config: $0) } != nil
        var found: [(names: [String], what: String)] = []
        for twin in Family.variants where twin.name != variant.name && twin.model.hasSizes(of: model) {
            var what = variant.model.differences(from: twin.model)
            // That has a note of its own.
            if what.contains("aa_layer") { continue }
            if !hasPreprocessing, twin.preprocessing != variant.preprocessing { what.append("preprocessing") }
            guard !what.isEmpty else { continue }
            let list = what.joined(separator: ", ")
            if let index = found.firstIndex(where: { $0.what == list }) {
                found[index].names.append(twin.name)
            } else {
                found.append(([twin.name], list))
            }
        }
        for (names, what) in found {
            note(
                "taken for \(variant.name): \(names.joined(separator: ", ")) of the same shapes "
                    + "\(names.count == 1 ? "has" : "have") other \(what) (--architecture \(names[0]) settles it)")
        }
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
