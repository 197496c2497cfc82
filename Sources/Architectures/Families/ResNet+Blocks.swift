import GraphIR

/// The residual block, basic or bottleneck, and its shortcut.
extension ResNet {
    func block(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ block: Block, _ stage: Int, _ stride: Int
    ) throws -> ModelBuilder.Wire {
        var y = x
        let isBottleneck = block.widths.count == 3
        let strided = isBottleneck ? 1 : 0
        for (index, width) in block.widths.enumerated() {
            let isLast = index == block.widths.count - 1
            let isSpatial = !isBottleneck || index == 1
            let conv = "conv\(index + 1)"
            let step = index == strided ? stride : 1
            y = try net.conv2d(
                conv, y, out: width, kernel: isSpatial ? 3 : 1, stride: antiAliasing == .none ? step : 1,
                padding: isSpatial ? .symmetric(1) : .none, groups: index == strided ? block.groups : 1,
                bias: hasBlockBiases)
            y = try norm(net, "bn\(index + 1)", y)
            if isLast { break }
            y = try net.activation(activation, "act\(index + 1)", y)
            if step == 2 {
                switch antiAliasing {
                case .none: break
                case .avg: y = try net.averagePool("aa", y, kernel: 2, stride: 2)
                case .blur: y = try net.blurPool("aa", y)
                }
            }
        }
        switch attention {
        case .none: break
        case .squeezeExcite(let widths):
            y = try net.squeezeExcite("se", y, hidden: widths[checked: stage] ?? 0)
        case .eca(let kernels): y = try net.efficientChannelAttention("se", y, kernel: kernels[checked: stage] ?? 3)
        }
        let shortcut = try block.shortcut.map { try self.shortcut(net, x, block, kernel: $0, stride: stride) } ?? x
        return try net.activation(activation, "act\(block.widths.count)", net.add("residual", y, shortcut))
    }

    private func shortcut(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ block: Block, kernel: Int, stride: Int
    ) throws -> ModelBuilder.Wire {
        try net.scope("downsample") {
            let width = block.widths.last
            if hasAverageShortcut {
                let pooled = stride == 1 ? x : try net.averagePool("0", x, kernel: 2, stride: 2, isCeiling: true)
                return try norm(net, "2", net.conv2d("1", pooled, out: width, kernel: 1, bias: false))
            }
            let y = try net.conv2d(
                "0", x, out: width, kernel: kernel, stride: stride, padding: .symmetric(kernel / 2), bias: false)
            return try norm(net, "1", y)
        }
    }
}
