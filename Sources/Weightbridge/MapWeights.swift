/// Recognises the architecture that a state dict belongs to and builds its graph: by a family that is written by hand
/// where one fits, else from the atlas of timm's architectures.
///
/// An architecture that `config.json` names and only the atlas has is taken from there: its names and shapes may be
/// those of a family that computes something else.
/// - Parameter config: the `config.json` beside the weights.
/// - Throws: ``MappingError``, the family's where the atlas has nothing that fits either; `tensor.shape` where the image
///   size doesn't fit; what the translation of the atlas's operators throws.
public func mapWeights(
    _ stateDict: StateDict, config: JSONValue?, options: MappingOptions = MappingOptions()
) throws -> MappedModel {
    let atlas = try Atlas.shared()
    let unknown = options.architecture == nil ? unknownName(config, atlas) : nil
    do {
        var mapped = try mapByFamilyOrAtlas(stateDict, config: config, options: options, atlas)
        if let unknown, !mapped.notes.contains(where: { $0.contains(unknown) }) {
            mapped.notes.append("config.json names \(unknown), which isn't known: taken for \(mapped.architecture)")
        }
        return mapped
    } catch var error as MappingError where [.mismatch, .unknown, .unused].contains(error.code) {
        guard let unknown else { throw error }
        let near = nearestNames(to: unknown, in: Set(atlas.entries.map(\.name) + ArchitectureCatalog.names).sorted())
        error.problem =
            "config.json names '\(unknown)', an architecture that isn't known"
            + (near.isEmpty ? "" : " (nearest names: \(near.joined(separator: ", ")))") + "; " + error.problem
        // A rename makes the nearest architecture of one that may compute something else.
        error.hint = "--architecture NAME takes a known one where the weights are meant to be that"
        throw error
    }
}

private func mapByFamilyOrAtlas(
    _ stateDict: StateDict, config: JSONValue?, options: MappingOptions, _ atlas: Atlas
) throws -> MappedModel {
    func byAtlas() throws -> MappedModel { try atlas.map(stateDict, config: config, options: options) }
    switch options.atlas {
    case .never: return try mapArchitecture(stateDict, config: config, options: options)
    case .always: return try byAtlas()
    case .whereNeeded: break
    }
    if options.architecture == nil, let name = atlas.configured(config),
        try ArchitectureCatalog.entries(matching: name).allSatisfy({ $0.name != name })
    {
        do {
            return try byAtlas()
        } catch var error as MappingError where error.code == .mismatch || error.code == .unused {
            // Another width, depth or size of a kind that a family knows. Other kinds compute something else, unless
            // next to nothing of theirs is there.
            let isOthers = error.otherFaults.unexpected > stateDict.count / 3 * 2
            if isOthers || atlas.entries(named: name).contains(where: isFamilys) && !error.lacksLayersAlone(config),
                let mapped = try? mapArchitecture(stateDict, config: config, options: options)
            {
                return mapped
            }
            error.hint = ["config.json names \(name): take it away where it isn't these weights'", error.hint]
                .compactMap { $0 }.joined(separator: "; ")
            throw error
        }
    }
    let isNamed = options.architecture.map { !atlas.entries(named: $0).isEmpty } ?? false
    do {
        var strict = options
        // What a family has no use for may be just what another architecture has more.
        strict.allowUnused = options.allowUnused && atlas.candidates(for: stateDict).isEmpty
        var mapped = try mapArchitecture(stateDict, config: config, options: strict)
        mapped.notes += strangers(
            stateDict, in: atlas, isSettled: options.architecture != nil || statedName(config) != nil)
        return mapped
    } catch let error as MappingError {
        // What a family's weights don't allow is the family's word, unless only the atlas has the name.
        let isKnown = try options.architecture.map { name in
            try ArchitectureCatalog.entries(matching: name).contains { $0.name == name }
        }
        if error.code == .option || error.code == .unsupported, isKnown ?? true { throw error }
        // A name that only a family has is of no use to the atlas.
        if options.architecture != nil, !isNamed { throw error }
        if isNamed || !atlas.candidates(for: stateDict).isEmpty { return try byAtlas() }
        // Other authors' keys, of an architecture that is no family's.
        for (weights, notes) in translations(of: stateDict) where !atlas.candidates(for: weights).isEmpty {
            var mapped = try atlas.map(weights, config: config, options: options)
            mapped.notes = notes + mapped.notes
            return mapped
        }
        // What no name leads to has to fit in full; else the family's diagnosis says more.
        guard error.code == .unknown else { throw error }
        do {
            return try byAtlas()
        } catch let other as MappingError where other.code == .unknown {
            throw error
        }
    }
}

extension MappingError {
    /// Whether all that is wrong is that layers are missing, and `config.json` doesn't say that there are fewer.
    fileprivate func lacksLayersAlone(_ config: JSONValue?) -> Bool {
        let heads = ["head.", "fc.", "classifier."]
        return otherFaults == (0, 0) && !statesDepth(config)
            && missing.contains { key in !(keysFreeOfNames + heads).contains(where: key.hasPrefix) }
    }
}

/// The architecture that `config.json` names.
private func statedName(_ config: JSONValue?) -> String? {
    guard case .object(let members)? = config else { return nil }
    return members.lazy.compactMap { member -> String? in
        if case .string(let name) = member.value, ExactName(member.key) == "architecture", !name.isEmpty { return name }
        return nil
    }.first
}

/// The name in `config.json` where neither a family nor the atlas has it.
private func unknownName(_ config: JSONValue?, _ atlas: Atlas) -> String? {
    guard let name = statedName(config), atlas.configured(config) == nil, !ArchitectureCatalog.has(name) else {
        return nil
    }
    return name
}

/// Architectures of other kinds that have the same names and shapes as weights that a family has taken.
private func strangers(_ weights: StateDict, in atlas: Atlas, isSettled: Bool) -> [String] {
    if isSettled { return [] }
    let others = atlas.candidates(for: weights).filter { !isFamilys($0) }
    return others.prefix(1).map { "\($0.name) has the same names and shapes; --architecture settles it" }
}

/// Whether an architecture is in a file of timm's that a family here reads.
private func isFamilys(_ entry: AtlasEntry) -> Bool {
    [
        "convmixer", "deit", "eva", "inception_v3", "mlp_mixer", "resnet", "senet", "vision_transformer",
        "vision_transformer_relpos",
    ].contains(String(entry.family.prefix { $0 != "." }))
}
