import GraphIR

extension Operator {
    /// A derivative of a convolution: inputs are the derivative by its result, its input and its weights, attributes
    /// those of Conv.
    static func convolutionGradient(
        _ name: String, float: @escaping @Sendable (Convolution, Tensor, Call) throws -> Tensor,
        double: @escaping @Sendable (Convolution, Tensor, Call) throws -> Tensor
    ) -> Operator {
        Operator(name, domain: OperatorName.gradientDomain, accuracy: .accumulating) { binding in
            let attributes = try WindowAttributes(&binding)
            let group = Int(try binding.int("group", default: 1))
            return roundingOnce { call in
                let gradient = try call.input(0)
                let problem = try Convolution(
                    x: call.input(1), weights: call.input(2), bias: nil, attributes: attributes, group: group)
                guard gradient.shape == problem.outputShape else {
                    throw GraphError(
                        .argument, "shape \(gradient.shape), the convolution gives \(problem.outputShape)")
                }
                try requireType(gradient.elementType, problem.x, problem.weights)
                return [
                    try withReal(gradient.elementType) {
                        try float(problem, gradient, call)
                    } double: {
                        try double(problem, gradient, call)
                    }
                ]
            }
        }
    }
}

/// Which input element each tap sees from each output position; -1 where it lies on the padding.
private struct TapTable {
    let taps: Int
    let area: Int
    private let offsets: [Int]

    init(_ window: Window, _ call: Call) throws {
        taps = product(window.kernel)
        area = product(window.output)
        try call.check(.int64, [taps, area])
        let inputs = rowMajorStrides(window.input)
        let outputs = rowMajorStrides(window.output)
        let kernels = rowMajorStrides(window.kernel)
        var offsets: [Int] = []
        offsets.reserveCapacity(taps * area)
        for tap in 0..<taps {
            try call.checkTime()
            for position in 0..<area {
                var offset = 0
                for axis in window.input.indices {
                    let out = position / outputs[axis] % window.output[axis]
                    let at =
                        out * window.strides[axis] - window.padsBegin[axis]
                        + tap / kernels[axis] % window.kernel[axis] * window.dilations[axis]
                    guard at >= 0, at < window.input[axis] else {
                        offset = -1
                        break
                    }
                    offset += at * inputs[axis]
                }
                offsets.append(offset)
            }
        }
        self.offsets = offsets
    }

    /// The offset within a channel's plane.
    subscript(tap: Int, position: Int) -> Int { offsets[tap * area + position] }
}

extension Convolution {
    /// The sizes of the matrix products of one group: filters, taps of all its channels, output positions.
    private func sizes(_ table: TapTable) throws -> (filters: Int32, columns: Int32, area: Int32) {
        guard let columns = (channels / group).multiplied(checked: table.taps).flatMap({ Int32(exactly: $0) }),
            let filters = Int32(exactly: filters / group), let area = Int32(exactly: table.area)
        else { throw GraphError(.unsupportedArgument, "a convolution of this size has no derivative here") }
        return (filters, columns, area)
    }

    /// The derivative by the input: every tap's share is added back to where it was read.
    func byInput<T: Real>(_ gradient: Tensor, _ call: Call, _: T.Type) throws -> Tensor {
        let table = try TapTable(window, call)
        let plane = product(window.input)
        return try call.make(x.shape, of: T.self) { out in
            out.update(repeating: 0)
            try forEachGroup(gradient, table, call, T.self) { image, group, size, weights, gradient, columns in
                T.gemm(
                    transposeA: true, transposeB: false, m: size.columns, n: size.area, k: size.filters, alpha: 1,
                    a: weights, lda: size.columns, b: gradient, ldb: size.area, beta: 0, c: columns, ldc: size.area)
                for row in 0..<Int(size.columns) {
                    let channel = group * (channels / self.group) + row / table.taps
                    let start = (image * channels + channel) * plane
                    for position in 0..<table.area {
                        let offset = table[row % table.taps, position]
                        if offset >= 0 { out[start + offset] += columns[row * table.area + position] }
                    }
                }
            }
        }
    }

    /// The derivative by the weights, summed over the batch.
    func byWeights<T: Real>(_ gradient: Tensor, _ call: Call, _: T.Type) throws -> Tensor {
        let table = try TapTable(window, call)
        let plane = product(window.input)
        return try call.make(weights.shape, of: T.self) { out in
            out.update(repeating: 0)
            guard let to = out.baseAddress else { return }
            try x.withElements(T.self) { x in
                try forEachGroup(gradient, table, call, T.self) { image, group, size, _, gradient, columns in
                    for row in 0..<Int(size.columns) {
                        let channel = group * (channels / self.group) + row / table.taps
                        let start = (image * channels + channel) * plane
                        for position in 0..<table.area {
                            let offset = table[row % table.taps, position]
                            columns[row * table.area + position] = offset < 0 ? 0 : x[start + offset]
                        }
                    }
                    T.gemm(
                        transposeA: false, transposeB: true, m: size.filters, n: size.columns, k: size.area, alpha: 1,
                        a: gradient, lda: size.area, b: columns, ldb: size.area, beta: 1,
                        c: to + group * Int(size.filters) * Int(size.columns), ldc: size.columns)
                }
            }
        }
    }

    /// Calls `body` for every image and group with the group's weights, its part of the derivative and room for a matrix
    /// of all taps by all output positions.
    private func forEachGroup<T: Real>(
        _ gradient: Tensor, _ table: TapTable, _ call: Call, _: T.Type,
        _ body: (
            _ image: Int, _ group: Int, _ size: (filters: Int32, columns: Int32, area: Int32),
            _ weights: UnsafePointer<T>, _ gradient: UnsafePointer<T>, _ columns: UnsafeMutablePointer<T>
        ) throws -> Void
    ) throws {
        let size = try sizes(table)
        try call.check(T.elementType, [3, Int(size.columns), table.area])
        var columns = [T](repeating: 0, count: Int(size.columns) * table.area)
        try weights.withElements(T.self) { weights in
            try gradient.withElements(T.self) { gradient in
                try columns.withUnsafeMutableBufferPointer { columns in
                    guard let weights = weights.baseAddress, let gradient = gradient.baseAddress,
                        let columns = columns.baseAddress
                    else { return }
                    for image in 0..<batch {
                        for group in 0..<self.group {
                            try call.checkTime()
                            let filter = group * Int(size.filters)
                            try body(
                                image, group, size, weights + filter * Int(size.columns),
                                gradient + (image * filters + filter) * table.area, columns)
                        }
                    }
                }
            }
        }
    }
}
