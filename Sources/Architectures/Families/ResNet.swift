import GraphIR

/// ResNet: "Deep Residual Learning for Image Recognition", K. He et al., 2015 (arXiv:1512.03385), and what grew from it:
/// the stems and average-pool shortcuts of -C and -D ("Bag of Tricks", arXiv:1812.01187) and timm's -T; wide
/// (arXiv:1605.07146); ResNeXt (arXiv:1611.05431); squeeze-and-excitation (arXiv:1709.01507); ECA (arXiv:1910.03151);
/// blur-pool (arXiv:1904.11486); ResNet-RS (arXiv:2103.07579); group norm (arXiv:1803.08494).
///
/// The stride of a stage is on the 3×3 convolution of its first block; in Cadene's SE-ResNets with bottlenecks on the
/// 1×1 convolution before it. All widths and groups are those of the weights,
/// so that pruned models map too.
struct ResNet: ArchitectureFamily {
    static let family = "resnet"

    enum Attention: Sendable, Hashable {
        case none
        /// Channels between the two convolutions of the gate, by stage.
        case squeezeExcite([Int])
        /// Kernels across channels, by stage.
        case eca([Int])
        /// GuYuc's CBAM: channels between the convolutions of the first gate by stage, and the second gate's kernel.
        case cbam([Int], kernel: Int)
    }

    /// What takes the place of strides where they would alias.
    enum AntiAliasing: String, Sendable, CaseIterable {
        case none, avg, blur
        /// How timm's names of architectures say it.
        var mark: String { self == .avg ? "aa" : rawValue }
    }

    /// Output widths of a block's convolutions.
    struct Block: Sendable, Hashable {
        var widths: [Int]
        var groups: Int
        /// Side of the shortcut's kernel; `nil` for none.
        var shortcut: Int?
    }

    /// Widths of the stem: one for 7×7, three for 3×3 each.
    var stem = [64]
    var stages: [[Block]]
    var inputChannels = 3
    var classes: Int? = 1000
    /// Average pooling and a convolution without stride for shortcuts (-D).
    var hasAverageShortcut = false
    /// A convolution for the stem's pool (ResNet-RS).
    var hasStemPoolConvolution = false
    var attention = Attention.none
    var antiAliasing = AntiAliasing.none
    /// Whether the blocks' convolutions have biases, as those of GuYuc's ResNet-34 for WS-DAN.
    var hasBlockBiases = false
    /// Group norm instead of batch norm.
    var hasGroupNorm = false
    var normGroups = 32
    var activation = Activation.relu
    var pooling = GlobalPool.avg
    /// Pixels of the image for one of the last feature map: where it is below 32, stages keep the size and dilate their
    /// kernels instead.
    var outputStride = 32
    var names = ModuleNames.torchvision

    /// How a block's 3×3 convolutions go over the image.
    struct Step {
        var stride: Int
        var dilation: Int
        /// The dilation of the first convolution: that of the stage before in a stage's first block.
        var first: Int
    }

    func build(_ net: ModelBuilder, _ image: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        let x = try features(net, image, names: names)
        net.features = x
        let pooled = try net.globalPool("global_pool", x, pooling)
        guard let classes else { return pooled }
        return try net.linear(names("fc"), pooled, out: classes, bias: true)
    }

    /// The feature map behind the last stage.
    func features(
        _ net: ModelBuilder, _ image: ModelBuilder.Wire, names: ModuleNames
    ) throws -> ModelBuilder.Wire {
        var x = try stem(net, image, names)
        for (stage, blocks) in stages.enumerated() {
            x = try net.scope(names("layer\(stage + 1)")) { try self.blocks(net, x, stage, blocks[...]) }
        }
        return x
    }

    /// These first blocks of a stage.
    func blocks(
        _ net: ModelBuilder, _ image: ModelBuilder.Wire, _ stage: Int, _ blocks: ArraySlice<Block>
    ) throws -> ModelBuilder.Wire {
        var x = image
        var step = Step(stage, outputStride: outputStride)
        for (index, block) in blocks.enumerated() {
            x = try net.scope("\(index)") { try self.block(net, x, block, stage, step) }
            step = Step(stride: 1, dilation: step.dilation, first: step.dilation)
        }
        return x
    }

    func norm(_ net: ModelBuilder, _ name: String, _ x: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        try hasGroupNorm ? net.groupNorm(name, x, groups: normGroups) : net.batchNorm(name, x)
    }
}
