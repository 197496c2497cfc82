import GraphIR

/// A state dict that no architecture fits, or that fits one but for some keys.
public struct MappingError: Fault {
    /// What kind of failure it is.
    public enum Code: String, Sendable {
        /// No family's keys are there.
        case unknown = "architecture.unknown"
        /// A family's keys are there, but some are missing or have another shape or type.
        case mismatch = "architecture.mismatch"
        /// A weight that a layer of a user's own model needs isn't there.
        case missing = "tensor.missing"
        /// Everything fits, but there are tensors that the architecture doesn't use.
        case unused = "architecture.unused"
        /// `config.json` states something that isn't supported.
        case unsupported = "architecture.unsupported"
        /// The options make no sense: an architecture or activation that doesn't exist.
        case option = "usage"
    }

    /// What kind of failure it is.
    public var code: Code
    /// What was found and what was expected, in one line.
    public var problem: String
    /// The whole diagnosis, one finding a line.
    public var report: String
    /// What the user can do about it.
    public var hint: String?
    /// The file's key and the key that it should have, where one rename would mend it.
    public var renames: [(from: String, to: String)] = []
    /// Keys of the architecture that the file lacks.
    package var missing: [String] = []
    /// How many keys have another shape or type than the architecture's, and how many it doesn't have.
    package var otherFaults = (misshaped: 0, unexpected: 0)

    /// - Parameters:
    ///   - problem: what was found and what was expected, in one line.
    ///   - report: the whole diagnosis, one finding a line; empty for none.
    ///   - hint: what the user can do about it.
    public init(_ code: Code, _ problem: String, report: String, hint: String? = nil) {
        self.code = code
        self.problem = problem
        self.report = report
        self.hint = hint
    }

    /// The code's stable name.
    public var codeName: String { code.rawValue }
    /// Empty: the report names the keys.
    public var place: [String] { [] }
    /// What sort of failure it is, which decides the exit status.
    public var faultClass: FaultClass {
        switch code {
        case .unknown, .unsupported: .unsupported
        case .option: .usage
        default: .invalid
        }
    }
}

extension MappingError {
    /// The most lines that a report spends on one kind of finding: the rest is counted.
    static let listLimit = 20

    /// What the builder found wrong.
    init(ledger: WeightLedger, of name: String) {
        var missing: [(key: String, shape: [Int])] = []
        var misshaped: [String] = []
        for fault in ledger.faults {
            switch fault {
            case .missing(let key, let shape): missing.append((key, shape))
            case .shape(let key, let expected, let found):
                misshaped.append("\(key): expected \(expected), found \(found)")
            case .type(let key, let found): misshaped.append("\(key): \(found.onnxName) isn't a floating-point type")
            }
        }
        self.init(
            missing: missing, unexpected: ledger.unused.map { (key: $0, shape: ledger.weights[$0]?.shape ?? []) },
            misshaped: misshaped, in: ledger.weights, of: name)
    }

    /// - Parameters:
    ///   - missing: keys that `name` has and the file lacks, and their shapes, in which a negative number is any.
    ///   - unexpected: keys of the file that `name` doesn't have.
    ///   - misshaped: a line for each key whose shape or type is another one.
    ///   - weights: all of the file.
    ///   - isNamed: whether the caller or `config.json` says that it is this one.
    package init(
        missing: [(key: String, shape: [Int])], unexpected: [(key: String, shape: [Int])], misshaped: [String],
        in weights: StateDict, of name: String, isNamed: Bool = false
    ) {
        let renames = suggestedRenames(missing: missing, unexpected: unexpected)
        var lines: [String] = []
        func list(_ title: String, _ items: [String]) {
            if items.isEmpty { return }
            lines.append("\(title) (\(items.count)):")
            lines += items.prefix(Self.listLimit).map { "  " + $0 }
            if items.count > Self.listLimit { lines.append("  … and \(items.count - Self.listLimit) more") }
        }
        list(
            "missing",
            missing.map { key, shape in
                "\(key) [\(shape.map { $0 < 0 ? "?" : "\($0)" }.joined(separator: ", "))]"
            })
        list("unexpected", unexpected.map { "\($0.key) \($0.shape)" })
        list("wrong shape or type", misshaped)
        list("renames that would fit", renames.map { "\($0.from) → \($0.to)" })
        let counts = [
            missing.isEmpty ? nil : "\(missing.count) missing",
            unexpected.isEmpty ? nil : "\(unexpected.count) unexpected",
            misshaped.isEmpty ? nil : "\(misshaped.count) with the wrong shape or type",
        ].compactMap { $0 }
        let only = missing.isEmpty && misshaped.isEmpty
        self.init(
            only ? .unused : .mismatch,
            only
                ? "\(unexpected.count) tensors aren't used by \(name): "
                    + unexpected.prefix(3).map(\.key).joined(separator: ", ") + (unexpected.count > 3 ? " …" : "")
                : (isNamed
                    ? "the weights aren't those of \(name): " : "nearest architecture is \(name), but of its keys: ")
                    + counts.joined(separator: ", "),
            report: lines.joined(separator: "\n"),
            hint: only
                ? adviceOn(unused: unexpected.map(\.key), in: weights, of: name)
                : renames.first.map { "rename '\($0.from)' to '\($0.to)'" })
        self.renames = renames
        self.missing = missing.map(\.key)
        otherFaults = (misshaped.count, unexpected.count)
    }
}
