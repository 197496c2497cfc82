import CKernels
import GraphIR

extension Operator {
    /// Convolution over any number of spatial axes, with groups, strides, dilations and padding.
    /// https://onnx.ai/onnx/operators/onnx__Conv.html, versions 1, 11, 22.
    ///
    /// One input channel per group on two axes at most is computed directly; all else as a matrix product over the
    /// columns that the window sees. Both sum every element in the same order, so equal filters give equal channels.
    static let conv = Operator("Conv", accuracy: .accumulating, infer: .convolution(0, 1)) { binding in
        let attributes = try WindowAttributes(&binding)
        let group = Int(try binding.int("group", default: 1))
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call.input(1), call[2])
            let problem = try Convolution(
                x: x, weights: call.input(1), bias: call[2], attributes: attributes, group: group)
            return [
                try withReal(x.elementType) {
                    try problem.run(call, Float.self)
                } double: {
                    try problem.run(call, Double.self)
                }
            ]
        }
    }
}

/// A convolution whose shapes have been checked.
struct Convolution: Sendable {
    let x: Tensor
    let weights: Tensor
    let bias: Tensor?
    let group: Int
    let batch: Int
    let channels: Int
    let filters: Int
    let window: Window

    /// - Throws: `op.argument` where shapes and attributes don't fit each other.
    init(x: Tensor, weights: Tensor, bias: Tensor?, attributes: WindowAttributes, group: Int) throws {
        guard x.shape.count >= 2, weights.shape.count == x.shape.count else {
            throw GraphError(.argument, "input of shape \(x.shape), weights of \(weights.shape)", argument: "W")
        }
        batch = x.shape[0]
        channels = x.shape[1]
        filters = weights.shape[0]
        guard group > 0, channels % group == 0, filters % group == 0, weights.shape[1] == channels / group else {
            throw GraphError(
                .argument, "\(channels) channels in \(group) groups don't fit weights of shape \(weights.shape)",
                argument: "group")
        }
        let kernel = Array(weights.shape.dropFirst(2))
        if let named = attributes.kernelShape, named != kernel {
            throw GraphError(.argument, "\(named) but the weights have \(kernel)", argument: "kernel_shape")
        }
        if let bias, bias.shape != [filters] {
            throw GraphError(.argument, "shape \(bias.shape), expected [\(filters)]", argument: "B")
        }
        window = try attributes.window(over: Array(x.shape.dropFirst(2)), kernel: kernel)
        self.x = x
        self.weights = weights
        self.bias = bias
        self.group = group
    }

    var outputShape: [Int] { [batch, filters] + window.output }

    func run<T: Real>(_ call: Call, _: T.Type) throws -> Tensor {
        try call.make(outputShape, of: T.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            try x.withElements(T.self) { x in
                try weights.withElements(T.self) { weights in
                    let biases = try bias?.array(of: T.self) ?? [T](repeating: 0, count: filters)
                    guard let from = x.baseAddress, let weights = weights.baseAddress else {
                        let area = product(window.output)
                        for i in out.indices { to[i] = biases[i / area % filters] }
                        return
                    }
                    if channels == group && (1...2).contains(window.input.count) {
                        try depthwise(from, weights, biases, to)
                    } else {
                        try matrixProduct(call, from, weights, biases, to)
                    }
                }
            }
        }
    }

    /// Every group has one input channel.
    private func depthwise<T: Real>(
        _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>, _ biases: [T], _ out: UnsafeMutablePointer<T>
    ) throws {
        let plane = PaddedPlane(window, lanes: T.lanes)
        let area = window.input.reduce(1, *)
        let outArea = window.output.reduce(1, *)
        let taps = window.kernel.reduce(1, *)
        let perChannel = filters / group
        let (source, kernels, target) = (Shared(x), Shared(weights), Shared(out))
        let grain = max(1, (1 << 18) / max(outArea &* taps, 1))
        try inParallel(batch * filters, grain: grain) { piece in
            let scratch = try allocate(try plane.byteCount(of: T.self)).bindMemory(to: T.self)
            defer { UnsafeMutableRawBufferPointer(scratch).deallocate() }
            guard let buffer = scratch.baseAddress else { return }
            plane.columns.withUnsafeBufferPointer { columns in
                var shape = plane.shape
                shape.columns = columns.baseAddress
                for item in piece {
                    let filter = item % filters
                    let channel = item / filters * channels + filter / perChannel
                    plane.fill(buffer, from: source.pointer + channel * area)
                    T.depthwise(
                        &shape, buffer, kernels.pointer + filter * taps, biases[filter], target.pointer + item * outArea
                    )
                }
            }
        }
    }

    /// out = weights × columns + bias for each image and group.
    private func matrixProduct<T: Real>(
        _ call: Call, _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>, _ biases: [T], _ out: UnsafeMutablePointer<T>
    ) throws {
        let area = product(window.input)
        let outArea = product(window.output)
        let depth = channels / group * product(window.kernel)
        let rows = filters / group
        let factors = PanelProduct<T>()
        let budget = max(ConvolutionLimits.columnBytes / MemoryLayout<T>.size / max(depth, 1) / factors.width, 1)
        let width = min(outArea, budget * factors.width)
        guard let leftCount = factors.leftCount(rows: rows, depth: depth),
            let rightCount = factors.rightCount(columns: width, depth: depth),
            let count = leftCount.adding(checked: rightCount)
        else { throw GraphError(.memory, "the matrix product of a convolution is too large") }
        try call.check(T.elementType, [count])
        let scratch = try allocate(count * MemoryLayout<T>.size).bindMemory(to: T.self)
        defer { UnsafeMutableRawBufferPointer(scratch).deallocate() }
        guard let left = scratch.baseAddress else { return }
        let right = left + leftCount
        for part in 0..<group {
            try factors.packLeft(weights + part * rows * depth, rows: rows, depth: depth, into: left)
            for image in 0..<batch {
                let input = x + (image * channels + part * (channels / group)) * area
                let result = out + (image * filters + part * rows) * outArea
                for row in 0..<rows {
                    (result + row * outArea).update(repeating: biases[part * rows + row], count: outArea)
                }
                for start in stride(from: 0, to: outArea, by: width) {
                    try call.checkTime()
                    let positions = start..<min(start + width, outArea)
                    window.gather(channels / group, input, positions, into: right, width: factors.width)
                    try factors.add(
                        call, left, right, rows: rows, columns: positions.count, depth: depth, to: result + start,
                        stride: outArea)
                }
            }
        }
    }
}

enum ConvolutionLimits {
    /// Bytes of columns that are made at a time: a few times the last-level cache of a core, so that the product runs
    /// at full speed and memory stays flat.
    static let columnBytes = 8 << 20
}

extension Window {
    /// Writes the columns of some output positions in panels of columns of `width` (``PanelProduct``): row (channel, tap), column
    /// position; 0 where the window sees padding.
    func gather<T: Real>(
        _ channels: Int, _ x: UnsafePointer<T>, _ positions: Range<Int>, into panels: UnsafeMutablePointer<T>,
        width: Int
    ) {
        let area = product(input)
        let taps = product(kernel)
        let inputStrides = rowMajorStrides(input)
        let outputStrides = rowMajorStrides(output)
        let kernelStrides = rowMajorStrides(kernel)
        let last = input.count - 1
        let depth = channels * taps
        let (source, target) = (Shared(x), Shared(panels))
        // A row of the result is never less than one tap over the positions.
        try? inParallel(depth, grain: max(1, (1 << 16) / max(positions.count, 1))) { piece in
            for row in piece {
                let from = source.pointer + row / taps * area
                let tap = row % taps
                guard last >= 0 else {
                    target.pointer[row * width] = from[0]
                    continue
                }
                let shift = tap % kernel[last] * dilations[last] - padsBegin[last]
                var position = positions.lowerBound
                while position < positions.upperBound {
                    // The positions up to the end of the innermost output axis or of the panel, together.
                    let column = position % output[last]
                    let written = position - positions.lowerBound
                    let run = min(
                        output[last] - column, positions.upperBound - position, width - written % width)
                    var base = 0
                    var isInside = true
                    for axis in 0..<last {
                        let index =
                            position / outputStrides[axis] % output[axis] * strides[axis]
                            + tap / kernelStrides[axis] % kernel[axis] * dilations[axis] - padsBegin[axis]
                        isInside = isInside && index >= 0 && index < input[axis]
                        base += index * inputStrides[axis]
                    }
                    let to = target.pointer + (written / width * depth + row) * width + written % width
                    let first = column * strides[last] + shift
                    if !isInside {
                        to.update(repeating: 0, count: run)
                    } else if strides[last] == 1 && first >= 0 && first + run <= input[last] {
                        to.update(from: from + (base + first), count: run)
                    } else {
                        for step in 0..<run {
                            let index = first + step * strides[last]
                            to[step] = index >= 0 && index < input[last] ? from[base + index] : 0
                        }
                    }
                    position += run
                }
            }
        }
    }
}

/// A padded copy of one plane, laid out as `wb_depthwise` wants it.
struct PaddedPlane: Sendable {
    let columns: [Int]
    let rows: Int
    let segment: Int
    let stepX: Int
    let inputHeight: Int
    let inputWidth: Int
    let top: Int
    let left: Int
    nonisolated(unsafe) let shape: wb_depthwise

    init(_ window: Window, lanes: Int) {
        let flat = window.input.count == 1
        let x = flat ? 0 : 1
        let width = (window.output[x] + 2 * lanes - 1) / (2 * lanes) * 2 * lanes
        stepX = window.strides[x]
        let reach = (window.kernel[x] - 1) * window.dilations[x]
        let length = width + reach / stepX + 1
        segment = length
        let step = stepX
        columns = (0..<window.kernel[x]).map { tap in
            let at = tap * window.dilations[x]
            return at % step * length + at / step
        }
        inputHeight = flat ? 1 : window.input[0]
        inputWidth = window.input[x]
        top = flat ? 0 : window.padsBegin[0]
        left = window.padsBegin[x]
        let outHeight = flat ? 1 : window.output[0]
        let kernelHeight = flat ? 1 : window.kernel[0]
        let rowStep = flat ? 1 : window.strides[0]
        let tapStep = flat ? 1 : window.dilations[0]
        rows = (outHeight - 1) * rowStep + (kernelHeight - 1) * tapStep + 1
        shape = wb_depthwise(
            rowStride: segment * stepX, rowStep: rowStep, tapStep: tapStep, outHeight: outHeight,
            outWidth: window.output[x], kernelHeight: kernelHeight, kernelWidth: window.kernel[x], columns: nil)
    }

    /// - Throws: `limit.memory` where the padded plane is too large to count.
    func byteCount<T>(of: T.Type) throws -> Int {
        guard let count = rows.multiplied(checked: shape.rowStride)?.multiplied(checked: MemoryLayout<T>.size) else {
            throw GraphError(.memory, "the padded input is too large")
        }
        return count
    }

    /// Copies the plane; the buffer's padding is zero from the start and is never written.
    func fill<T: Real>(_ buffer: UnsafeMutablePointer<T>, from plane: UnsafePointer<T>) {
        for y in 0..<inputHeight where y + top < rows {
            let row = buffer + (y + top) * shape.rowStride
            let source = plane + y * inputWidth
            if stepX == 1 {
                let count = min(inputWidth, segment - left)
                if count > 0 { (row + left).update(from: source, count: count) }
                continue
            }
            for x in 0..<inputWidth {
                let at = x + left
                if at / stepX < segment { row[at % stepX * segment + at / stepX] = source[x] }
            }
        }
    }
}
