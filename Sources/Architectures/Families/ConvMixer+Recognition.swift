import Formats
import GraphIR

/// What a state dict says about the ConvMixer that it belongs to.
struct ConvMixerCandidate {
    var model: ConvMixer
    var keys: ConvMixerKeys
    /// Keys of the file that the grammar has, whatever their shapes.
    var matched: Int
    /// Whether the convolutions that give the sizes were there; otherwise sizes are guesses.
    var isCertain: Bool
}

extension ConvMixerCandidate {
    /// The grammar that explains most keys of the file; `nil` where none explains any.
    static func best(for weights: StateDict) -> ConvMixerCandidate? {
        var best: ConvMixerCandidate?
        for grammar in ConvMixerKeys.Grammar.allCases {
            for prefix in grammar == .mmpretrain ? ["backbone.", ""] : [""] {
                let candidate = ConvMixerCandidate(weights, ConvMixerKeys(grammar: grammar, prefix: prefix))
                if candidate.matched > best?.matched ?? 0 { best = candidate }
            }
        }
        return best
    }

    private init(_ weights: StateDict, _ keys: ConvMixerKeys) {
        func shape(_ key: String) -> [Int]? { weights[key]?.shape }
        // Blocks are counted by any key of theirs, so that a block with a damaged key still counts.
        var depth = 0
        let firstBlock = keys.grammar == .flat ? 3 : keys.grammar == .tweet ? 1 : 0
        let container = keys.block(0).dropLast("\(firstBlock)".count)
        var numbers: Set<Int> = []
        for name in weights.tensors.keys where name.string.hasPrefix(container) {
            let rest = name.string.dropFirst(container.count)
            guard let number = rest.split(separator: ".").first, rest.dropFirst(number.count).hasPrefix(".") else {
                continue
            }
            // A head is numbered like a block in the flat grammars, but holds its weight directly.
            let inner = rest.dropFirst(number.count + 1)
            if inner.contains("."), let number = Int(number), number >= firstBlock { numbers.insert(number) }
        }
        while depth < ConvMixer.depthLimit, numbers.contains(firstBlock + depth) { depth += 1 }
        // Where most blocks are there, those between are missing.
        if let last = numbers.max(), last - firstBlock < min(2 * numbers.count, ConvMixer.depthLimit) {
            depth = last - firstBlock + 1
        }

        let stem = shape(keys.stem[0] + ".weight").flatMap { $0.count == 4 ? $0 : nil }
        let depthwise = (0..<depth).lazy.compactMap { shape(keys.depthwise($0)[0] + ".weight") }
            .first { $0.count == 4 && $0[1] == 1 }
        let head = shape(keys.head(depth) + ".weight").flatMap { $0.count == 2 ? $0 : nil }
        let dim = stem?[0] ?? depthwise?[0] ?? head?[1]
        model = ConvMixer(dim: dim ?? 0, depth: depth)
        if let depthwise { model.kernel = depthwise[2] }
        if let stem {
            model.patch = stem[2]
            model.inputChannels = stem[1]
        }
        let hasHead = weights[keys.head(depth) + ".weight"] != nil || weights[keys.head(depth) + ".bias"] != nil
        model.classes = hasHead ? head?[0] ?? shape(keys.head(depth) + ".bias")?.first ?? 1000 : nil
        self.keys = keys
        isCertain = stem != nil && (depthwise != nil || depth == 0)
        matched = 0

        var modules = keys.stem + [keys.head(depth)]
        for index in 0..<depth { modules += keys.depthwise(index) + keys.pointwise(index) }
        let expected = Set(modules.map { ExactName($0) })
        for name in weights.tensors.keys {
            guard let dot = name.string.lastIndex(of: ".") else { continue }
            if expected.contains(ExactName(String(name.string[..<dot]))) { matched += 1 }
        }
        let sizes = [model.dim, model.kernel, model.patch, model.inputChannels, model.classes ?? 1]
        if sizes.contains(where: { !(1...ConvMixer.sizeLimit).contains($0) }) || model.kernel > ConvMixer.windowLimit
            || model.patch > ConvMixer.windowLimit
        {
            matched = 0
        }
    }
}

extension ConvMixer {
    init?(_ weights: StateDict, hints: Hints) throws {
        guard let candidate = ConvMixerCandidate.best(for: weights), candidate.matched > 0 else { return nil }
        self = candidate.model
        keys = candidate.keys
        if let name = hints.options.architecture, let asked = ConvMixer(name: name) {
            (dim, depth, kernel, patch) = (asked.dim, asked.depth, asked.kernel, asked.patch)
        } else if !candidate.isCertain {
            return nil
        }
        pooling = try hints.globalPool(
            columns: weights[keys.head(depth) + ".weight"]?.shape[checked: 1], channels: dim,
            isNamed: hints.variant(of: ConvMixer.self) != nil)
        activation = try activation(weights, hints)
        if keys.grammar == .tweet, kernel % 2 == 0 {
            hints.note(
                "the authors' short version pads an even kernel of \(kernel) by \(kernel / 2) on both sides, with which "
                    + "its residual connection can't run; 'same' padding was taken")
        }
    }

    /// The activation, which shapes can't tell.
    ///
    /// A norm stands behind every activation. What ReLU lets through is never negative, and so is its running mean;
    /// GELU reaches down to −0.17. One negative entry therefore says GELU.
    private func activation(_ weights: StateDict, _ hints: Hints) throws -> Activation {
        if let stated = try hints.statedActivation() { return stated }
        if hints.options.architecture == nil, let (known, source) = hints.variant(of: ConvMixer.self) {
            hints.note("activation \(known.model.activation.rawValue): \(source) names \(known.name)")
            return known.model.activation
        }
        let (found, reason) = evidence(weights)
        hints.note("activation \(found.rawValue): \(reason)")
        return found
    }

    private func evidence(_ weights: StateDict) -> (Activation, reason: String) {
        var sawMean = false
        var isConstant = true
        let norms = [keys.stem[2]] + (0..<depth).flatMap { [keys.depthwise($0)[2], keys.pointwise($0)[2]] }
        for norm in norms {
            guard let mean = weights[norm + ".running_mean"], mean.count <= Self.sizeLimit,
                let values = try? mean.floats()
            else { continue }
            sawMean = sawMean || !values.isEmpty
            if values.contains(where: { $0 < 0 }) {
                return (.gelu, "'\(norm).running_mean' has a negative entry, which the output of ReLU can't have")
            }
            if values.contains(where: { $0 != 0 }) { isConstant = false }
        }
        if sawMean, !isConstant { return (.relu, "no running_mean has a negative entry, as behind ReLU") }
        if let variant { return (variant.model.activation, "\(variant.name) has it") }
        return (.gelu, "the paper's default; nothing in the file says otherwise")
    }
}
