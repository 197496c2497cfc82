import GraphIR

/// How one operator changed with one version of the operator set.
struct OpsetRule: Sendable {
    typealias Rewrite = @Sendable (inout OpsetRewriter, Node) throws -> Void

    /// The version with the new form.
    let version: Int64
    /// From the new form to the old.
    var downgrade: Rewrite?
    /// From the old form to the new.
    var upgrade: Rewrite?

    /// By operator. What isn't here is carried over where its schema allows.
    static let all: [String: [OpsetRule]] = {
        var rules: [String: [OpsetRule]] = [
            "Gelu": [OpsetRule(version: 20, downgrade: gelu)],
            "LayerNormalization": [OpsetRule(version: 17, downgrade: layerNormalization)],
            "GroupNormalization": [OpsetRule(version: 21, downgrade: groupNormalization)],
            "HardSwish": [OpsetRule(version: 14, downgrade: hardSwish)],
            "Swish": [OpsetRule(version: 24, downgrade: swish)],
            "Dropout": [OpsetRule(version: 12, downgrade: dropout)],
            "Clip": [OpsetRule(version: 11, downgrade: clipToAttributes, upgrade: clipToInputs)],
            "Pad": [OpsetRule(version: 11, downgrade: padToAttributes, upgrade: padToInputs)],
            "Slice": [OpsetRule(version: 10, downgrade: sliceToAttributes, upgrade: sliceToInputs)],
            "Split": [
                OpsetRule(version: 13, downgrade: toAttribute("split"), upgrade: toInput("split")),
                OpsetRule(version: 18, downgrade: splitWithoutCount, upgrade: splitWithCount),
            ],
        ]
        for type in ["Squeeze", "Unsqueeze", "ReduceSum"] {
            rules[type] = [OpsetRule(version: 13, downgrade: toAttribute("axes"), upgrade: toInput("axes"))]
        }
        for type in [
            "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
            "ReduceLogSumExp", "ReduceSumSquare",
        ] {
            rules[type] = [OpsetRule(version: 18, downgrade: toAttribute("axes"), upgrade: toInput("axes"))]
        }
        for type in ["Softmax", "LogSoftmax", "Hardmax"] {
            rules[type] = [OpsetRule(version: 13, downgrade: softmaxToFlat, upgrade: softmaxFromFlat)]
        }
        return rules
    }()
}

extension Node {
    func integer(_ name: String) -> Int64? {
        if case .int(let value)? = attribute(name) { return value }
        return nil
    }

    func real(_ name: String) -> Float? {
        if case .float(let value)? = attribute(name) { return value }
        return nil
    }

    func integers(_ name: String) -> [Int64]? {
        if case .ints(let value)? = attribute(name) { return value }
        return nil
    }

    func text(_ name: String) -> String? {
        if case .string(let value)? = attribute(name) { return String(decoding: value, as: UTF8.self) }
        return nil
    }

    /// The attributes but for some.
    func attributes(without names: String...) -> [Attribute] { attributes.filter { !names.contains($0.name) } }

    func input(_ position: Int) -> ValueID? { inputs[checked: position] ?? nil }
}
