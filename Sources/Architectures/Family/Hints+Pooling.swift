extension Hints {
    /// The pooling that is stated under timm's `global_pool`, else that which a head of so many columns is for.
    /// - Throws: ``MappingError`` where what is stated isn't one, or one for heads of other widths.
    func globalPool(columns: Int?, channels: Int?, isNamed: Bool) throws -> GlobalPool {
        // timm's quick forms of the same.
        let names = GlobalPool.allCases.map(\.rawValue)
        if let stated = try choice("global_pool", among: names + ["fast"] + names.map { "fast" + $0 }) {
            let pooling =
                stated == "fast" ? .avg : GlobalPool(rawValue: stated.replacing("fast", with: "")) ?? .avg
            try check(pooling, columns: columns, channels: channels)
            return pooling
        }
        if let columns, let channels, channels.multiplied(checked: 2) == columns { return .catavgmax }
        if !isNamed { assume("global_pool", "avg") }
        return .avg
    }

    /// Refuses a pooling that gives a head of `columns` another number of features. Any goes where the head is left out.
    private func check(_ pooling: GlobalPool, columns: Int?, channels: Int?) throws {
        guard let columns, let channels, !options.leavesOutHead, options.classes != 0 else { return }
        let fitting = GlobalPool.allCases.filter { channels.multiplied(checked: $0.parts) == columns }
        if fitting.isEmpty || fitting.contains(pooling) { return }
        let names = fitting.map(\.rawValue).joined(separator: ", ")
        let width = fitting.contains(.catavgmax) ? "twice the features" : "the features once"
        if let stated = stated("global_pool") { throw stated.refusal(wants: "\(names): the head takes \(width)") }
    }
}
