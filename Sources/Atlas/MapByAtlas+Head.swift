import Architectures
import Formats
import GraphIR

extension Atlas {
    /// The graph with its head, or up to it: where that is asked for, and where the weights have all but the head and
    /// `config.json` doesn't say that there is one.
    func withHeadOrWithout(
        _ whole: AtlasFit, _ weights: StateDict, config: JSONValue?, options: MappingOptions, note: (String) -> Void
    ) throws -> AtlasFit {
        if options.leavesOutHead || options.classes == 0 { return try headless(whole, weights) }
        if whole.isUsable || (config?["num_classes"]?.integer ?? 0) > 0 { return whole }
        guard let bare = try? headless(whole, weights), bare.isExact else { return whole }
        note("the head's weights aren't there: the model returns the features that it would take")
        return bare
    }

    /// The form without a head of the architecture that `fit` is of: that of the atlas where timm publishes such weights,
    /// else its graph up to the classifier.
    /// - Throws: ``MappingError`` where neither can be had.
    func headless(_ fit: AtlasFit, _ weights: StateDict) throws -> AtlasFit {
        if fit.entry.isHeadless { return fit }
        var result: AtlasFit
        let bare = try entries(named: fit.entry.name).filter(\.isHeadless).map { try self.fit($0, weights) }
        if let best = bare.first(where: \.isUsable) ?? bare.first {
            result = best
        } else if let record = fit.record.withoutClassifier(operators: operators) {
            result = AtlasFit(fit.entry, record, weights)
        } else {
            throw MappingError(
                .option, "the graph of \(fit.entry.name) is from the atlas, which has none without its head",
                report: "",
                hint: outputHint(fit))
        }
        result.isHeadless = true
        let known = Set(fit.record.states.map { ExactName($0.name) })
        result.headKeys = result.unexpected.filter { known.contains(ExactName($0)) }
        result.unexpected.removeAll { known.contains(ExactName($0)) }
        return result
    }

    /// The error for features before pooling.
    func unpooled(_ fit: AtlasFit) -> MappingError {
        MappingError(
            .option,
            "the graph of \(fit.entry.name) is from the atlas, which doesn't say where its features end and pooling begins",
            report: "", hint: outputHint(fit))
    }

    /// How to return something else than what the head makes.
    private func outputHint(_ fit: AtlasFit) -> String {
        var parts: [Substring] = []
        for node in fit.record.nodes {
            guard let part = fit.record.modules[node.module].split(separator: ".").first else { continue }
            parts.removeAll { $0 == part }
            parts.append(part)
        }
        let last = parts.suffix(6).map { "'\($0)'" }.joined(separator: ", ")
        return "--output NAME returns what a module makes" + (last.isEmpty ? "" : "; its last ones are \(last)")
    }
}
