import GraphIR

/// One output beside one golden array.
public struct OutputComparison: Sendable {
    /// The test data set; empty where there is just one.
    public var set: String
    /// The model's output.
    public var output: String
    /// The golden array's key.
    public var key: String
    /// The type of our result.
    public var elementType: ElementType
    /// The golden array's type.
    public var goldenType: ElementType
    /// The shape of our result.
    public var shape: [Int]
    /// The golden array's shape.
    public var goldenShape: [Int]
    /// Our result, in the precision asked for, against the golden data; `nil` where the shapes differ or the elements
    /// are no numbers.
    public var error: ErrorMetrics?
    /// The golden data against our float64 result.
    public var goldenToDouble: ErrorMetrics?
    /// Our result in the model's own types against our float64 result.
    public var nativeToDouble: ErrorMetrics?
    /// Whether both name the same classes, where the output is a classifier's.
    public var classifier: ClassifierAgreement?
    /// Elements that differ, for types that are compared exactly.
    public var differing: Int?
    /// The verdict on the output.
    public var judgement: Judgement
}

/// One intermediate result beside the golden one.
public struct BlockComparison: Sendable {
    /// The module path that the golden data uses.
    public var module: String
    /// The graph's value that was compared.
    public var value: String
    /// The node that makes it.
    public var node: String
    /// The node's operator.
    public var op: String
    /// The node's constants: where a wrong weight would be.
    public var weights: [String]
    /// Our float64 result, of the whole run up to here, against the golden data; `nil` where the shapes differ.
    public var error: ErrorMetrics?
    /// The same with golden data fed to the module's inputs: what this module alone does wrong. `nil` where that
    /// couldn't be run.
    public var introduced: ErrorMetrics?
    /// The verdict on `error`.
    public var judgement: Judgement
    /// The verdict on `introduced`; that on `error` where it is `nil`.
    public var introducedJudgement: Judgement
}

/// Where results first part from the golden data.
public struct Divergence: Sendable {
    /// The module path that the golden data uses.
    public var module: String
    /// The graph's value that parts.
    public var value: String
    /// The node that makes it.
    public var node: String
    /// The node's operator.
    public var op: String
    /// Constants of the nodes in question.
    public var weights: [String]
    /// Nodes between the last results that agree and this one, in graph order, as `name (operator)`.
    public var suspects: [String]
    /// The verdict on the value.
    public var judgement: Judgement
}

/// What ``verify(_:golden:options:)`` found. The same model and data give the same report: it holds no times or paths.
public struct ParityReport: Sendable {
    /// `native` or `float64`.
    public var precision: String
    /// The outputs beside the golden data.
    public var outputs: [OutputComparison] = []
    /// The intermediate results beside the golden data.
    public var blocks: [BlockComparison] = []
    /// How often labels were met.
    public var accuracies: [Accuracy] = []
    /// The keys that fed the inputs: input name and key.
    public var inputs: [(name: String, key: String)] = []
    /// Golden arrays that nothing was compared with.
    public var unused: [String] = []
    /// Outputs of the model that no golden array speaks of.
    public var uncompared: [String] = []
    /// What else there is to say.
    public var notes: [String] = []
    /// The first intermediate in graph order that diverges; `nil` where all agree or none were given.
    public var firstDivergence: Divergence?
    /// Modules that give wrong results for right inputs, in graph order.
    public var faultyModules: [String] = []

    /// The worst verdict of all comparisons; `nil` where there was nothing to compare.
    public var verdict: Verdict? {
        let all = outputs.map(\.judgement.verdict) + blocks.map(\.judgement.verdict)
        return all.reduce(nil as Verdict?) { $0?.combined(with: $1) ?? $1 }
    }

    /// Whether something was compared and nothing mismatches.
    public var isParity: Bool { verdict == .equal || verdict == .rounding }

    /// One line of grounds for the verdict: the worst comparison's.
    public var reason: String {
        guard let verdict else { return "there were no golden outputs to compare with" }
        if verdict == .equal { return "every element is equal" }
        let all = outputs.map { ($0.output, $0.judgement) } + blocks.map { ($0.module, $0.judgement) }
        let worst = all.filter { $0.1.verdict == verdict }.reduce(nil as (String, Judgement)?) { worst, next in
            guard let worst, worst.1.ratio >= next.1.ratio else { return next }
            return worst
        }
        return worst.map { "\($0.0): \($0.1.reason)" } ?? ""
    }
}
