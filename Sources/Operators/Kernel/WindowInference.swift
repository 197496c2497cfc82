import GraphIR

/// Shapes that follow for convolution and pooling before a run.
extension WindowAttributes {
    /// The dimensions that a window gives over some spatial axes. An axis of unknown size keeps its dimension where the
    /// window takes nothing away from it, whatever the size.
    /// - Parameter kernel: `nil` where it isn't known.
    func dimensions(over spatial: [Dimension], kernel: [Int]?) throws -> [Dimension] {
        guard let kernel else { return spatial.map { _ in .unknown } }
        let sizes = spatial.map { dimension in
            if case .size(let size) = dimension { Int(exactly: size) ?? Window.largest } else { Window.largest }
        }
        let output = try window(over: sizes, kernel: kernel).output
        return zip(spatial, zip(sizes, output)).map { dimension, size in
            if case .size = dimension { return .size(Int64(size.1)) }
            return size.0 == size.1 && strides?.contains { $0 != 1 } != true ? dimension : .unknown
        }
    }

    /// The kernel that the attributes or the weights' dimensions name.
    func kernel(of weights: [Dimension]?) -> [Int]? {
        if let kernelShape { return kernelShape }
        let sizes = weights?.dropFirst(2).compactMap { dimension in
            if case .size(let size) = dimension { Int(exactly: size) } else { nil }
        }
        return sizes?.count == (weights?.count ?? 0) - 2 ? sizes : nil
    }
}

extension InferenceRule {
    /// The first output is the convolution of two inputs.
    static func convolution(_ input: Int, _ weights: Int) -> InferenceRule {
        InferenceRule { node in
            let attributes = try WindowAttributes(&node.binding)
            let weights = node.shape(weights)
            guard let rank = node.shape(input)?.count ?? weights?.count else { return }
            let x = node.shape(input) ?? [Dimension](repeating: .unknown, count: rank)
            guard rank >= 2, weights == nil || weights?.count == rank else {
                throw GraphError(.argument, "an input of rank \(rank), weights of rank \(weights?.count ?? 0)")
            }
            let spatial = try attributes.dimensions(over: Array(x.dropFirst(2)), kernel: attributes.kernel(of: weights))
            node.set(0, shape: [x[0], weights?[0] ?? .unknown] + spatial)
        }
    }

    /// The outputs are what a pooling window gives over the first input; the second holds indices.
    static let pooling = InferenceRule { node in
        var attributes = try WindowAttributes(&node.binding)
        attributes.ceilMode = try node.binding.flag("ceil_mode")
        attributes.padsBelowZero = true
        guard let kernel = attributes.kernelShape else { return }
        let x = node.shape(0) ?? [Dimension](repeating: .unknown, count: kernel.count + 2)
        guard x.count == kernel.count + 2 else {
            throw GraphError(.argument, "rank \(x.count), expected \(kernel.count + 2)", argument: "kernel_shape")
        }
        let spatial = try attributes.dimensions(over: Array(x.dropFirst(2)), kernel: kernel)
        node.set(0, shape: Array(x.prefix(2)) + spatial)
        node.set(1, shape: Array(x.prefix(2)) + spatial, type: .int64)
    }

    /// The first output keeps batch and channels of the first input; all spatial axes become 1.
    static let globalPooling = InferenceRule { node in
        guard let x = node.shape(0) else { return }
        guard x.count >= 2 else { throw GraphError(.argument, "rank \(x.count), expected at least 2", argument: "X") }
        node.set(0, shape: x.prefix(2) + x.dropFirst(2).map { _ in .size(1) })
    }
}
