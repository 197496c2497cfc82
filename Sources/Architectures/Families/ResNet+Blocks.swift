import GraphIR

extension ResNet.Step {
    /// That of a stage's first block. The first feature map is a quarter of the image; each stage halves it down to
    /// `outputStride`, and doubles the dilation from there on.
    init(_ stage: Int, outputStride: Int) {
        let halvings = outputStride.trailingZeroBitCount - 2
        stride = (1...max(halvings, 1)).contains(stage) ? 2 : 1
        dilation = 1 << min(max(stage - halvings, 0), 6)
        first = 1 << min(max(stage - 1 - halvings, 0), 6)
    }
}

/// The residual block, basic or bottleneck, and its shortcut.
extension ResNet {
    func block(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ block: Block, _ stage: Int, _ step: Step
    ) throws -> ModelBuilder.Wire {
        var y = x
        let isBottleneck = block.widths.count == 3
        let spatial = isBottleneck ? 1 : 0
        let strided = names == .cadene && block.groups == 1 ? 0 : spatial
        let isSmoothed = antiAliasing != .none && (step.stride == 2 || step.first != step.dilation)
        for (index, width) in block.widths.enumerated() {
            let isLast = index == block.widths.count - 1
            let isSpatial = !isBottleneck || index == 1
            let conv = "conv\(index + 1)"
            let dilation = !isSpatial ? 1 : index == spatial ? step.first : step.dilation
            y = try net.conv2d(
                conv, y, out: width, kernel: isSpatial ? 3 : 1,
                stride: index == strided && !isSmoothed ? step.stride : 1,
                padding: isSpatial ? .symmetric(dilation) : .none, dilation: dilation,
                groups: index == spatial ? block.groups : 1, bias: hasBlockBiases)
            y = try norm(net, "bn\(index + 1)", y)
            if isLast {
                if names == .cadene, !isBottleneck { y = try net.activation(activation, "relu", y) }
                break
            }
            y = try net.activation(activation, "act\(index + 1)", y)
            guard isSmoothed, index == strided else { continue }
            switch antiAliasing {
            case .none: break
            case .avg: y = try net.averagePool("aa", y, kernel: step.stride, stride: step.stride)
            case .blur: y = try net.blurPool("aa", y, stride: step.stride)
            }
        }
        switch attention {
        case .none: break
        case .squeezeExcite(let widths):
            y = try net.squeezeExcite(names("se"), y, hidden: widths[checked: stage] ?? 0)
        case .eca(let kernels): y = try net.efficientChannelAttention("se", y, kernel: kernels[checked: stage] ?? 3)
        case .cbam(let widths, let kernel):
            y = try net.convolutionalBlockAttention("cbam", y, hidden: widths[checked: stage] ?? 0, kernel: kernel)
        }
        let shortcut = try block.shortcut.map { try self.shortcut(net, x, block, kernel: $0, step) } ?? x
        return try net.activation(activation, "act\(block.widths.count)", net.add("residual", y, shortcut))
    }

    private func shortcut(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ block: Block, kernel: Int, _ step: Step
    ) throws -> ModelBuilder.Wire {
        try net.scope("downsample") {
            let width = block.widths.last
            if hasAverageShortcut {
                let pooled =
                    step.dilation > 1
                    ? try net.averagePoolSame("0", x, kernel: 2)
                    : step.stride == 1 ? x : try net.averagePool("0", x, kernel: 2, stride: 2, isCeiling: true)
                return try norm(net, "2", net.conv2d("1", pooled, out: width, kernel: 1, bias: false))
            }
            let dilation = kernel > 1 ? step.first : 1
            let margin = (step.stride - 1 + dilation * (kernel - 1)) / 2
            let y = try net.conv2d(
                "0", x, out: width, kernel: kernel, stride: step.stride, padding: .symmetric(margin),
                dilation: dilation, bias: false)
            return try norm(net, "1", y)
        }
    }
}
