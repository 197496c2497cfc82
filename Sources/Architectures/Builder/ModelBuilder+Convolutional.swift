import GraphIR

/// The bricks of convolutional networks beside ``conv2d(_:_:out:kernel:stride:padding:groups:bias:)``.
extension ModelBuilder {
    /// `nn.MaxPool2d`; padding counts as −∞.
    /// - Parameter isCeiling: whether a window that reaches over the edge still makes a position.
    public func maxPool(
        _ name: String, _ x: Wire, kernel: Int, stride: Int, padding: Int = 0, isCeiling: Bool = false
    ) throws -> Wire {
        try pool("MaxPool", path(name), x, kernel: kernel, stride: stride, padding: padding, isCeiling: isCeiling, [])
    }

    /// `nn.AvgPool2d`.
    /// - Parameters:
    ///   - isCeiling: whether a window that reaches over the edge still makes a position.
    ///   - countsPadding: whether zeros of the padding take part in the mean.
    public func averagePool(
        _ name: String, _ x: Wire, kernel: Int, stride: Int, padding: Int = 0, isCeiling: Bool = false,
        countsPadding: Bool = false
    ) throws -> Wire {
        try pool(
            "AveragePool", path(name), x, kernel: kernel, stride: stride, padding: padding, isCeiling: isCeiling,
            [Attribute("count_include_pad", .int(countsPadding ? 1 : 0))])
    }

    /// timm's `AvgPool2dSame` at stride 1: zeros at the bottom and right make the output as large as the input, and take
    /// part in the mean.
    func averagePoolSame(_ name: String, _ x: Wire, kernel: Int) throws -> Wire {
        let module = path(name)
        guard x.shape.count == 4, (1...64).contains(kernel) else {
            throw GraphError(.shape, "a pool of \(kernel) over \(x.shape)", node: module)
        }
        let (before, after) = (Int64((kernel - 1) / 2), Int64(kernel / 2))
        return node(
            "AveragePool", at: module, [x],
            attributes: [
                Attribute("count_include_pad", .int(1)),
                Attribute("kernel_shape", .ints([Int64(kernel), Int64(kernel)])),
                Attribute("pads", .ints([before, before, after, after])), Attribute("strides", .ints([1, 1])),
            ], shape: x.shape)
    }

    private func pool(
        _ type: String, _ module: String, _ x: Wire, kernel: Int, stride: Int, padding: Int, isCeiling: Bool,
        _ attributes: [Attribute]
    ) throws -> Wire {
        guard x.shape.count == 4, kernel > 0, stride > 0, (0..<kernel).contains(padding) else {
            throw GraphError(.shape, "a pool of \(kernel) at stride \(stride) over \(x.shape)", node: module)
        }
        let sizes = try x.shape[2...].map { dimension -> Dimension in
            guard let size = dimension.knownSize else { return .unknown }
            guard let padded = size.adding(checked: 2 * padding), let all = size.adding(checked: padding) else {
                throw GraphError(.shape, "an image of \(size) pixels can't be padded", node: module)
            }
            let room = padded - kernel
            var count = room < 0 ? 0 : room / stride + 1
            // A window that would start in the padding behind the image is none (PyTorch).
            let hasRest = room > -stride && room % stride != 0
            if isCeiling, hasRest, count * stride < all { count += 1 }
            guard count > 0 else {
                throw GraphError(.shape, "a window of \(kernel) doesn't fit into \(size) pixels", node: module)
            }
            return .size(Int64(count))
        }
        let pads = [Int64](repeating: Int64(padding), count: 4)
        return node(
            type, at: module, [x],
            attributes: attributes + [
                Attribute("ceil_mode", .int(isCeiling ? 1 : 0)),
                Attribute("kernel_shape", .ints([Int64(kernel), Int64(kernel)])), Attribute("pads", .ints(pads)),
                Attribute("strides", .ints([Int64(stride), Int64(stride)])),
            ],
            shape: [x.shape[0], x.shape[1]] + sizes)
    }

    /// `nn.GroupNorm`: norm of each group of channels, then weight and bias a channel.
    public func groupNorm(_ name: String, _ x: Wire, groups: Int, epsilon: Float = 1e-5) throws -> Wire {
        let module = path(name)
        guard x.shape.count == 4, let channels = x.shape[1].knownSize, groups > 0, channels % groups == 0 else {
            throw GraphError(.shape, "\(x.shape) in \(groups) groups", node: module)
        }
        let ones = constant(try values(1, count: groups), at: module)
        let zeros = constant(try values(0, count: groups), at: module)
        let folded = constant(try Tensor([Int64(0), Int64(groups), -1], shape: [3]), at: module)
        let grouped = node(
            "Reshape", at: module, [x, folded], shape: [x.shape[0], .size(Int64(groups)), .unknown], isResult: false)
        let normed = node(
            "InstanceNormalization", at: module, [grouped, ones, zeros],
            attributes: [Attribute("epsilon", .float(epsilon))], shape: grouped.shape, isResult: false)
        let shape = node("Shape", at: module, [x], shape: [.size(4)], elementType: .int64, isResult: false)
        let flat = node("Reshape", at: module, [normed, shape], shape: x.shape, isResult: false)
        let scale = try channelVector(module, weight(module + ".weight", shape: [channels], role: .scale))
        let shift = try channelVector(module, weight(module + ".bias", shape: [channels], role: .shift))
        return try elementwise("Add", name, elementwise("Mul", name, flat, scale), shift, isResult: true)
    }

    /// A vector `[C]` as `[C, 1, 1]`.
    private func channelVector(_ module: String, _ x: Wire) throws -> Wire {
        let axes = constant(try Tensor([Int64(1), 2], shape: [2]), at: module)
        return node(
            "Unsqueeze", at: module, [x, axes], shape: x.shape + [.size(1), .size(1)], isResult: false)
    }

    /// Blur-pool: reflected edges, then the binomial filter [1 2 1]² ÷ 16 of each channel at a stride. "Making
    /// Convolutional Networks Shift-Invariant Again", R. Zhang, 2019 (arXiv:1904.11486).
    public func blurPool(_ name: String, _ x: Wire, stride: Int = 2) throws -> Wire {
        let module = path(name)
        guard x.shape.count == 4, let channels = x.shape[1].knownSize, (1...2).contains(stride) else {
            throw GraphError(.shape, "\(x.shape) is no feature map of known channels", node: module)
        }
        let pads = constant(try Tensor([0, 0, 1, 1, 0, 0, 1, 1] as [Int64], shape: [8]), at: module)
        let wider = x.shape[2...].map { size -> Dimension in
            size.knownSize?.adding(checked: 2).map { .size(Int64($0)) } ?? .unknown
        }
        let padded = node(
            "Pad", at: module, [x, pads], attributes: [Attribute("mode", .string(Array("reflect".utf8)))],
            shape: x.shape.prefix(2) + wider, isResult: false)
        let filter = [1, 2, 1, 2, 4, 2, 1, 2, 1].map { Float($0) / 16 }
        let kernel = try Tensor((0..<channels).flatMap { _ in filter }, shape: [channels, 1, 3, 3])
        let weights = constant(try reals(kernel), at: module)
        let sizes = x.shape[2...].map { size -> Dimension in
            size.knownSize.map { .size(Int64(($0 - 1) / stride + 1)) } ?? .unknown
        }
        count([x.shape[0], x.shape[1]] + sizes + [.size(9)])
        return node(
            "Conv", at: module, [padded, weights],
            attributes: [
                Attribute("group", .int(Int64(channels))), Attribute("kernel_shape", .ints([3, 3])),
                Attribute("strides", .ints([Int64(stride), Int64(stride)])),
            ], shape: Array(x.shape.prefix(2)) + sizes)
    }

    /// Squeeze-and-excitation: a gate for each channel from the mean of all, by two 1×1 convolutions. J. Hu et al., 2017
    /// (arXiv:1709.01507).
    public func squeezeExcite(_ name: String, _ x: Wire, hidden: Int) throws -> Wire {
        try scope(name) {
            let pooled = try mean("", x, axes: [2, 3], keepsAxes: true)
            let narrow = try conv2d("fc1", pooled, out: hidden, kernel: 1, bias: true)
            // timm has a norm here that does nothing.
            mark(narrow, asOutputOf: path("bn"))
            let squeezed = try relu("act", narrow)
            let gate = try activation(
                .sigmoid, "gate", conv2d("fc2", squeezed, out: x.shape[1].knownSize, kernel: 1, bias: true))
            return try elementwise("Mul", "", x, gate)
        }
    }

    /// Efficient channel attention: a gate for each channel from the means of its neighbours. Q. Wang et al., 2019
    /// (arXiv:1910.03151).
    /// - Parameter kernel: neighbours that take part, an odd number.
    public func efficientChannelAttention(_ name: String, _ x: Wire, kernel: Int) throws -> Wire {
        try scope(name) {
            guard let channels = x.shape[checked: 1]?.knownSize, kernel % 2 == 1 else {
                throw GraphError(.shape, "\(x.shape) with a kernel of \(kernel)", node: path(""))
            }
            let row = try reshape("", mean("", x, axes: [2, 3]), [1, channels])
            let module = path("conv")
            let filter = try weight(module + ".weight", shape: [1, 1, kernel], role: .uniform(fanIn: kernel))
            count([x.shape[0], .size(Int64(channels)), .size(Int64(kernel))])
            let mixed = node(
                "Conv", at: module, [row, filter],
                attributes: [
                    Attribute("kernel_shape", .ints([Int64(kernel)])),
                    Attribute("pads", .ints([Int64(kernel / 2), Int64(kernel / 2)])),
                ], shape: row.shape)
            let gate = try reshape("", activation(.sigmoid, "gate", mixed), [channels, 1, 1])
            return try elementwise("Mul", "", x, gate)
        }
    }

    /// A vector of one number in the type that the model computes in.
    private func values(_ value: Float, count: Int) throws -> Tensor {
        try reals(Tensor([Float](repeating: value, count: count), shape: [count]))
    }

    /// Small numbers, exact in float32, in the type that the model computes in.
    func reals(_ tensor: Tensor) throws -> Tensor {
        guard computeType == .float64 else { return tensor }
        return try Tensor(tensor.array(of: Float.self).map(Double.init), shape: tensor.shape)
    }
}
