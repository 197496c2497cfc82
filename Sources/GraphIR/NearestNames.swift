/// The names most like one that was not found: first those that hold it or are held by it, then those a few letters off.
///
/// Names of more than 200 bytes are passed over, and only the first twenty thousand are looked at: this is a help in an
/// error message.
public func nearestNames(to wanted: String, in names: some Sequence<String>, count: Int = 3) -> [String] {
    let target = Array(wanted.lowercased().utf8)
    guard !target.isEmpty, target.count <= 200 else { return [] }
    var found: [(distance: Int, name: String)] = []
    for name in names.prefix(20_000) where name != wanted && name.utf8.count <= 200 && !name.isEmpty {
        let other = Array(name.lowercased().utf8)
        let isPart = other.count > 2 && target.count > 2 && (contains(other, target) || contains(target, other))
        let limit = Swift.max(1, target.count / 3)
        if isPart {
            found.append((0, name))
        } else if Swift.abs(other.count - target.count) <= limit {
            let distance = editDistance(target, other)
            if distance <= limit { found.append((distance, name)) }
        }
    }
    return found.enumerated().sorted { ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset) }
        .prefix(count).map(\.element.name)
}

private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard part.count <= text.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
}

/// Letters to insert, remove or replace (Levenshtein).
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for (column, other) in right.enumerated() {
            let next = Swift.min(row[column] + 1, row[column + 1] + 1, diagonal + (letter == other ? 0 : 1))
            diagonal = row[column + 1]
            row[column + 1] = next
        }
    }
    return row[right.count]
}
