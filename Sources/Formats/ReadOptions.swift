/// How to read a checkpoint.
public struct ReadOptions: Sendable {
    /// Pickle globals to read past, as inert data, although they are on no allow list.
    public var allowedGlobals: Set<String> = []
    /// Whether a pickle is refused that names globals no honest checkpoint needs. Without, they are read on as inert
    /// data: what an inspection needs that lists them all.
    public var refusesGlobals = true
    /// Whether the exponential moving average of the weights is taken where the checkpoint holds one.
    public var preferEMA = false
    /// Where in the checkpoint the weights are, as keys joined by dots; `nil`: they are looked for.
    public var selectPath: String?
    /// Whether the checksums of a zip's entries are verified.
    public var verifyChecksums = true

    public init() {}
}
