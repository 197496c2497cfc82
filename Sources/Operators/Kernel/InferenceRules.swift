import GraphIR

/// Rules that several operators share.
extension InferenceRule {
    /// Broadcasting as operators have it since version 7; before, the result is shaped like the first input.
    static let binary = InferenceRule { node in
        if node.binding.version < 7 { return node.set(0, shape: node.shape(0)) }
        node.set(0, shape: try broadcastDimensions([node.shape(0), node.shape(1)]))
    }

    /// Like `binary`, for the four operations that shapes are computed with.
    static func arithmetic(_ operation: @escaping @Sendable (Dimension, Dimension) -> Dimension) -> InferenceRule {
        InferenceRule { node in
            try binary.apply(&node)
            guard node.binding.version >= 7, let a = node.elements(0), let b = node.elements(1) else { return }
            node.set(0, elements: combined([a, b]) { operation($0[0], $0[1]) })
        }
    }

    /// Any number of inputs that broadcast since version 8; before, all are of one shape.
    static let variadic = InferenceRule { node in
        let shapes = node.inputs.indices.map { node.shape($0) }
        if node.binding.version >= 8 { return node.set(0, shape: try broadcastDimensions(shapes)) }
        node.set(0, shape: try node.unified(shapes, "inputs"))
    }

    /// A reduction whose axes are an attribute before some version and an input from then on.
    static func reduction(axesAreInputSince since: Int64) -> InferenceRule {
        InferenceRule { node in
            let keeps = try node.binding.keepsDimensions()
            let emptyMeansNone = try node.binding.flag("noop_with_empty_axes")
            let isInput = node.binding.version >= since
            var axes = isInput ? node.integers(1) : try node.binding.ints("axes")?.map { Int($0) } ?? []
            if isInput && node.value(1) == nil { axes = [] }
            guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
            guard let axes else {
                // Which axes is open, but not how many.
                let count = node.shape(1)?.first?.known
                if keeps { return node.set(0, shape: .unknown(rank: shape.count)) }
                return node.set(0, shape: count.map { .unknown(rank: shape.count - Int(clamping: $0)) })
            }
            if axes.isEmpty && emptyMeansNone { return node.set(0, shape: shape) }
            let folded = Set(
                axes.isEmpty ? Array(shape.indices) : try axes.map { try normalized(axis: $0, rank: shape.count) })
            node.set(
                0,
                shape: shape.indices.compactMap { axis in
                    folded.contains(axis) ? keeps ? .size(1) : nil : shape[axis]
                })
        }
    }

    /// The index of the greatest or least element along an axis.
    static let argReduction = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: 0))
        let keeps = try node.binding.keepsDimensions()
        guard var shape = node.shape(0) else { return node.set(0, shape: nil, type: .int64) }
        let start = try normalized(axis: axis, rank: shape.count)
        if keeps { shape[start] = .size(1) } else { shape.remove(at: start) }
        node.set(0, shape: shape, type: .int64)
    }

    /// The first output is the convolution of two inputs.
    static func convolution(_ input: Int, _ filter: Int) -> InferenceRule {
        InferenceRule { node in
            let attributes = try WindowAttributes(&node.binding)
            let group = try node.binding.int("group", default: 1)
            let x = try node.shape(input, rank: 3...Int.max, "X")
            let weights = try node.shape(filter, rank: 3...Int.max, "W")
            guard let rank = x?.count ?? weights?.count else { return node.set(0, shape: nil) }
            if let x, let weights {
                _ = try node.unified(
                    [.unknown(rank: x.count), .unknown(rank: weights.count)], "W")
                if group > 0, let channels = x[1].known, let own = weights[1].known,
                    own.multiplied(checked: group) != channels
                {
                    throw GraphError(
                        .argument, "\(channels) channels in \(group) groups don't fit weights of shape \(weights.text)",
                        argument: "group")
                }
            }
            var kernel = weights.map { Array($0.dropFirst(2)) } ?? .unknown(rank: rank - 2)
            if let named = attributes.kernelShape {
                kernel = try node.unified([kernel, named.map { .size(Int64($0)) }], "kernel_shape") ?? kernel
            }
            let sizes = x.map { Array($0.dropFirst(2)) } ?? .unknown(rank: rank - 2)
            let spatial = try attributes.dimensions(over: sizes, kernel: kernel)
            node.set(0, shape: [x?[0] ?? .unknown, weights?[0] ?? .unknown] + spatial)
        }
    }

    /// Pooling over the spatial axes; a second output is shaped like the first.
    static let pooling = InferenceRule { node in
        var attributes = try WindowAttributes(&node.binding)
        attributes.ceilMode = try node.binding.flag("ceil_mode")
        attributes.padsBelowZero = true
        guard let shape = try node.shape(0, rank: 3...Int.max, "X") else { return node.set(0, shape: nil) }
        let kernel = try attributes.kernelShape.map { sizes -> [Dimension] in
            guard sizes.count == shape.count - 2 else {
                throw GraphError(
                    .argument, "\(sizes.count) numbers for \(shape.count - 2) spatial axes", argument: "kernel_shape")
            }
            return sizes.map { .size(Int64($0)) }
        }
        let spatial = try attributes.dimensions(
            over: Array(shape.dropFirst(2)), kernel: kernel ?? .unknown(rank: shape.count - 2))
        for output in node.outputs.indices { node.set(output, shape: Array(shape.prefix(2)) + spatial) }
    }

    /// All spatial axes become 1.
    static let globalPooling = InferenceRule { node in
        let shape = try node.shape(0, rank: 2...Int.max, "X")
        node.set(0, shape: shape?.enumerated().map { $0.offset < 2 ? $0.element : .size(1) })
    }

    /// The first output is shaped like the first input; an attribute must name one of its axes.
    static func sameShape(axis fallback: @escaping @Sendable (Int64) -> Int64) -> InferenceRule {
        InferenceRule { node in
            let shape = node.shape(0)
            let axis = try node.binding.int("axis") ?? fallback(node.binding.version)
            if let shape, !shape.isEmpty { _ = try normalized(axis: Int(axis), rank: shape.count) }
            node.set(0, shape: shape)
        }
    }

    /// The elements of vectors of which each is of one length, or of length 1 and repeated.
    static func combined(_ lists: [[Dimension]], _ f: ([Dimension]) -> Dimension) -> [Dimension]? {
        let count = lists.map(\.count).max() ?? 0
        guard lists.allSatisfy({ $0.count == count || $0.count == 1 }) else { return nil }
        return (0..<count).map { index in f(lists.map { $0.count == 1 ? $0[0] : $0[index] }) }
    }
}

extension WindowAttributes {
    /// What a window makes of spatial dimensions of which some are not known.
    /// - Throws: `op.argument` as ``window(over:kernel:)``, for the axes that are known.
    func dimensions(over input: [Dimension], kernel: [Dimension]) throws -> [Dimension] {
        let rank = input.count
        for (values, count, name) in [
            (strides, rank, "strides"), (dilations, rank, "dilations"), (pads, 2 * rank, "pads"),
        ] {
            guard let values, values.count != count else { continue }
            throw GraphError(.argument, "\(values.count) numbers, expected \(count)", argument: name)
        }
        return try input.indices.map { axis in
            guard let size = kernel[axis].known else { return .unknown }
            var one = self
            one.strides = strides.map { [$0[axis]] }
            one.dilations = dilations.map { [$0[axis]] }
            one.pads = pads.map { [$0[axis], $0[axis + rank]] }
            if let length = input[axis].known {
                let window = try one.window(over: [Int(length)], kernel: [Int(size)])
                return window.output.first.map { .size(Int64($0)) } ?? .unknown
            }
            return one.keepsSize(Int(size)) ? input[axis] : .unknown
        }
    }

    /// The kernel that the attributes or the weights' dimensions name.
    func kernel(of weights: [Dimension]?) -> [Int]? {
        if let kernelShape { return kernelShape }
        let sizes = weights?.dropFirst(2).compactMap { $0.known.flatMap { Int(exactly: $0) } }
        return sizes?.count == (weights?.count ?? 0) - 2 ? sizes : nil
    }

    /// Whether a window of one axis gives as many outputs as there are inputs, however many these are.
    private func keepsSize(_ kernel: Int) -> Bool {
        guard (strides?.first ?? 1) == 1 else { return false }
        if autoPad.hasPrefix("SAME") { return true }
        let reach = (kernel &- 1) &* (dilations?.first ?? 1)
        let padded = autoPad == "VALID" ? 0 : (pads ?? [0, 0]).reduce(0, &+)
        return reach == padded && kernel > 0
    }
}
