import GraphIR

/// How an exported program becomes a model.
public struct ExportOptions: Sendable {
    /// The first dimension of the inputs.
    public enum Batch: Sendable, Hashable {
        /// As the program says: a number, or the symbol of a dynamic shape.
        case asExported
        /// This many.
        case fixed(Int)
        /// Any number, under this name. A program that was exported with one sample is rewritten where every one of its
        /// operators is seen to treat the samples apart; otherwise it is refused.
        case named(String)
    }

    /// The first dimension of the inputs.
    public var batch = Batch.asExported
    /// Sizes for symbols of dynamic shapes (`H`, `s77`).
    public var sizes: [String: Int64] = [:]
    /// The floating-point type that the model computes in; the program's own where `nil`.
    public var computeType: ElementType?
    /// Whether what depends on no input is computed now. Weights keep their names and bits beside the results.
    public var foldsConstants = false

    /// The program as it is: its sizes, its types, nothing computed ahead.
    public init() {}
}
