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
    func byAtlas() throws -> MappedModel { try Atlas.shared().map(stateDict, config: config, options: options) }
    switch options.atlas {
    case .never: return try mapArchitecture(stateDict, config: config, options: options)
    case .always: return try byAtlas()
    case .whereNeeded: break
    }
    if options.architecture == nil, let name = try Atlas.shared().configured(config),
        try ArchitectureCatalog.entries(matching: name).allSatisfy({ $0.name != name })
    {
        return try byAtlas()
    }
    do {
        return try mapArchitecture(stateDict, config: config, options: options)
    } catch let error as MappingError {
        let atlas = try Atlas.shared()
        let isNamed = options.architecture.map { !atlas.entries(named: $0).isEmpty } ?? false
        // What a family's weights don't allow is the family's word, unless only the atlas has the name.
        let isKnown = try options.architecture.map { name in
            try ArchitectureCatalog.entries(matching: name).contains { $0.name == name }
        }
        if error.code == .option, isKnown ?? true { throw error }
        // What no name leads to has to fit in full; else the family's diagnosis says more.
        guard error.code != .unused, isNamed || !atlas.candidates(for: stateDict).isEmpty || error.code == .unknown
        else { throw error }
        do {
            return try byAtlas()
        } catch let other as MappingError where other.code == .unknown && !isNamed {
            throw error
        }
    }
}
