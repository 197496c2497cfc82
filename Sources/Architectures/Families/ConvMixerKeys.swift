/// The module paths of ConvMixer's layers in the four spellings that checkpoints have.
///
/// | part | timm | flat | tweet | mmpretrain |
/// | --- | --- | --- | --- | --- |
/// | patch convolution | `stem.0` | `0` | `0.0` | `backbone.stem.0` |
/// | depthwise of block i | `blocks.i.0.fn.0` | `{3+i}.0.fn.0` | `{1+i}.0.0.0` | `backbone.stages.i.0.fn.0` |
/// | pointwise of block i | `blocks.i.1` | `{3+i}.1` | `{1+i}.1.0` | `backbone.stages.i.1` |
/// | head, depth d | `head` | `{5+d}` | `{3+d}` | `head.fc` |
///
/// *Flat* is the authors' repository, *tweet* their version of 280 characters. That one pads `kernel/2` on both sides,
/// which is 'same' for odd kernels alone; with an even one its residual connection doesn't run.
struct ConvMixerKeys: Sendable, Hashable {
    enum Grammar: String, Sendable, CaseIterable {
        case timm, flat, tweet, mmpretrain
    }

    var grammar: Grammar
    /// In front of all keys but mmpretrain's head: `backbone.` there unless the reader stripped it, else empty.
    var prefix = ""

    /// Convolution, activation, norm of the stem.
    var stem: [String] {
        switch grammar {
        case .timm, .mmpretrain: triple(prefix + "stem")
        case .flat: ["0", "1", "2"]
        case .tweet: triple("0")
        }
    }

    var stemContainers: [String] {
        switch grammar {
        case .timm, .mmpretrain: [prefix + "stem"]
        case .flat: []
        case .tweet: ["0"]
        }
    }

    func block(_ index: Int) -> String {
        switch grammar {
        case .timm: "blocks.\(index)"
        case .flat: "\(3 + index)"
        case .tweet: "\(1 + index)"
        case .mmpretrain: "\(prefix)stages.\(index)"
        }
    }

    /// Convolution, activation, norm.
    func depthwise(_ index: Int) -> [String] {
        triple(block(index) + (grammar == .tweet ? ".0.0" : ".0.fn"))
    }

    func depthwiseContainers(_ index: Int) -> [String] { [block(index) + (grammar == .tweet ? ".0.0" : ".0.fn")] }

    func residual(_ index: Int) -> String { block(index) + ".0" }

    /// Convolution, activation, norm.
    func pointwise(_ index: Int) -> [String] {
        grammar == .tweet ? triple(block(index) + ".1") : (1...3).map { "\(block(index)).\($0)" }
    }

    func blockContainers(_ index: Int, of depth: Int) -> [String] {
        var containers = grammar == .tweet ? [block(index) + ".1"] : []
        containers.append(block(index))
        if grammar == .timm, index == depth - 1 { containers.append("blocks") }
        return containers
    }

    func pool(_ depth: Int) -> String {
        switch grammar {
        case .timm: "global_pool.pool"
        case .flat: "\(3 + depth)"
        case .tweet: "\(1 + depth)"
        case .mmpretrain: prefix + "gap"
        }
    }

    func flatten(_ depth: Int) -> String {
        switch grammar {
        case .timm: "global_pool.flatten"
        case .flat: "\(4 + depth)"
        case .tweet: "\(2 + depth)"
        case .mmpretrain: "neck"
        }
    }

    var poolContainers: [String] { grammar == .timm ? ["global_pool", "head_drop"] : [] }

    func head(_ depth: Int) -> String {
        switch grammar {
        case .timm: "head"
        case .flat: "\(5 + depth)"
        case .tweet: "\(3 + depth)"
        case .mmpretrain: "head.fc"
        }
    }

    private func triple(_ container: String) -> [String] { (0...2).map { "\(container).\($0)" } }
}
