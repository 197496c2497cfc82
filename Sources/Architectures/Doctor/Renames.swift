import GraphIR

/// Pairs of more keys than this aren't compared letter by letter: the time grows with the product.
private let pairingLimit = 64

/// Renames of keys in the file that would give the missing keys, shapes agreeing: first a prefix that many share, then
/// the nearest spelling.
func suggestedRenames(
    missing: [(key: String, shape: [Int])], unexpected: [(key: String, shape: [Int])]
) -> [(from: String, to: String)] {
    var shapes: [ExactName: [Int]] = [:]
    for item in unexpected { shapes[ExactName(item.key)] = item.shape }
    var counts: [ExactName: Int] = [:]
    for item in missing.prefix(pairingLimit) {
        for other in unexpected.prefix(pairingLimit)
        where mayBe(other.shape, item.shape) && other.key.hasSuffix(item.key) {
            counts[ExactName(String(other.key.dropLast(item.key.count))), default: 0] += 1
        }
    }
    if let (prefix, count) = counts.max(by: { ($0.value, $1.key.string) < ($1.value, $0.key.string) }),
        count * 2 > missing.count, !prefix.string.isEmpty
    {
        return missing.compactMap { item in
            let from = prefix.string + item.key
            return shapes[ExactName(from)].map { mayBe($0, item.shape) } == true ? (from, item.key) : nil
        }
    }

    var candidates: [(distance: Int, from: Int, to: Int)] = []
    for (to, item) in missing.prefix(pairingLimit).enumerated() {
        for (from, other) in unexpected.prefix(pairingLimit).enumerated() where mayBe(other.shape, item.shape) {
            let distance = editDistance(Array(other.key.utf8.prefix(100)), Array(item.key.utf8.prefix(100)))
            if distance * 2 <= max(item.key.utf8.count, other.key.utf8.count) {
                candidates.append((distance, from, to))
            }
        }
    }
    candidates.sort { ($0.distance, $0.to, $0.from) < ($1.distance, $1.to, $1.from) }
    var usedFrom: Set<Int> = []
    var sourceOf: [Int: Int] = [:]
    for candidate in candidates where sourceOf[candidate.to] == nil && !usedFrom.contains(candidate.from) {
        usedFrom.insert(candidate.from)
        sourceOf[candidate.to] = candidate.from
    }
    return missing.indices.compactMap { to in sourceOf[to].map { (unexpected[$0].key, missing[to].key) } }
}

/// Whether a shape is the one wanted, in which a negative number is any.
private func mayBe(_ found: [Int], _ wanted: [Int]) -> Bool {
    found.count == wanted.count && zip(found, wanted).allSatisfy { $1 < 0 || $0 == $1 }
}

/// Levenshtein's distance.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
            diagonal = above
        }
    }
    return row[b.count]
}
