import GraphIR

extension Operator {
    /// The transpose of a convolution: every input element adds the weights, times itself, to the output.
    /// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html, versions 1, 11, 22.
    ///
    /// A matrix product gives the columns of a block of positions; they are then added to the output. Where `output_shape`
    /// or automatic padding asks for up to a stride more than there is, nothing is cut off and the rest is at the end.
    static let convTranspose = Operator("ConvTranspose", accuracy: .accumulating, infer: transposedRule) { binding in
        let attributes = try TransposedAttributes(&binding)
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call.input(1), call[2])
            let problem = try TransposedConvolution(
                x: x, weights: call.input(1), bias: call[2], attributes: attributes)
            return [
                try withReal(x.elementType) {
                    try problem.run(call, Float.self)
                } double: {
                    try problem.run(call, Double.self)
                }
            ]
        }
    }

    private static let transposedRule = InferenceRule { node in
        let attributes = try TransposedAttributes(&node.binding)
        let weights = node.shape(1)
        guard let rank = node.shape(0)?.count ?? weights?.count else { return }
        let x = node.shape(0) ?? [Dimension](repeating: .unknown, count: rank)
        guard rank >= 2, weights == nil || weights?.count == rank else {
            throw GraphError(.argument, "an input of rank \(rank), weights of rank \(weights?.count ?? 0)")
        }
        if let channels = x[1].known, !channels.isMultiple(of: Int64(attributes.group)) {
            throw GraphError(.argument, "\(channels) channels in \(attributes.group) groups", argument: "group")
        }
        if let channels = weights?[0] { _ = try node.unified(x[1], channels, "W") }
        var filters = Dimension.unknown
        if case .size(let perGroup)? = weights?[1] {
            filters = perGroup.multiplied(checked: Int64(attributes.group)).map { .size($0) } ?? .unknown
        }
        let kernel = attributes.window.kernel(of: weights)
        let window = attributes.window
        for (values, count, name) in [
            (window.kernelShape, rank - 2, "kernel_shape"), (window.strides, rank - 2, "strides"),
            (window.dilations, rank - 2, "dilations"), (window.pads, 2 * (rank - 2), "pads"),
            (attributes.outputShape, rank - 2, "output_shape"), (attributes.outputPadding, rank - 2, "output_padding"),
        ] {
            guard let values, values.count != count else { continue }
            throw GraphError(.argument, "\(values.count) numbers, expected \(count)", argument: name)
        }
        let spatial = try x.dropFirst(2).enumerated().map { axis, dimension -> Dimension in
            guard case .size(let size) = dimension, let size = Int(exactly: size), let taps = kernel?[checked: axis]
            else {
                return attributes.outputShape?[checked: axis].map { .size(Int64($0)) } ?? .unknown
            }
            let found = try attributes.layout(axis: axis, of: rank - 2, input: size, kernel: taps)
            return .size(Int64(found.output))
        }
        node.set(0, shape: [x[0], filters] + spatial)
    }
}

/// The attributes of a transposed convolution.
private struct TransposedAttributes: Sendable {
    let window: WindowAttributes
    let outputPadding: [Int]?
    let outputShape: [Int]?
    let group: Int

    init(_ binding: inout Binding) throws {
        window = try WindowAttributes(&binding)
        outputPadding = try binding.ints("output_padding")?.map { Int($0) }
        outputShape = try binding.ints("output_shape")?.map { Int($0) }
        group = Int(try binding.int("group", default: 1))
        guard group > 0 else { throw GraphError(.argument, "\(group), expected 1 or more", argument: "group") }
    }

    /// The output's size and the padding before it for one axis.
    func layout(axis: Int, of rank: Int, input: Int, kernel: Int) throws -> (output: Int, padding: Int) {
        func number(_ values: [Int]?, _ position: Int, count: Int, least: Int, _ fallback: Int, _ name: String) throws
            -> Int
        {
            guard let values else { return fallback }
            guard values.count == count, let value = values[checked: position] else {
                throw GraphError(.argument, "\(values.count) numbers, expected \(count)", argument: name)
            }
            guard value >= least, value <= Window.largest else {
                throw GraphError(.argument, "\(value) is outside of \(least)...\(Window.largest)", argument: name)
            }
            return value
        }
        let stride = try number(window.strides, axis, count: rank, least: 1, 1, "strides")
        let dilation = try number(window.dilations, axis, count: rank, least: 1, 1, "dilations")
        let extra = try number(outputPadding, axis, count: rank, least: 0, 0, "output_padding")
        let begin = try number(window.pads, axis, count: 2 * rank, least: 0, 0, "pads")
        let end = try number(window.pads, axis + rank, count: 2 * rank, least: 0, 0, "pads")
        guard input <= Window.largest, kernel >= 1, kernel <= Window.largest else {
            throw GraphError(.argument, "a window of \(kernel) over \(input) elements", argument: "kernel_shape")
        }
        let full = stride * max(input - 1, 0) + extra + (kernel - 1) * dilation + 1
        var wanted = try outputShape.map { try number($0, axis, count: rank, least: 0, 0, "output_shape") }
        if wanted == nil && window.autoPad.hasPrefix("SAME") { wanted = input * stride }
        if let wanted {
            guard wanted - full < stride else {
                throw GraphError(
                    .argument, "\(wanted) elements don't come of \(input), at most \(full + stride - 1)",
                    argument: "output_shape")
            }
            let cut = max(full - wanted, 0)
            return (wanted, window.autoPad == "SAME_UPPER" ? cut / 2 : cut - cut / 2)
        }
        if window.autoPad == "VALID" { return (full, 0) }
        guard begin + end <= full else {
            throw GraphError(.argument, "\(begin) + \(end) are more than the \(full) of the output", argument: "pads")
        }
        return (full - begin - end, begin)
    }
}

/// A transposed convolution whose shapes have been checked.
private struct TransposedConvolution: Sendable {
    let x: Tensor
    let weights: Tensor
    let bias: Tensor?
    let group: Int
    let filters: Int
    /// The window that slides over the output; its positions are the input's elements.
    let window: Window

    init(x: Tensor, weights: Tensor, bias: Tensor?, attributes: TransposedAttributes) throws {
        let rank = x.shape.count - 2
        guard rank >= 0, weights.shape.count == x.shape.count, weights.shape[0] == x.shape[1],
            x.shape[1] % attributes.group == 0, let filters = weights.shape[1].multiplied(checked: attributes.group)
        else {
            throw GraphError(
                .argument, "input of shape \(x.shape) in \(attributes.group) groups, weights of \(weights.shape)",
                argument: "W")
        }
        let kernel = Array(weights.shape.dropFirst(2))
        if let named = attributes.window.kernelShape, named != kernel {
            throw GraphError(.argument, "\(named) but the weights have \(kernel)", argument: "kernel_shape")
        }
        if let bias, bias.shape != [filters] {
            throw GraphError(.argument, "shape \(bias.shape), expected [\(filters)]", argument: "B")
        }
        let input = Array(x.shape.dropFirst(2))
        let layouts = try input.indices.map {
            try attributes.layout(axis: $0, of: rank, input: input[$0], kernel: kernel[$0])
        }
        let ones = [Int](repeating: 1, count: rank)
        window = Window(
            input: layouts.map(\.output), kernel: kernel, strides: attributes.window.strides ?? ones,
            dilations: attributes.window.dilations ?? ones, padsBegin: layouts.map(\.padding),
            padsEnd: [Int](repeating: 0, count: rank), output: input)
        (self.x, self.weights, self.bias, group, self.filters) = (x, weights, bias, attributes.group, filters)
    }

    func run<T: Real & Number>(_ call: Call, _: T.Type) throws -> Tensor {
        let area = product(window.input)
        return try call.make([x.shape[0], filters] + window.input, of: T.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            if let biases = try bias?.array(of: T.self) {
                for plane in 0..<(out.count / area) {
                    (to + plane * area).update(repeating: biases[plane % filters], count: area)
                }
            }
            try x.withElements(T.self) { values in
                try weights.withElements(T.self) { kernels in
                    guard let from = values.baseAddress, let kernels = kernels.baseAddress else { return }
                    try add(call, from, kernels, area, to)
                }
            }
        }
    }

    /// Adds all products to an output that holds the bias. There are weights and inputs.
    private func add<T: Real & Number>(
        _ call: Call, _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>, _ area: Int, _ out: UnsafeMutablePointer<T>
    ) throws {
        let positions = product(window.output)
        let taps = product(window.kernel)
        let depth = self.x.shape[1] / group
        let perGroup = filters / group
        let budget = max(ConvolutionLimits.columnBytes / MemoryLayout<T>.size / taps, 1)
        let width = min(positions, budget)
        let together = min(perGroup, max(budget / width, 1))
        guard let k = Int32(exactly: depth), let lda = Int32(exactly: perGroup * taps),
            let ldb = Int32(exactly: positions), let rows = Int32(exactly: together * taps)
        else { throw GraphError(.unsupportedArgument, "more than 2³¹ rows or columns in the matrix product") }
        let scratch = try allocate(Int(rows) * width * MemoryLayout<T>.size).bindMemory(to: T.self)
        defer { UnsafeMutableRawBufferPointer(scratch).deallocate() }
        guard let columns = scratch.baseAddress else { return }
        for part in 0..<(self.x.shape[0] * group) {
            let input = x + part * depth * positions
            let matrix = weights + part % group * depth * perGroup * taps
            for filter in stride(from: 0, to: perGroup, by: together) {
                let count = min(together, perGroup - filter)
                for first in stride(from: 0, to: positions, by: width) {
                    try call.checkTime()
                    let piece = first..<min(first + width, positions)
                    T.gemm(
                        transposeA: true, transposeB: false, m: Int32(count * taps), n: Int32(piece.count), k: k,
                        alpha: 1, a: matrix + filter * taps, lda: lda, b: input + first, ldb: ldb, beta: 0, c: columns,
                        ldc: Int32(piece.count))
                    try window.scatter(count, columns, piece, into: out + (part * perGroup + filter) * area, call)
                }
            }
        }
    }
}
