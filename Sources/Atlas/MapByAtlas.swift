import Architectures
import ExportedPrograms
import Formats
import GraphIR

extension Atlas {
    /// The model of a state dict in timm's names: the graph from the atlas, the weights as they are.
    ///
    /// - Parameters:
    ///   - config: the `config.json` beside the weights; it settles which architecture it is.
    ///   - options: `architecture`, `batch`, `imageSize`, `computeType`, `allowUnused`, `leavesOutHead` and `modules`
    ///     count.
    /// - Throws: ``MappingError`` where no form fits, with the nearest one's differences; `tensor.shape` where the
    ///   image size doesn't fit; what the translation of its operators throws.
    public func map(
        _ weights: StateDict, config: JSONValue?, options: MappingOptions = MappingOptions()
    ) throws -> MappedModel {
        let named = options.architecture ?? configured(config)
        if let name = options.architecture {
            if entries(named: name).isEmpty { throw unknown(name) }
            try checkTag(of: name)
        }
        let fits = try fits(weights, named: named)
        guard let whole = fits.first else {
            throw MappingError(
                .unknown, "no architecture of the atlas has these \(weights.count) tensors",
                report: "the atlas has \(Set(entries.map(\.name)).count) architectures of timm \(timmVersion)",
                hint: "give the architecture with --architecture to see what is missing")
        }
        var notes: [String] = []
        let best = try withHeadOrWithout(whole, weights, config: config, options: options, note: { notes.append($0) })
        try check(best, weights, isNamed: named != nil, options: options)
        if options.architecture == nil {
            try check(config: config, best.entry)
            if named != nil { notes.append("\(best.entry.name): config.json says so") }
        }
        notes += ambiguities(whole, fits, isSettled: named != nil)
        if !best.unexpected.isEmpty {
            notes.append("\(best.unexpected.count) tensors aren't used and were left out")
        }
        return try build(best, weights, config: config, named: named, options: options, notes: notes)
    }

    /// The architecture that `config.json` names, where the atlas has it.
    public func configured(_ config: JSONValue?) -> String? {
        guard case .object(let members)? = config,
            case .string(let name)? = members.first(where: { ExactName($0.key) == "architecture" })?.value
        else { return nil }
        return entries(named: name).isEmpty ? nil : name
    }

    private func unknown(_ name: String) -> MappingError {
        let near = nearestNames(to: name, in: Set(entries.map(\.name)).sorted())
        return MappingError(
            .option, "there is no architecture '\(name)'",
            report: near.isEmpty ? "" : "nearest names: " + near.joined(separator: ", "),
            hint: near.first.map { "did you mean '\($0)'?" }
                ?? "'weightbridge architectures' lists those that there are")
    }

    private func check(_ fit: AtlasFit, _ weights: StateDict, isNamed: Bool, options: MappingOptions) throws {
        let name = fit.entry.name + (fit.isHeadless ? " without head" : "")
        if !fit.isUsable || !fit.unexpected.isEmpty && !options.allowUnused {
            throw MappingError(
                missing: fit.missing.map { state in (state.name, fit.shape(of: state).map { Int($0 ?? -1) }) },
                unexpected: fit.unexpected.map { ($0, weights[$0]?.shape ?? []) }, misshaped: fit.misshaped,
                in: weights, of: name, isNamed: isNamed)
        }
        let settled = [
            ("its activation", options.activation != nil),
            ("its hyperparameters", !Preprocessing.settingNames.isSuperset(of: options.settings.keys)),
            ("its classes", options.classes.map { $0 != 0 && Int64($0) != fit.classes } ?? false),
        ]
        if let (what, _) = settled.first(where: \.1) {
            throw MappingError(
                .option, "the graph of \(name) is from the atlas and has \(what) settled", report: "",
                hint: "convert it as it is; 'weightbridge extract' cuts a model at any value")
        }
        if options.returnsFeatures { throw unpooled(fit) }
        if let asked = options.imageSize, !fit.entry.takes(height: asked.0, width: asked.1) {
            throw fit.entry.refusal(of: asked, name: name)
        }
    }

    /// Other forms that the weights fit as well, and in what they differ.
    private func ambiguities(_ best: AtlasFit, _ fits: [AtlasFit], isSettled: Bool) -> [String] {
        guard !isSettled else { return [] }
        var notes: [String] = []
        let same = fits.dropFirst().filter { $0.isExact && $0.entry.graphHash == best.entry.graphHash }
        if !same.isEmpty {
            notes.append("the same graph as \(same.map(\.entry.name).joined(separator: ", "))")
        }
        var seen: Set<UInt64> = [best.entry.graphHash]
        for other in fits.dropFirst() where other.isExact && seen.insert(other.entry.graphHash).inserted {
            notes.append(
                "\(best.entry.name) is assumed; \(other.entry.name) has the same names and shapes, and "
                    + "\(difference(best, other)): --architecture settles it")
        }
        return notes
    }

    private func build(
        _ fit: AtlasFit, _ weights: StateDict, config: JSONValue?, named: String?, options: MappingOptions,
        notes: [String]
    ) throws -> MappedModel {
        let entry = fit.entry
        var notes = notes
        var used = weights
        for name in fit.unexpected + fit.headKeys { used[name] = nil }
        let own = fit.channels ?? Int64(entry.inputShape[0])
        let channels = options.inputChannels.map { Int64($0) } ?? own
        if channels != own { notes += try adaptedToChannels(fit, channels) }
        let size = imageSize(entry, config: config, named: named, options: options, note: { notes.append($0) })
        let choice = AtlasChoice(
            classes: fit.classes, channels: channels, height: Int64(size.0), width: Int64(size.1))
        var record = fit.record
        if let grid = entry.grid, [size.0, size.1] != entry.inputShape.dropFirst() {
            record = try self.record(of: grid)
            notes += try check(record, used, fit, channels: own, choice)
        }
        let program = try record.program(
            entry.name, weights: used, choice: choice, channels: channels, operators: operators,
            output: fit.isHeadless ? "features" : "logits", tensor: tensor)
        var exporting = ExportOptions()
        switch options.batch {
        case .size(let samples):
            guard let samples = Int(exactly: samples) else { break }
            exporting.batch = .fixed(samples)
        case .named(let name): exporting.batch = .named(name)
        case .unknown: break
        }
        let types = Set(used.tensors.values.map(\.elementType).filter(\.isFloatingPoint))
        let compute = options.computeType ?? (types == [.float64] ? .float64 : .float32)
        exporting.computeType = compute
        exporting.foldsConstants = options.foldsConstants
        if types != [compute], !types.isEmpty {
            notes.append(
                "weights of another type than \(compute.name) keep their bits and are cast when the model runs")
        }
        var model = try ExportedPrograms.model(of: program, options: exporting)
        let (known, source) = preprocessing(entry, classes: fit.classes, config: config, named: named)
        let origin = source.map { "that of \($0)" } ?? "config.json says so"
        if known != nil { notes.append("preprocessing: \(origin)") }
        let preprocessing = try known.adapted(
            by: options.settings, channels: Int(channels), size: ImageSize(size.0, size.1), note: { notes.append($0) })
        let hyperparameters = [
            ("source", "timm \(timmVersion)"), ("num_classes", "\(fit.classes ?? 0)"), ("in_chans", "\(channels)"),
        ]
        model.metadata += [
            MetadataEntry(MetadataKey.architecture, entry.name), MetadataEntry(MetadataKey.family, entry.family),
            MetadataEntry(
                MetadataKey.hyperparameters,
                JSONValue.object(hyperparameters.map { ($0.0, .string($0.1)) }).serialized(pretty: false)),
        ]
        model.metadata += preprocessing?.metadata ?? []
        if let labels = ClassLabels.read(
            config: config, classes: fit.classes.flatMap { Int(exactly: $0) }, note: { notes.append($0) })
        {
            model.metadata.append(ClassLabels.metadata(labels))
        }
        if !options.modules.isEmpty {
            var asked = MappingOptions()
            asked.modules = options.modules
            model = try model.returning(asked)
        }
        return MappedModel(
            model: model, architecture: entry.name, family: entry.family, variant: entry.name, notes: notes,
            preprocessing: preprocessing, unused: fit.unexpected, hyperparameters: hyperparameters)
    }

    /// Whether the graph for another size takes the weights: where not, the number of channels is that which it was made
    /// for. Returns what becomes of weights.
    private func check(
        _ record: AtlasRecord, _ weights: StateDict, _ fit: AtlasFit, channels: Int64, _ choice: AtlasChoice
    ) throws -> [String] {
        let adapted = Set(record.rules.map(\.state))
        var own = choice
        own.channels = channels
        for (place, state) in record.states.enumerated() where !adapted.contains(place) {
            guard let shape = weights[state.name]?.shape else { continue }
            let expected = try state.shape.map { try record.resolved($0, own) }
            guard expected == shape.map({ .number(Int64($0)) }) else {
                throw FormatError(
                    .tensorShape,
                    "the graph of \(fit.entry.name) for other sizes doesn't take \(state.name) of \(shape)",
                    hint: "leave --image-size out", faultClass: .unsupported)
            }
        }
        return record.rules.compactMap { rule in
            record.states[checked: rule.state].map {
                "\($0.name): resampled for \(choice.height)×\(choice.width) pixels as timm does; the checkpoint's own stays"
            }
        }
    }

    /// Whether first convolutions are all that knows the number of channels. Returns what becomes of them.
    private func adaptedToChannels(_ fit: AtlasFit, _ channels: Int64) throws -> [String] {
        let changed = fit.record.states.filter { $0.shape.contains { $0.factor == .channels } }
        guard !changed.isEmpty, changed.allSatisfy(\.isFirstConvolution), 1...65536 ~= channels else {
            throw MappingError(
                .option, "the weights of \(fit.entry.name) can't be adapted to \(channels) channels", report: "",
                hint: "leave --input-channels out")
        }
        return changed.map { "\($0.name): adapted to \(channels) channels as timm does; the checkpoint's own stays" }
    }

    /// What `config.json` says, else what timm says of the published weights that are meant.
    private func preprocessing(
        _ entry: AtlasEntry, classes: Int64?, config: JSONValue?, named: String?
    ) -> (Preprocessing?, source: String?) {
        if let config, let stated = Preprocessing(config: config) { return (stated, nil) }
        let all = entry.published + entries(named: entry.name).flatMap(\.published)
        let tag = named.flatMap { publishedTag(of: $0) }
        let model =
            all.first { $0.tag == tag } ?? entry.published.first { Int64($0.classes) == classes } ?? all.first
        guard let model else { return (nil, nil) }
        return (model.preprocessing, model.tag.isEmpty ? entry.name : "\(entry.name).\(model.tag)")
    }
}

extension AtlasEntry {
    /// Why the graph doesn't take images of a size, and which it takes.
    fileprivate func refusal(of asked: (Int, Int), name: String) -> FormatError {
        let size = "\(inputShape[1])×\(inputShape[2])"
        let near = nearest(height: asked.0, width: asked.1)
        var rule = "the graph of \(name) is for images of \(size)"
        var hint = "leave --image-size out"
        switch sizes {
        case .one, .any:
            if let sizesReason { rule += " alone (\(sizesReason))" }
        case .steps:
            rule += " and those that differ by multiples of 64"
            hint = "the nearest is --image-size \(near.0)x\(near.1)"
        case .grid:
            if let grid {
                rule +=
                    " and \(grid.isSquare ? "square ones " : "")from \(grid.height)×\(grid.width) to "
                    + "\(grid.top)×\(grid.top) in steps of \(grid.step)"
            }
            hint = "the nearest is --image-size \(near.0)x\(near.1)"
        }
        return FormatError(
            .tensorShape, "\(rule), not \(asked.0)×\(asked.1)", hint: hint, faultClass: .unsupported)
    }
}
