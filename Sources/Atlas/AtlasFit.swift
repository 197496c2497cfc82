import GraphIR

/// How a state dict agrees with one form of the atlas.
struct AtlasFit {
    let entry: AtlasEntry
    let record: AtlasRecord
    /// The classes and channels that the weights show, where the architecture leaves them open.
    var classes: Int64?
    var channels: Int64?
    var missing: [AtlasRecord.State] = []
    var misshaped: [String] = []
    var unexpected: [String] = []
    private var unexpectedCount = 0
    var matched = 0
    /// Whether the graph returns features: the form has no classes, or its classifier is left out.
    var isHeadless: Bool
    /// Weights that only the head uses, which is left out.
    var headKeys: [String] = []

    var isExact: Bool { missing.isEmpty && misshaped.isEmpty && unexpected.isEmpty }
    /// Whether all that the graph needs is there.
    var isUsable: Bool { missing.isEmpty && misshaped.isEmpty }
    /// What ranks forms: agreement, less what is wrong.
    var score: Int { matched - missing.count - misshaped.count - unexpectedCount }

    /// - Parameter isRanking: whether only the score is wanted, and what is unexpected is counted and not listed.
    init(_ entry: AtlasEntry, _ record: AtlasRecord, _ weights: StateDict, isRanking: Bool = false) {
        self.entry = entry
        self.record = record
        isHeadless = entry.isHeadless
        for state in record.states {
            guard let found = weights[state.name] else { continue }
            classes = classes ?? Self.count(.classes, of: state, found.shape)
            channels = channels ?? Self.count(.channels, of: state, found.shape)
        }
        var known: Set<ExactName> = []
        for state in record.states {
            known.insert(ExactName(state.name))
            guard let found = weights[state.name] else {
                // Some writers leave counters out, and no graph reads them.
                if !state.name.hasSuffix("num_batches_tracked") { missing.append(state) }
                continue
            }
            let expected = shape(of: state)
            if expected == found.shape.map({ Int64($0) }),
                state.type.isFloatingPoint == found.elementType.isFloatingPoint
            {
                matched += 1
            } else {
                misshaped.append(
                    "\(state.name): expected \(expected.map { $0.map(String.init) ?? "?" }.joined(separator: "×")) "
                        + "\(state.type.name), found \(found.shape.map(String.init).joined(separator: "×")) "
                        + "\(found.elementType.name)")
            }
        }
        if isRanking {
            unexpectedCount = weights.count - known.count { weights[$0.string] != nil }
        } else {
            unexpected = weights.tensors.keys.filter { !known.contains($0) }.map(\.string)
            unexpectedCount = unexpected.count
        }
    }

    /// The number that the architecture leaves open, where a shape shows it.
    private static func count(
        _ factor: AtlasRecord.Number.Factor, of state: AtlasRecord.State, _ shape: [Int]
    ) -> Int64? {
        guard shape.count == state.shape.count else { return nil }
        for (number, found) in zip(state.shape, shape) where number.factor == factor && number.value > 0 {
            let (quotient, remainder) = Int64(found).quotientAndRemainder(dividingBy: number.value)
            if remainder == 0, quotient > 0 { return quotient }
        }
        return nil
    }

    /// What the shape must be; `nil` where nothing shows the number.
    func shape(of state: AtlasRecord.State) -> [Int64?] {
        state.shape.map { number in
            switch number.factor {
            case .one: number.value
            case .classes: classes.flatMap { $0.multiplied(checked: number.value) }
            case .channels: channels.flatMap { $0.multiplied(checked: number.value) }
            case .batch, .batchTimesClasses, .batchTimesChannels, .size: nil
            }
        }
    }
}
