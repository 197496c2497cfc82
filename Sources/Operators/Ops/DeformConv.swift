import GraphIR

extension Operator {
    /// A convolution whose taps are moved by offsets that are an input, and weighted by a mask. Between elements it
    /// interpolates linearly; outside of the input all is 0.
    /// https://onnx.ai/onnx/operators/onnx__DeformConv.html, versions 19, 22.
    ///
    /// The sampled columns of a block of positions are multiplied by the weights, group by group.
    static let deformConv = Operator("DeformConv", accuracy: .accumulating, infer: deformedRule) { binding in
        let attributes = WindowAttributes(
            strides: try binding.ints("strides")?.map { Int($0) },
            dilations: try binding.ints("dilations")?.map { Int($0) }, pads: try binding.ints("pads")?.map { Int($0) },
            kernelShape: try binding.ints("kernel_shape")?.map { Int($0) })
        let group = Int(try binding.int("group", default: 1))
        let offsetGroup = Int(try binding.int("offset_group", default: 1))
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call.input(1), call.input(2), call[3], call[4])
            let problem = try DeformedConvolution(
                convolution: Convolution(
                    x: x, weights: call.input(1), bias: call[3], attributes: attributes, group: group),
                offsets: call.input(2), mask: call[4], offsetGroup: offsetGroup)
            return [
                try withReal(x.elementType) {
                    try problem.run(call, Float.self)
                } double: {
                    try problem.run(call, Double.self)
                }
            ]
        }
    }

    private static let deformedRule = InferenceRule { node in
        try InferenceRule.convolution(0, 1).apply(&node)
        guard let found = node.outputs.first?.type?.dimensions, let offsets = node.shape(2),
            offsets.count == found.count
        else { return }
        node.set(0, shape: found.prefix(2) + zip(found, offsets).dropFirst(2).map { $0 == .unknown ? $1 : $0 })
    }
}

/// A deformable convolution whose shapes have been checked.
private struct DeformedConvolution: Sendable {
    let convolution: Convolution
    let offsets: Tensor
    let mask: Tensor?
    let offsetGroup: Int

    private var window: Window { convolution.window }
    private var rank: Int { window.input.count }

    init(convolution: Convolution, offsets: Tensor, mask: Tensor?, offsetGroup: Int) throws {
        (self.convolution, self.offsets, self.mask, self.offsetGroup) = (convolution, offsets, mask, offsetGroup)
        let rank = convolution.window.input.count
        guard (1...8).contains(rank) else {
            throw GraphError(.unsupportedArgument, "interpolation over \(rank) axes", argument: "X")
        }
        guard offsetGroup > 0, convolution.channels % offsetGroup == 0 else {
            throw GraphError(
                .argument, "\(convolution.channels) channels in \(offsetGroup) groups", argument: "offset_group")
        }
        let taps = convolution.window.kernel.checkedProduct()?.multiplied(checked: offsetGroup)
        guard let taps, offsets.shape[checked: 1] == taps.multiplied(checked: rank),
            offsets.shape == [convolution.batch, offsets.shape[1]] + convolution.window.output
        else {
            throw GraphError(
                .argument,
                "shape \(offsets.shape) for \(offsetGroup) groups, a kernel of \(convolution.window.kernel) "
                    + "and an output of \(convolution.outputShape)", argument: "offset")
        }
        if let mask, mask.shape != [convolution.batch, taps] + convolution.window.output {
            throw GraphError(
                .argument, "shape \(mask.shape), expected \([convolution.batch, taps] + convolution.window.output)",
                argument: "mask")
        }
    }

    func run<T: Real>(_ call: Call, _: T.Type) throws -> Tensor {
        try call.make(convolution.outputShape, of: T.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            let area = product(window.output)
            if let biases = try convolution.bias?.array(of: T.self) {
                for plane in 0..<(out.count / area) {
                    (to + plane * area).update(repeating: biases[plane % convolution.filters], count: area)
                }
            }
            try convolution.x.withElements(T.self) { x in
                try convolution.weights.withElements(T.self) { weights in
                    try offsets.withElements(T.self) { offsets in
                        guard let x = x.baseAddress, let weights = weights.baseAddress, let moved = offsets.baseAddress
                        else { return }
                        guard let mask else { return try add(call, x, weights, moved, nil, to) }
                        try mask.withElements(T.self) { try add(call, x, weights, moved, $0.baseAddress, to) }
                    }
                }
            }
        }
    }

    /// Adds all products to an output that holds the bias.
    private func add<T: Real>(
        _ call: Call, _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>, _ offsets: UnsafePointer<T>,
        _ mask: UnsafePointer<T>?, _ out: UnsafeMutablePointer<T>
    ) throws {
        let (channels, filters, group) = (convolution.channels, convolution.filters, convolution.group)
        let area = product(window.output)
        let taps = product(window.kernel)
        let depth = channels / group * taps
        let width = min(area, max(ConvolutionLimits.columnBytes / MemoryLayout<T>.size / (channels * taps), 1))
        guard let m = Int32(exactly: filters / group), let k = Int32(exactly: depth), let ldc = Int32(exactly: area),
            let size = (channels * taps).multiplied(checked: width)?.multiplied(checked: MemoryLayout<T>.size)
        else { throw GraphError(.unsupportedArgument, "more than 2³¹ rows or columns in the matrix product") }
        let scratch = try allocate(size).bindMemory(to: T.self)
        defer { UnsafeMutableRawBufferPointer(scratch).deallocate() }
        guard let columns = scratch.baseAddress else { return }
        for image in 0..<convolution.batch {
            let input = x + image * channels * product(window.input)
            let moved = offsets + image * offsetGroup * taps * rank * area
            let weighted = mask.map { $0 + image * offsetGroup * taps * area }
            for first in stride(from: 0, to: area, by: width) {
                let positions = first..<min(first + width, area)
                try gather(call, input, moved, weighted, positions, into: columns)
                for part in 0..<group {
                    T.gemm(
                        transposeA: false, transposeB: false, m: m, n: Int32(positions.count), k: k, alpha: 1,
                        a: weights + part * Int(m) * depth, lda: k, b: columns + part * depth * positions.count,
                        ldb: Int32(positions.count), beta: 1,
                        c: out + (image * filters + part * Int(m)) * area + first, ldc: ldc)
                }
            }
        }
    }

    /// Writes the columns of some output positions of one image: row (channel, tap), column position.
    private func gather<T: Real>(
        _ call: Call, _ x: UnsafePointer<T>, _ offsets: UnsafePointer<T>, _ mask: UnsafePointer<T>?,
        _ positions: Range<Int>, into columns: UnsafeMutablePointer<T>
    ) throws {
        let inputArea = product(window.input)
        let area = product(window.output)
        let taps = product(window.kernel)
        let perGroup = convolution.channels / offsetGroup
        let inputStrides = rowMajorStrides(window.input)
        let outputStrides = rowMajorStrides(window.output)
        let kernelStrides = rowMajorStrides(window.kernel)
        let (window, rank) = (window, rank)
        let (source, moved, target) = (Shared(x), Shared(offsets), Shared(columns))
        let weighted = Shared(mask)
        let grain = max(1, (1 << 14) / max(positions.count, 1))
        try inParallel(offsetGroup * taps, grain: grain) { piece in
            var corners = [(at: Int, weight: Double)](repeating: (0, 0), count: 1 << rank)
            for row in piece {
                try call.checkTime()
                let tap = row % taps
                for position in positions {
                    let share = weighted.pointer.map { Double($0[row * area + position]) } ?? 1
                    corners[0] = (0, share)
                    var count = 1
                    for axis in 0..<rank where count > 0 {
                        let start =
                            position / outputStrides[axis] % window.output[axis] * window.strides[axis]
                            + tap / kernelStrides[axis] % window.kernel[axis] * window.dilations[axis]
                            - window.padsBegin[axis]
                        let place = Double(start) + Double(moved.pointer[(row * rank + axis) * area + position])
                        let size = window.input[axis]
                        guard place > -1, place < Double(size) else {
                            count = 0
                            continue
                        }
                        let below = Int(place.rounded(.down))
                        let fraction = place - Double(below)
                        // Every corner so far splits in two; those outside of the input are dropped.
                        let sides = [(below, 1 - fraction), (below + 1, fraction)].filter { $0.0 >= 0 && $0.0 < size }
                        let before = Array(corners[..<count])
                        count = 0
                        for corner in before {
                            for (index, weight) in sides {
                                corners[count] = (corner.at + index * inputStrides[axis], corner.weight * weight)
                                count += 1
                            }
                        }
                    }
                    for channel in (row / taps * perGroup)..<((row / taps + 1) * perGroup) {
                        var sum = 0.0
                        for corner in corners[..<count] {
                            sum += Double(source.pointer[channel * inputArea + corner.at]) * corner.weight
                        }
                        target.pointer[(channel * taps + tap) * positions.count + position - positions.lowerBound] =
                            T(sum)
                    }
                }
            }
        }
    }
}
