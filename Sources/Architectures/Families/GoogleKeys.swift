import GraphIR

/// Google's checkpoints of JAX: arrays in `.npz` files, matrices as `[in, out]`, kernels as `[height, width, in, out]`, heads
/// apart. Read as timm reads them (`_load_weights`); all is a matter of order, no number changes.
enum GoogleKeys {
    /// A matrix `[in, out]` as PyTorch's `[out, in]`.
    static let matrix: KeyTranslation.Change = { try $0.permuted([1, 0]) }
    /// A kernel `[height, width, in, out]` as `[out, in, height, width]`.
    static let kernel: KeyTranslation.Change = { try $0.permuted([3, 2, 0, 1]) }
    /// Projections `[in, heads, d]` as `[heads·d, in]`.
    static let toHeads: KeyTranslation.Change = { try $0.joined(1...2).permuted([1, 0]) }
    /// Their biases `[heads, d]` as `[heads·d]`.
    static let headBias: KeyTranslation.Change = { try $0.joined(0...1) }
    /// The projection `[heads, d, out]` as `[out, heads·d]`.
    static let fromHeads: KeyTranslation.Change = { try $0.joined(0...1).permuted([1, 0]) }

    static func norm(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.rename("\(old).scale", "\(new).weight"), .rename("\(old).bias", "\(new).bias")]
    }

    static func dense(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.change("\(old).kernel", "\(new).weight", matrix), .rename("\(old).bias", "\(new).bias")]
    }

    static func convolution(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.change("\(old).kernel", "\(new).weight", kernel), .rename("\(old).bias", "\(new).bias")]
    }

    static func perceptron(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        dense("\(old).Dense_0", "\(new).fc1") + dense("\(old).Dense_1", "\(new).fc2")
    }

    /// The projections `names` of an attention as one matrix.
    static func projections(_ old: String, _ names: [String], _ new: String) -> [KeyTranslation.Rule] {
        [
            .stack(names.map { "\(old).\($0).kernel" }, "\(new).weight", toHeads),
            .stack(names.map { "\(old).\($0).bias" }, "\(new).bias", headBias),
        ]
    }

    /// The ResNet before the patches of a hybrid, or its stem alone. Stages and units are counted from one, and norms have
    /// shapes `[1, 1, 1, C]`. Which model that is, the atlas knows.
    static func backbone(_ weights: StateDict, _ prefix: String) -> [KeyTranslation.Rule] {
        let root = prefix.replacing("/", with: ".")
        let new = "patch_embed.backbone."
        func layer(_ old: (convolution: String, norm: String), _ convolution: String, _ norm: String)
            -> [KeyTranslation.Rule]
        {
            [.change("\(root)\(old.convolution).kernel", "\(new)\(convolution).weight", kernel)]
                + [("scale", "weight"), ("bias", "bias")].map { kind, name in
                    .change("\(root)\(old.norm).\(kind)", "\(new)\(norm).\(name)") { try $0.reshaped([$0.count]) }
                }
        }
        var rules: [KeyTranslation.Rule] = []
        var stage = 1
        while weights["\(prefix)block\(stage)/unit1/conv1/kernel"] != nil {
            var unit = 1
            while weights["\(prefix)block\(stage)/unit\(unit)/conv1/kernel"] != nil {
                let old = "block\(stage).unit\(unit)."
                let block = "stages.\(stage - 1).blocks.\(unit - 1)."
                for index in 1...3 {
                    rules += layer(
                        (old + "conv\(index)", old + "gn\(index)"), "\(block)conv\(index)", "\(block)norm\(index)")
                }
                rules += layer(
                    (old + "conv_proj", old + "gn_proj"), block + "downsample.conv", block + "downsample.norm")
                unit += 1
            }
            stage += 1
        }
        let stem = stage > 1 ? "stem." : ""
        return rules + layer(("conv_root", "gn_root"), stem + "conv", stem + "norm")
    }

    static func output(_ old: String, _ new: String) -> [KeyTranslation.Rule] {
        [.change("\(old).out.kernel", "\(new).proj.weight", fromHeads), .rename("\(old).out.bias", "\(new).proj.bias")]
    }
}
