import Architectures
import Formats
import GraphIR

extension Atlas {
    /// The forms of an architecture. What stands behind a dot in the name is a tag of timm's and doesn't matter.
    public func entries(named name: String) -> [AtlasEntry] {
        let bare = name.prefix { $0 != "." }
        return entries.filter { $0.name == bare }
    }

    /// The forms whose names and shapes are those of the weights, the one with the most published weights first. Classes
    /// and channels may be any.
    public func candidates(for weights: StateDict) -> [AtlasEntry] {
        let names = Fingerprint(weights, free: []).names
        return entries.filter { entry in
            entry.fingerprint.names == names
                && Fingerprint(weights, free: Set(entry.freeNames.map { ExactName($0) })) == entry.fingerprint
        }
        .enumerated()
        .sorted { ($1.element.published.count, $0.offset) < ($0.element.published.count, $1.offset) }
        .map(\.element)
    }

    func fit(_ entry: AtlasEntry, _ weights: StateDict) throws -> AtlasFit {
        var cursor = try record(of: entry)
        return AtlasFit(entry, try AtlasRecord(&cursor, operators: operators.count), weights)
    }

    /// How the weights agree with those forms that may be meant, best first.
    /// - Parameter name: an architecture that the caller or `config.json` names.
    func fits(_ weights: StateDict, named name: String?) throws -> [AtlasFit] {
        let asked = name.map { entries(named: $0) } ?? []
        var found = try (asked.isEmpty ? candidates(for: weights) : asked).map { try fit($0, weights) }
        if asked.isEmpty, found.allSatisfy({ !$0.isExact }), let nearest = try nearest(to: weights) {
            found = [nearest]
        }
        return found.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
            .map(\.element)
    }

    /// The form that has the most in common with weights that none fits.
    private func nearest(to weights: StateDict) throws -> AtlasFit? {
        var best: (score: Int, entry: AtlasEntry)?
        var group: (number: Int, bytes: [UInt8]) = (-1, [])
        for entry in entries {
            // Forms of one group stand together.
            if group.number != entry.group { group = (entry.group, try bytes(ofGroup: entry.group)) }
            var cursor = try AtlasCursor(group.bytes, at: entry.offset, count: entry.length)
            let fit = AtlasFit(
                entry, try AtlasRecord(&cursor, operators: operators.count, graph: false), weights, isRanking: true)
            if fit.matched > 0, fit.score > best?.score ?? Int.min { best = (fit.score, entry) }
        }
        return try best.map { try fit($0.entry, weights) }
    }

    /// In what the computations of two forms differ that have the same weights.
    func difference(_ one: AtlasFit, _ other: AtlasFit) -> String {
        let (a, b) = (one.record, other.record)
        var counts: [String: Int] = [:]
        for node in a.nodes { counts[operators[node.target].name, default: 0] += 1 }
        for node in b.nodes { counts[operators[node.target].name, default: 0] -= 1 }
        let changed = counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        if !changed.isEmpty {
            func list(_ sign: Int) -> String {
                let items = changed.filter { $0.value * sign > 0 }.prefix(3).map {
                    "\(Swift.abs($0.value)) \($0.key.dropFirst(5))"
                }
                return items.isEmpty ? "none" : items.joined(separator: ", ")
            }
            return "the one has \(list(1)) where the other has \(list(-1))"
        }
        for (x, y) in zip(a.nodes, b.nodes) {
            let op = operators[x.target]
            for (left, right) in zip(x.arguments, y.arguments) {
                let (first, second) = ("\(left.value)", "\(right.value)")
                guard first != second, let label = op.arguments[checked: left.place] else { continue }
                return "\(op.name.dropFirst(5)) of \(a.modules[x.module]) differs in \(label)"
            }
        }
        return "the order of their operators"
    }
}
