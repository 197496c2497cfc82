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
    /// What shapes can't tell and nobody said.
    private(set) var assumptions: [Assumption] = []
    /// The names of hyperparameters that the model has asked for: options of other names are mistakes.
    private var asked: Set<String> = []
    private var asksForActivation = false

    init(options: MappingOptions, config: JSONValue?, keyFormat: String? = nil, facts: [String: String] = [:]) {
        self.keyFormat = keyFormat
        self.facts = facts
        self.options = options
        self.config = config
        switch config?.member("architecture") {
        case nil, .null, .string: break
        default: note("config.json's architecture is no name and isn't used")
        }
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// Says that a hyperparameter is taken for what is usual.
    /// - Parameters:
    ///   - name: timm's, as `--set` takes it.
    ///   - remark: what there is to know besides.
    func assume(_ name: String, _ value: String, _ remark: String? = nil) {
        if !assumptions.contains(where: { $0.name == name }) {
            assumptions.append(Assumption(name: name, value: value, remark: remark))
        }
    }

    /// All there is to say, in few lines.
    var report: [String] {
        if assumptions.isEmpty { return notes }
        let list = assumptions.map { "\($0.name) \($0.value)" + ($0.remark.map { " (\($0))" } ?? "") }
        return [
            "assumed, for shapes can't tell: \(list.joined(separator: ", ")); --set NAME=VALUE changes one, "
                + "--architecture NAME settles all"
        ] + notes
    }

    /// Takes over what a part of the model asked for, and those of its assumptions that `isKept` says.
    func absorb(_ part: Hints, isKept: (Assumption) -> Bool) {
        part.notes.forEach(note)
        part.assumptions.filter(isKept).forEach { assume($0.name, $0.value, $0.remark) }
        asked.formUnion(part.asked)
        asksForActivation = asksForActivation || part.asksForActivation
    }

    /// The architecture that an option or `config.json` names, with its source.
    var architecture: (name: String, source: String)? {
        if let name = options.architecture { return (name, "the option") }
        if let name = config?.text("architecture"), !name.isEmpty { return (name, "config.json") }
        return nil
    }

    /// What stands behind the dot in the name: which of the published weights it is.
    var tag: String? {
        guard let name = architecture?.name, let dot = name.firstIndex(of: ".") else { return nil }
        return String(name[dot...].dropFirst())
    }

    /// The variant of a family that is named.
    func variant<Family: ArchitectureFamily>(of family: Family.Type) -> (variant: Variant<Family>, source: String)? {
        guard let (name, source) = architecture else { return nil }
        let bare = name.split(separator: ".").first.map(String.init) ?? name
        return Family.variants.first { $0.name == bare }.map { ($0, source) }
    }

    /// What an option says under one of these names, else `config.json` under timm's `model_args` or at the top.
    func stated(_ keys: String...) -> StatedValue? { stated(keys) }

    private func stated(_ keys: [String]) -> StatedValue? {
        asked.formUnion(keys)
        for key in keys {
            if let text = options.settings[key] { return StatedValue(name: key, value: .string(text), isOption: true) }
        }
        for key in keys {
            let value = config?.member("model_args")?.member(key) ?? config?.member(key)
            switch value {
            case nil, .null: continue
            case .some(let value): return StatedValue(name: key, value: value, isOption: false)
            }
        }
        return nil
    }

    private func fact(_ keys: [String]) -> String? { keys.lazy.compactMap { self.facts[$0] }.first }

    /// Whether timm's `model_args` in `config.json` say something of one of these.
    func hasArgument(_ keys: String...) -> Bool {
        keys.contains { config?.member("model_args")?.member($0) != nil }
    }

    /// Whether an option or `config.json` says that there is nothing of this name (`none`, `null`).
    func isNone(_ key: String) -> Bool {
        asked.insert(key)
        func isNone(_ text: String) -> Bool { ["none", "null"].contains(text.lowercased()) }
        if let text = options.settings[key] { return isNone(text) }
        switch config?.member("model_args")?.member(key) ?? config?.member(key) {
        case .null?: return true
        case .string(let text)?: return isNone(text)
        default: return false
        }
    }

    /// A number that is stated under one of these names.
    /// - Throws: ``MappingError`` where what is stated isn't one above 0, in float32 as well.
    func number(_ keys: String...) throws -> Double? {
        guard let stated = stated(keys) else { return fact(keys).flatMap { Double($0) } }
        guard let number = stated.number, Float(number).isFinite, Float(number) > 0 else {
            throw stated.refusal(wants: "a number above 0 that float32 can hold")
        }
        return number
    }

    /// A whole number that is stated under one of these names.
    /// - Throws: ``MappingError`` where what is stated isn't one that `isPossible`, which `wants` describes.
    func count(_ keys: String..., wants: String, isPossible: (Int) -> Bool) throws -> Int? {
        guard let stated = stated(keys) else { return fact(keys).flatMap { Int($0) } }
        guard let number = stated.number.flatMap({ Int(exactly: $0) }), number > 0, isPossible(number) else {
            throw stated.refusal(wants: wants)
        }
        return number
    }

    /// Whole numbers above 0 that an option sets, separated by commas, or that `config.json` has as a list.
    /// - Throws: ``MappingError`` where what is stated are others than `isPossible`, which `wants` describes.
    func counts(_ key: String, wants: String, isPossible: ([Int]) -> Bool) throws -> [Int]? {
        guard let stated = stated(key) else { return nil }
        guard let numbers = stated.numbers, numbers.allSatisfy({ $0 > 0 }), isPossible(numbers) else {
            throw stated.refusal(wants: wants)
        }
        return numbers
    }

    /// Checks that what is stated is one of what there is.
    /// - Returns: it, in lower case and without what stands before a dot (`nn.`).
    /// - Throws: ``MappingError`` where it is something else.
    @discardableResult
    func choice(_ key: String, among known: [String]) throws -> String? {
        guard let stated = stated(key) else { return nil }
        let text = stated.text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }).last ?? ""
        guard let found = known.first(where: { $0.lowercased() == text.lowercased() }) else {
            throw stated.refusal(wants: known.filter { !$0.isEmpty }.joined(separator: ", "))
        }
        return found.lowercased()
    }

    /// The activation: of the option, of `config.json`, of the variant that is named, or the family's usual one.
    /// - Throws: ``MappingError`` where the option or `config.json` names one that doesn't exist.
    func activation(ofNamed named: Activation?, usual: Activation, remark: String? = nil) throws -> Activation {
        if let known = try statedActivation() { return known }
        if let named, let architecture {
            note("activation \(named.rawValue): \(architecture.source) names \(architecture.name)")
            return named
        }
        assume("act_layer", usual.rawValue, remark)
        return usual
    }

    /// The activation that the option or `config.json` states.
    /// - Throws: ``MappingError`` where it doesn't exist.
    func statedActivation() throws -> Activation? {
        asksForActivation = true
        let known = Activation.allCases.map(\.rawValue).joined(separator: ", ")
        if let option = options.activation {
            guard let activation = Activation(name: option) else {
                throw MappingError(
                    .option, "there is no activation '\(option)'", report: "known: \(known)", hint: "one of \(known)")
            }
            note("activation \(activation.rawValue): the option says so")
            return activation
        }
        if let stated = stated("act_layer", "act", "hidden_act") {
            guard let activation = Activation(name: stated.text) else { throw stated.refusal(wants: known) }
            note("activation \(activation.rawValue): \(stated.isOption ? "the option" : "config.json") says so")
            return activation
        }
        guard let activation = facts["act_layer"].flatMap(Activation.init(name:)) else { return nil }
        note("activation \(activation.rawValue): usual in the format \(keyFormat ?? "")")
        return activation
    }

    /// Refuses options that nothing of the model has asked for.
    /// - Throws: ``MappingError`` with the nearest names that there are.
    func refuseUnasked(of model: String) throws {
        if options.activation != nil, !asksForActivation {
            throw MappingError(
                .option, "\(model) has its activation settled", report: "", hint: "leave --activation out")
        }
        let known = asked.union(Preprocessing.settingNames).sorted()
        for name in options.settings.keys.sorted() where !known.contains(name) {
            let near = nearestNames(to: name, in: known)
            throw MappingError(
                .option, "\(model) has no '\(name)' to set", report: "it has: \(known.joined(separator: ", "))",
                hint: near.first.map { "did you mean --set \($0)=…?" } ?? "leave --set \(name)=… out")
        }
    }

    /// What `config.json` says under timm's `model_args` and the model neither asked for nor shows by its shapes.
    var unreadArguments: [String] {
        guard case .object(let members)? = config?.member("model_args") else { return [] }
        return members.filter { key, value in
            // Padding that is switched off changes nothing.
            if key == "dynamic_img_pad", case .bool(false) = value { return false }
            return !asked.contains(key) && !Self.shownByShapes.contains(key)
        }.map(\.key)
    }

    /// timm's arguments that names and shapes of weights show, and those that only training needs.
    private static let shownByShapes: Set<String> = [
        "attn_drop_rate", "attn_layer", "avg_down", "base_width", "block", "block_args", "block_reduce_first",
        "attn_only_layer_scale", "attn_pool_mlp_ratio", "attn_type", "cardinality", "class_token", "depth", "dim",
        "down_kernel_size", "drop_block_rate", "drop_path_rate",
        "drop_rate", "dynamic_img_size", "embed_dim", "fc_norm", "final_norm", "fix_init",
        "in_chans", "init_values", "input_size", "kernel_size", "layers", "mlp_layer", "mlp_ratio", "no_embed_class",
        "num_blocks", "num_classes", "num_kv_heads", "num_reg_tokens", "patch_drop_rate", "patch_size", "pos_drop_rate",
        "pre_norm", "proj_bias",
        "proj_drop_rate", "qk_norm", "qkv_bias", "qkv_fused", "reg_tokens", "rel_pos_dim", "rel_pos_type",
        "replace_stem_pool", "stem_type", "stem_width",
        "rope_jitter_coords", "rope_rescale_coords", "rope_shift_coords", "scale_attn_inner", "scale_mlp",
        "shared_rel_pos",
        "strict_img_size", "swiglu_align_to", "swiglu_mlp", "use_abs_pos_emb", "use_fc_norm",
        "use_post_transformer_norm", "use_pre_transformer_norm", "weight_init", "zero_init_last",
    ]
}

/// Whether `config.json` states a depth of its own beside the name of an architecture, so that the weights needn't have
/// all layers of that name.
package func statesDepth(_ config: JSONValue?) -> Bool {
    ["depth", "depths", "layers", "num_blocks", "num_hidden_layers"].contains { key in
        config?.member("model_args")?.member(key) != nil || config?.member(key) != nil
    }
}

/// A hyperparameter as an option or `config.json` states it.
struct StatedValue {
    let name: String
    let value: JSONValue
    let isOption: Bool

    /// As it would stand on the command line.
    var text: String {
        switch value {
        case .string(let text), .number(let text): text
        case .array(let items):
            items.map { StatedValue(name: name, value: $0, isOption: isOption).text }.joined(separator: ",")
        case .bool(let flag): flag ? "true" : "false"
        case .null, .object: ""
        }
    }

    var number: Double? {
        if case .array = value { return nil }
        return Double(text)
    }

    var numbers: [Int]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let known = parts.compactMap { $0 }
        return known.count == parts.count ? known : nil
    }

    /// Why it can't be: of an option a mistake, of `config.json` something that isn't supported.
    func refusal(wants: String) -> MappingError {
        let place = isOption ? "--set \(name)=\(text)" : "config.json says \(name) \(value.serialized(pretty: false))"
        return MappingError(
            isOption ? .option : .unsupported, "\(place), expected \(wants)", report: "",
            hint: isOption ? nil : "--set \(name)=… takes another in its place")
    }
}
