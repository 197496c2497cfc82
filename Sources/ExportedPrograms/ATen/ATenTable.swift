import GraphIR

/// Writes one call as nodes and gives its results.
typealias Translation = @Sendable (ATenCall) throws -> [Wire]

/// What each ATen operator is in ONNX, by the full name of its schema (`conv2d.default`). In-place forms have no entries
/// of their own.
struct ATenTable {
    private(set) var entries: [String: Translation] = [:]

    static let standard: ATenTable = {
        var table = ATenTable()
        table.addElementwise()
        table.addComparisons()
        table.addActivations()
        table.addShapes()
        table.addParts()
        table.addPadding()
        table.addIndexing()
        table.addMasks()
        table.addReductions()
        table.addConvolutions()
        table.addPools()
        table.addNorms()
        table.addProducts()
        table.addAttention()
        table.addRecurrence()
        table.addResampling()
        table.addCreation()
        return table
    }()

    /// Adds an entry under all of these names; a name without an overload is `default`.
    mutating func add(_ names: String..., translation: @escaping @Sendable (ATenCall) throws -> Wire) {
        for name in names { entries[full(name)] = { [try translation($0)] } }
    }

    /// Adds an entry with any number of results.
    mutating func addMany(_ names: String..., translation: @escaping Translation) {
        for name in names { entries[full(name)] = translation }
    }

    private func full(_ name: String) -> String { name.contains(".") ? name : name + ".default" }
}
