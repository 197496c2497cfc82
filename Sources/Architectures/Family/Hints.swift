import Formats
import GraphIR

/// What is said about a checkpoint beside its weights: options first, then `config.json`, then the table of variants.
/// Whatever is taken from here, or assumed for want of it, is noted with its reason.
final class Hints {
    let options: MappingOptions
    let config: JSONValue?
    /// The key format that the checkpoint was translated from; `nil` for the family's own.
    let keyFormat: String?
    /// What that format says of what shapes can't tell.
    let facts: [String: String]
    private(set) var notes: [String] = []

    init(options: MappingOptions, config: JSONValue?, keyFormat: String? = nil, facts: [String: String] = [:]) {
        self.keyFormat = keyFormat
        self.facts = facts
        self.options = options
        self.config = config
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// The architecture that an option or `config.json` names, with its source.
    var architecture: (name: String, source: String)? {
        if let name = options.architecture { return (name, "the option") }
        if let name = config?.text("architecture") { return (name, "config.json") }
        return nil
    }

    /// The variant of a family that is named.
    func variant<Family: ArchitectureFamily>(of family: Family.Type) -> (variant: Variant<Family>, source: String)? {
        guard let (name, source) = architecture else { return nil }
        let bare = name.split(separator: ".").first.map(String.init) ?? name
        return Family.variants.first { $0.name == bare }.map { ($0, source) }
    }

    /// A number that an option sets, or that `config.json` has under timm's `model_args` or at the top, by any of these names.
    func number(_ keys: String...) -> Double? {
        for key in keys {
            if let value = options.settings[key].flatMap({ Double($0) }) { return value }
            if let value = config?.member("model_args")?.real(key) ?? config?.real(key) { return value }
        }
        for key in keys {
            if let value = facts[key].flatMap({ Double($0) }) { return value }
        }
        return nil
    }

    /// Numbers that an option sets, separated by commas, or that `config.json` has as a list.
    func numbers(_ key: String) -> [Int]? {
        if let text = options.settings[key] { return text.split(separator: ",").compactMap { Int($0) } }
        return (config?.member("model_args")?.reals(key) ?? config?.reals(key))?.compactMap { Int(exactly: $0) }
    }

    /// A text that an option sets, or that `config.json` has under timm's `model_args` or at the top.
    func text(_ keys: String...) -> String? {
        for key in keys {
            if let value = options.settings[key] { return value }
            if let value = config?.member("model_args")?.text(key) ?? config?.text(key) { return value }
        }
        for key in keys {
            if let value = facts[key] { return value }
        }
        return nil
    }

    /// The activation: of the option, of `config.json`, of the variant that is named, or the family's usual one.
    /// - Throws: ``MappingError`` where the option names one that doesn't exist.
    func activation(ofNamed named: Activation?, usual: Activation, reason: String) throws -> Activation {
        if let known = try statedActivation() { return known }
        if let named, let architecture {
            note("activation \(named.rawValue): \(architecture.source) names \(architecture.name)")
            return named
        }
        note("activation \(usual.rawValue): \(reason)")
        return usual
    }

    /// The activation that the option or `config.json` states.
    func statedActivation() throws -> Activation? {
        if let option = options.activation {
            guard let activation = Activation(name: option) else {
                let known = Activation.allCases.map(\.rawValue).joined(separator: ", ")
                throw MappingError(
                    .option, "there is no activation '\(option)'", report: "known: \(known)", hint: "one of \(known)")
            }
            note("activation \(activation.rawValue): the option says so")
            return activation
        }
        if let name = text("act_layer", "act", "hidden_act"), let activation = Activation(name: name) {
            let source = facts["act_layer"] == name ? "usual in the format \(keyFormat ?? "")" : "config.json says so"
            note("activation \(activation.rawValue): \(source)")
            return activation
        }
        return nil
    }
}
