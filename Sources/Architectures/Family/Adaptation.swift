import GraphIR

/// Changes of a model that its weights allow, as timm makes them: another image size, other input channels, a head
/// without its background class. Weights that change are adapted in the graph (``AdaptedWeight``).
extension Candidate {
    struct Adaptation {
        var weights: [ExactName: AdaptedWeight] = [:]
        var adaptsChannels = false
        var notes: [String] = []
    }

    /// Changes `model` as the options ask.
    /// - Throws: ``MappingError`` where the weights are bound to their sizes.
    static func adapt<Family: ArchitectureFamily>(
        _ model: inout Family, _ weights: StateDict, _ hints: Hints
    ) throws -> Adaptation {
        var result = Adaptation()
        // None at all is a model without its head, which needs no other weights.
        if let classes = hints.options.classes, classes != 0, classes != model.classes {
            for (key, adapted) in try headless(model, weights, classes: classes, hints) {
                result.weights[key] = adapted
            }
            model.classes = classes
            result.notes.append("classes: \(classes), without the background class that the checkpoint has first")
        }
        if let channels = hints.options.inputChannels, channels != model.inputChannels {
            guard channels == 1 || model.inputChannels == 3 else {
                throw refusal(
                    "a first convolution of \(model.inputChannels) channels isn't adapted to \(channels)",
                    hint: "only that of 3 channels is, as in timm")
            }
            result.notes.append(
                "input channels: \(channels) for \(model.inputChannels), the first convolution's kernels "
                    + (channels == 1 ? "summed" : "repeated and scaled") + " as timm does")
            model.inputChannels = channels
            result.adaptsChannels = true
        }
        if let asked = hints.options.imageSize {
            let size = ImageSize(asked.0, asked.1)
            let resized = try model.resize(to: size, weights)
            for (key, adapted) in resized { result.weights[ExactName(key)] = adapted }
            if let first = resized.first?.0 {
                let exception: String? =
                    hints.keyFormat == "Google"
                    ? "files" : hints.architecture?.name.contains("flexi") == true ? "models" : nil
                result.notes.append(
                    first + (resized.count > 1 ? " and \(resized.count - 1) more" : "")
                        + ": resampled for \(size.height)×\(size.width) pixels as \(Family.resizedAs)"
                        + (exception.map { " with other \($0) than this, which it takes bilinearly" } ?? "")
                        + "; the checkpoint's own stays")
            }
        }
        return result
    }

    /// The head's weights without the background class, which stands first.
    private static func headless<Family: ArchitectureFamily>(
        _ model: Family, _ weights: StateDict, classes: Int, _ hints: Hints
    ) throws -> [(ExactName, AdaptedWeight)] {
        let config = hints.config?.member("pretrained_cfg") ?? hints.config
        let hasBackground = config?.real("label_offset") == 1 || model.classes == 1001
        guard let old = model.classes, hasBackground, old - 1 == classes, classes > 0 else {
            let known = model.classes.map { "the checkpoint's head has \($0) classes" } ?? "the checkpoint has no head"
            throw refusal(
                "\(known), not \(classes)",
                hint: "--no-head or --features leave the head out; one for other classes has to be trained")
        }
        return headKeys(of: model).compactMap { key in
            guard weights[key.string]?.shape.first == old else { return nil }
            return (key, AdaptedWeight(axis: 0, kept: 1..<old))
        }
    }

    /// The keys that only the head uses.
    static func headKeys(of model: some ArchitectureFamily) -> [ExactName] {
        func keys(withHead: Bool) throws -> [ExactName] {
            var model = model
            if !withHead { model.classes = nil }
            let net = try ArchitectureCatalog.declared(model, imageSize: model.imageSize ?? ImageSize(224, 224))
            return Array(net.ledger.declarations.keys)
        }
        guard let rest = try? Set(keys(withHead: false)), let whole = try? keys(withHead: true) else { return [] }
        return whole.filter { !rest.contains($0) }
    }

    static func refusal(_ problem: String, hint: String) -> MappingError {
        MappingError(.option, problem, report: "", hint: hint)
    }
}
