extension ResNet {
    /// The convolutions before the first stage, and its pool.
    func stem(
        _ net: ModelBuilder, _ image: ModelBuilder.Wire, _ names: ModuleNames
    ) throws -> ModelBuilder.Wire {
        var x = image
        for (index, width) in stem.enumerated() {
            let module = names.stem(index, of: stem.count)
            let kernel = stem.count == 1 ? 7 : 3
            x = try net.conv2d(
                module.convolution, x, out: width, kernel: kernel, stride: index == 0 ? 2 : 1,
                padding: .symmetric(kernel / 2), bias: false)
            if index == stem.count - 1, stem.count > 1, names == .torchvision { net.mark(x, asOutputOf: "conv1") }
            x = try net.activation(activation, module.activation, norm(net, module.norm, x))
        }
        if names == .cadene { net.mark(x, asOutputOf: "layer0") }
        if hasStemPoolConvolution {
            let width = stem.last ?? 64
            return try net.scope("maxpool") {
                let y = try net.conv2d(
                    "0", x, out: width, kernel: 3, stride: 2, padding: .symmetric(1), bias: false)
                return try net.activation(activation, "2", norm(net, "1", y))
            }
        }
        switch antiAliasing {
        case .none:
            let isCeiling = names == .cadene
            return try net.maxPool(
                names("maxpool"), x, kernel: 3, stride: 2, padding: isCeiling ? 0 : 1, isCeiling: isCeiling)
        case .avg: return try net.averagePool("maxpool", x, kernel: 2, stride: 2)
        case .blur:
            return try net.scope("maxpool") {
                try net.blurPool("1", net.maxPool("0", x, kernel: 3, stride: 1, padding: 1))
            }
        }
    }
}
