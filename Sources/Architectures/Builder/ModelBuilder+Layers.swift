import GraphIR

/// Zero padding of a convolution or pool.
public enum Padding: Sendable, Hashable {
    case none
    /// As many on each side.
    case symmetric(Int)
    /// The output is as large as the input (stride 1). An even kernel gets the odd one at the bottom and right, as
    /// PyTorch's `padding='same'`.
    case same
}

extension ModelBuilder {
    /// `nn.Conv2d`: NCHW input, weights `[out, in/groups, kernel, kernel]`. `Conv` of ONNX.
    ///
    /// - Parameters:
    ///   - out: output channels; the weight's where `nil`.
    ///   - kernel: side of the kernel; the weight's where `nil`.
    ///   - dilation: pixels from one weight of the kernel to the next, at most 64.
    ///   - bias: whether there is one; whether the checkpoint has one where `nil`.
    public func conv2d(
        _ name: String, _ x: Wire, out: Int? = nil, kernel: Int? = nil, stride: Int = 1, padding: Padding = .none,
        dilation: Int = 1, groups: Int = 1, bias: Bool? = nil
    ) throws -> Wire {
        let module = path(name)
        let channels = try size(of: x, axis: 1, rank: 4, module: module)
        let known = ledger.weights[module + ".weight"]?.shape
        guard groups > 0, channels % groups == 0, stride > 0, (1...64).contains(dilation) else {
            throw GraphError(.shape, "\(channels) channels in \(groups) groups at stride \(stride)", node: module)
        }
        guard let out = out ?? known?[checked: 0], let kernelHeight = kernel ?? known?[checked: 2],
            let kernelWidth = kernel ?? known?[checked: 3], kernelHeight > 0, kernelWidth > 0, out > 0,
            let area = kernelHeight.multiplied(checked: kernelWidth),
            let fanIn = (channels / groups).multiplied(checked: area)
        else {
            throw MappingError(
                .missing, "'\(module).weight' is missing or isn't a kernel of two dimensions",
                report: "missing: \(module).weight")
        }
        if padding == .same, stride != 1 {
            throw GraphError(.shape, "'same' padding needs stride 1, not \(stride)", node: module)
        }
        guard let height = Self.reach(kernelHeight, dilation), let width = Self.reach(kernelWidth, dilation) else {
            throw GraphError(.shape, "a kernel of \(kernelHeight)×\(kernelWidth)", node: module)
        }
        let (top, bottom) = padding.amounts(kernel: height)
        let (left, right) = padding.amounts(kernel: width)
        return try convolution(
            module, x, [out, channels / groups, kernelHeight, kernelWidth], fanIn: fanIn, stride: stride,
            pads: [top, left, bottom, right], dilation: dilation, groups: groups, bias: bias)
    }

    /// `nn.Conv2d` with a kernel of other height than width, at most 64 of each.
    public func conv2d(
        _ name: String, _ x: Wire, out: Int, kernel: (Int, Int), stride: Int = 1, padding: (Int, Int) = (0, 0),
        bias: Bool? = nil
    ) throws -> Wire {
        let module = path(name)
        let channels = try size(of: x, axis: 1, rank: 4, module: module)
        guard (1...64).contains(kernel.0), (1...64).contains(kernel.1), (0...64).contains(padding.0),
            (0...64).contains(padding.1), stride > 0, out > 0,
            let fanIn = channels.multiplied(checked: kernel.0 * kernel.1)
        else { throw GraphError(.shape, "a kernel of \(kernel) at stride \(stride)", node: module) }
        return try convolution(
            module, x, [out, channels, kernel.0, kernel.1], fanIn: fanIn, stride: stride,
            pads: [padding.0, padding.1, padding.0, padding.1], groups: 1, bias: bias)
    }

    /// Pixels that a kernel reaches over.
    private static func reach(_ kernel: Int, _ dilation: Int) -> Int? {
        (kernel - 1).multiplied(checked: dilation)?.adding(checked: 1)
    }

    /// - Parameter pads: top, left, bottom, right.
    private func convolution(
        _ module: String, _ x: Wire, _ shape: [Int], fanIn: Int, stride: Int, pads: [Int], dilation: Int = 1,
        groups: Int, bias: Bool?
    ) throws -> Wire {
        let out = shape[0]
        let role = ParameterRole.uniform(fanIn: fanIn)
        if adaptsChannels, graph.inputs.contains(x.id), let own = ledger.weights[module + ".weight"],
            let adapted = try ChannelAdaptation.adapted(own, to: shape)
        {
            ledger.adapted[ExactName(module + ".weight")] = adapted
        }
        let weight = try weight(module + ".weight", shape: shape, role: role)
        var inputs: [Wire?] = [x, weight]
        if bias ?? (ledger.weights[module + ".bias"] != nil) {
            inputs.append(try self.weight(module + ".bias", shape: [out], role: role))
        }
        guard let tall = Self.reach(shape[2], dilation), let wide = Self.reach(shape[3], dilation) else {
            throw GraphError(.shape, "a kernel of \(shape[2])×\(shape[3])", node: module)
        }
        let height = try windowed(x.shape[2], tall, stride, pads[0], pads[2], module: module)
        let width = try windowed(x.shape[3], wide, stride, pads[1], pads[3], module: module)
        count([x.shape[0], height, width, .size(Int64(out)), .size(Int64(fanIn))])
        return node(
            "Conv", at: module, inputs,
            attributes: [
                Attribute("dilations", .ints([Int64(dilation), Int64(dilation)])),
                Attribute("group", .int(Int64(groups))),
                Attribute("kernel_shape", .ints([Int64(shape[2]), Int64(shape[3])])),
                Attribute("pads", .ints(pads.map(Int64.init))),
                Attribute("strides", .ints([Int64(stride), Int64(stride)])),
            ],
            shape: [x.shape[0], .size(Int64(out)), height, width])
    }

    /// `nn.BatchNorm2d` in evaluation mode: `(x − running_mean) / √(running_var + ε) · weight + bias` a channel.
    /// `num_batches_tracked` is kept for the state dict and used by no node.
    public func batchNorm(_ name: String, _ x: Wire, epsilon: Float = 1e-5) throws -> Wire {
        let module = path(name)
        let channels = try size(of: x, axis: 1, rank: nil, module: module)
        let inputs = [
            x,
            try weight(module + ".weight", shape: [channels], role: .scale),
            try weight(module + ".bias", shape: [channels], role: .shift),
            try weight(module + ".running_mean", shape: [channels], role: .runningMean),
            try weight(module + ".running_var", shape: [channels], role: .runningVariance),
        ]
        ledger.keep(module + ".num_batches_tracked", shape: [], role: .counter)
        return node(
            "BatchNormalization", at: module, inputs, attributes: [Attribute("epsilon", .float(epsilon))],
            shape: x.shape)
    }

    /// `nn.LayerNorm` over the last axis, biased variance.
    public func layerNorm(_ name: String, _ x: Wire, epsilon: Float = 1e-5, bias: Bool = true) throws -> Wire {
        let module = path(name)
        let features = try size(of: x, axis: x.shape.count - 1, rank: nil, module: module)
        var inputs: [Wire?] = [x, try weight(module + ".weight", shape: [features], role: .scale)]
        if bias { inputs.append(try weight(module + ".bias", shape: [features], role: .shift)) }
        return node(
            "LayerNormalization", at: module, inputs,
            attributes: [Attribute("axis", .int(-1)), Attribute("epsilon", .float(epsilon))], shape: x.shape)
    }

    /// `nn.Linear`: `x · weightᵀ + bias`, weight `[out, in]`. One `Gemm` for a matrix; for more axes `Transpose`,
    /// `MatMul` and `Add`, so that the weight stays as the checkpoint has it.
    public func linear(_ name: String, _ x: Wire, out: Int? = nil, bias: Bool? = nil) throws -> Wire {
        let module = path(name)
        let features = try size(of: x, axis: x.shape.count - 1, rank: nil, module: module)
        guard let out = out ?? ledger.weights[module + ".weight"]?.shape[checked: 0] else {
            throw MappingError(
                .missing, "'\(module).weight' is missing", report: "missing: \(module).weight")
        }
        let role = ParameterRole.uniform(fanIn: features)
        let weight = try weight(module + ".weight", shape: [out, features], role: role)
        let hasBias = bias ?? (ledger.weights[module + ".bias"] != nil)
        let summand = hasBias ? try self.weight(module + ".bias", shape: [out], role: role) : nil
        let shape = x.shape.dropLast() + [.size(Int64(out))]
        count(x.shape + [.size(Int64(out))])
        if x.shape.count == 2 {
            return node(
                "Gemm", at: module, [x, weight, summand].compactMap { $0 }, attributes: [Attribute("transB", .int(1))],
                shape: Array(shape))
        }
        let transposed = node(
            "Transpose", at: module, [weight], attributes: [Attribute("perm", .ints([1, 0]))],
            shape: [.size(Int64(features)), .size(Int64(out))], isResult: false)
        let product = node("MatMul", at: module, [x, transposed], shape: Array(shape), isResult: summand == nil)
        guard let summand else { return product }
        return node("Add", at: module, [product, summand], shape: Array(shape))
    }

    /// The sum of two values of the same shape, as a residual connection makes it.
    /// - Throws: `tensor.shape` where the shapes differ.
    public func add(_ name: String, _ a: Wire, _ b: Wire) throws -> Wire {
        let module = path(name)
        guard a.shape.count == b.shape.count, zip(a.shape, b.shape).allSatisfy({ $0.mayEqual($1) }) else {
            throw GraphError(.shape, "adds \(a.shape) to \(b.shape)", node: module)
        }
        return node("Add", at: module, [a, b], shape: a.shape)
    }

    /// `nn.AdaptiveAvgPool2d(1)`: the mean over all positions, `[N, C, 1, 1]`.
    public func globalAveragePool(_ name: String, _ x: Wire) throws -> Wire {
        let module = path(name)
        _ = try size(of: x, axis: 1, rank: 4, module: module)
        return node("GlobalAveragePool", at: module, [x], shape: [x.shape[0], x.shape[1], .size(1), .size(1)])
    }

    /// `nn.Flatten(1)`: all axes but the first made one.
    public func flatten(_ name: String, _ x: Wire) throws -> Wire {
        let module = path(name)
        guard let batch = x.shape.first else { throw GraphError(.shape, "a scalar has no batch axis", node: module) }
        var product: Int64? = 1
        for dimension in x.shape.dropFirst() {
            if case .size(let size) = dimension {
                product = product.flatMap { $0.multiplied(checked: size) }
            } else {
                product = nil
            }
        }
        return node(
            "Flatten", at: module, [x], attributes: [Attribute("axis", .int(1))],
            shape: [batch, product.map { .size($0) } ?? .unknown])
    }

    /// `softmax` over one axis; a negative one is counted from the last.
    /// - Throws: `tensor.shape` where there is no such axis.
    public func softmax(_ name: String, _ x: Wire, axis: Int = -1) throws -> Wire {
        let module = path(name)
        guard (-x.shape.count..<x.shape.count).contains(axis) else {
            throw GraphError(.shape, "\(x.shape) has no axis \(axis)", node: module)
        }
        return node("Softmax", at: module, [x], attributes: [Attribute("axis", .int(Int64(axis)))], shape: x.shape)
    }

    // MARK: Sizes

    private func size(of x: Wire, axis: Int, rank: Int?, module: String) throws -> Int {
        if let rank, x.shape.count != rank {
            throw GraphError(.shape, "wants \(rank) axes, has \(x.shape.count)", node: module)
        }
        guard case .size(let size) = x.shape[checked: axis], size > 0, let size = Int(exactly: size) else {
            throw GraphError(.shape, "the size of axis \(axis) must be known", node: module)
        }
        return size
    }

    /// The positions of a window of `kernel` at `stride`; the remainder is dropped, as PyTorch does.
    private func windowed(
        _ dimension: Dimension, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int, module: String
    ) throws -> Dimension {
        if stride == 1, kernel - 1 == before + after { return dimension }
        guard case .size(let size) = dimension else { return .unknown }
        guard let padded = Int(exactly: size)?.adding(checked: before)?.adding(checked: after), size > 0 else {
            throw GraphError(.shape, "\(size) pixels and \(before) + \(after) of padding", node: module)
        }
        guard padded >= kernel else {
            throw GraphError(
                .shape, "a kernel of \(kernel) doesn't fit into \(size) pixels with \(before) + \(after) of padding",
                node: module, hint: "give a larger image size (--image-size)")
        }
        return .size(Int64((padded - kernel) / stride + 1))
    }
}

extension Padding {
    /// Zeros before and after.
    func amounts(kernel: Int) -> (before: Int, after: Int) {
        switch self {
        case .none: (0, 0)
        case .symmetric(let count): (count, count)
        case .same: ((kernel - 1) / 2, kernel - 1 - (kernel - 1) / 2)
        }
    }
}

extension Dimension {
    /// Whether both can be the same number.
    func mayEqual(_ other: Dimension) -> Bool {
        if case .size(let a) = self, case .size(let b) = other { return a == b }
        return true
    }
}
