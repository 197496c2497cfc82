extension Hints {
    /// The pooling that is stated under timm's `global_pool`, else that which a head of so many columns is for.
    /// - Throws: ``MappingError`` where what is stated isn't one.
    func globalPool(columns: Int?, channels: Int?, isNamed: Bool) throws -> GlobalPool {
        // timm's quick forms of the same.
        let names = GlobalPool.allCases.map(\.rawValue)
        if let stated = try choice("global_pool", among: names + ["fast"] + names.map { "fast" + $0 }) {
            return stated == "fast" ? .avg : GlobalPool(rawValue: stated.replacing("fast", with: "")) ?? .avg
        }
        if let columns, let channels, channels.multiplied(checked: 2) == columns { return .catavgmax }
        if !isNamed { assume("global_pool", "avg") }
        return .avg
    }
}
