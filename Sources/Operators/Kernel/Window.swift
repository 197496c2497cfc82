import GraphIR

/// The geometry of a sliding window over the spatial axes: convolution and pooling.
struct Window: Sendable {
    var input: [Int]
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var padsBegin: [Int]
    var padsEnd: [Int]
    var output: [Int]
}

/// The attributes that make a window, not yet laid over an input.
struct WindowAttributes: Sendable {
    var kernelShape: [Int]?
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?
    var autoPad: String
    var ceilMode = false
    /// Whether automatic padding may be negative, where the stride leaves input out: then the first window starts inside
    /// of it. Pooling takes the standard's formula as it stands; convolution doesn't.
    var padsBelowZero = false

    /// Explicit padding.
    init(strides: [Int]?, dilations: [Int]?, pads: [Int]?, kernelShape: [Int]? = nil) {
        (self.strides, self.dilations, self.pads, autoPad) = (strides, dilations, pads, "NOTSET")
        self.kernelShape = kernelShape
    }

    init(_ binding: inout Binding) throws {
        kernelShape = try binding.ints("kernel_shape")?.map { Int($0) }
        strides = try binding.ints("strides")?.map { Int($0) }
        dilations = try binding.ints("dilations")?.map { Int($0) }
        pads = try binding.ints("pads")?.map { Int($0) }
        autoPad = try binding.string("auto_pad") ?? "NOTSET"
        guard ["NOTSET", "", "SAME_UPPER", "SAME_LOWER", "VALID"].contains(autoPad) else {
            throw GraphError(
                .argument, "\"\(autoPad)\" is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID", argument: "auto_pad")
        }
    }

    /// - Throws: `op.argument` where a number is out of range or the counts don't fit the rank.
    func window(over input: [Int], kernel: [Int]) throws -> Window {
        let rank = input.count
        func list(_ values: [Int]?, _ count: Int, least: Int, fallback: Int, _ name: String) throws -> [Int] {
            let values = values ?? [Int](repeating: fallback, count: count)
            guard values.count == count else {
                throw GraphError(.argument, "\(values.count) numbers, expected \(count)", argument: name)
            }
            for value in values where value < least || value > Window.largest {
                throw GraphError(.argument, "\(value) is outside of \(least)...\(Window.largest)", argument: name)
            }
            return values
        }
        let kernel = try list(kernel, rank, least: 1, fallback: 1, "kernel_shape")
        let strides = try list(strides, rank, least: 1, fallback: 1, "strides")
        let dilations = try list(dilations, rank, least: 1, fallback: 1, "dilations")
        let pads = try list(pads, 2 * rank, least: 0, fallback: 0, "pads")
        var window = Window(
            input: input, kernel: kernel, strides: strides, dilations: dilations, padsBegin: [], padsEnd: [], output: []
        )
        for axis in 0..<rank {
            guard let size = (kernel[axis] - 1).multiplied(checked: dilations[axis])?.adding(checked: 1),
                size <= Window.largest, input[axis] <= Window.largest
            else {
                throw GraphError(
                    .argument, "a window of \(kernel[axis]) × \(dilations[axis]) is too large", argument: "dilations")
            }
            var begin = autoPad == "VALID" ? 0 : pads[axis]
            var end = autoPad == "VALID" ? 0 : pads[axis + rank]
            if autoPad.hasPrefix("SAME") {
                let outputs = (input[axis] + strides[axis] - 1) / strides[axis]
                let missing = (outputs - 1) * strides[axis] + size - input[axis]
                let total = padsBelowZero ? missing : max(missing, 0)
                begin = autoPad == "SAME_UPPER" ? total / 2 : (total + 1) / 2
                end = total - begin
            }
            let room = input[axis] + begin + end - size
            var outputs = room < 0 ? 0 : room / strides[axis] + 1
            // A window that reaches over the edge makes a position too, if need be the only one.
            let hasRest = room > -strides[axis] && room % strides[axis] != 0
            if ceilMode && hasRest && outputs * strides[axis] < input[axis] + begin {
                outputs += 1
            }
            guard outputs > 0 || input[axis] == 0 else {
                throw GraphError(
                    .argument, "a window of \(size) doesn't fit the padded input of \(input[axis] + begin + end)",
                    argument: "kernel_shape")
            }
            window.padsBegin.append(begin)
            window.padsEnd.append(end)
            window.output.append(outputs)
        }
        return window
    }
}

extension Window {
    /// The greatest size, stride or padding that is accepted: sums and products of two stay far from overflow.
    static let largest = 1 << 30
}

extension WindowAttributes {
    /// The window of a pooling operator over the spatial axes of `x`.
    func pooling(over x: Tensor) throws -> Window {
        guard x.shape.count >= 3, let kernelShape else {
            throw GraphError(.argument, "shape \(x.shape), expected batch, channels and spatial axes", argument: "X")
        }
        var attributes = self
        attributes.padsBelowZero = true
        return try attributes.window(over: Array(x.shape.dropFirst(2)), kernel: kernelShape)
    }
}
