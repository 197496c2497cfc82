import GraphIR

extension ATenTable {
    /// Edges added, windows laid out, and pixels moved between channels and places.
    mutating func addPadding() {
        add("pad") { c in
            let value = try c.optionalNumber("value") ?? .whole(0)
            return try c.net.pad(c.tensor("self"), c.ints("pad"), mode: c.string("mode"), value: value)
        }
        add("constant_pad_nd") { c in
            try c.net.pad(c.tensor("self"), c.ints("pad"), mode: "constant", value: c.number("value"))
        }
        for count in 1...3 {
            for (kind, mode) in [("reflection", "reflect"), ("replication", "replicate")] {
                add("\(kind)_pad\(count)d") { c in
                    try c.net.pad(c.tensor("self"), c.ints("padding"), mode: mode, value: .whole(0))
                }
            }
        }
        add("pixel_shuffle") { c in
            let x = try c.tensor("self")
            let factor = try c.int("upscale_factor")
            guard x.rank == 4 else { throw c.net.unsupported("only maps with a batch") }
            guard factor > 0, let area = factor.multiplied(checked: factor) else {
                throw c.net.invalid("a factor of \(factor)")
            }
            guard try x.shape[1].mayBe(x.shape[1] / .number(Int64(area)) * .number(Int64(area))) else {
                throw c.net.invalid("\(x.shape.text) in squares of \(factor)")
            }
            let f = SymbolicInt.number(Int64(factor))
            return try c.net.emit(
                "DepthToSpace", [x],
                [Attribute("blocksize", .int(Int64(factor))), Attribute("mode", .string(Array("CRD".utf8)))],
                shape: [x.shape[0], x.shape[1] / .number(Int64(area)), x.shape[2] * f, x.shape[3] * f])
        }
        add("pixel_unshuffle") { c in
            let x = try c.tensor("self")
            let f = try c.dim("downscale_factor")
            guard x.rank == 4 else { throw c.net.unsupported("only maps with a batch") }
            guard let factor = f.known, factor > 0 else { throw c.net.invalid("a factor of \(f.text)") }
            let (n, channels) = (x.shape[0], x.shape[1])
            let (height, width) = try (x.shape[2] / f, x.shape[3] / f)
            let cut = try c.net.reshape(x, [n, channels, height, f, width, f])
            return try c.net.reshape(c.net.permute(cut, [0, 1, 3, 5, 2, 4]), [n, channels * f * f, height, width])
        }
        add("channel_shuffle") { c in
            let x = try c.tensor("self")
            let groups = try c.dim("groups")
            guard x.rank > 2 else { throw c.net.unsupported("only maps with a batch") }
            let cut = try c.net.reshape(x, [x.shape[0], groups, x.shape[1] / groups] + x.shape[2...])
            return try c.net.reshape(c.net.swapping(cut, 1, 2), x.shape)
        }
        addWindows()
    }

    private mutating func addWindows() {
        add("im2col") { c in
            let x = try c.tensor("self")
            let kernel = try c.ints("kernel_size", count: 2)
            let (dilation, padding) = try (c.ints("dilation", count: 2), c.ints("padding", count: 2))
            let stride = try c.ints("stride", count: 2)
            guard x.rank == 4 else { throw c.net.unsupported("only maps with a batch") }
            let padded = try c.net.pad(
                x, [padding[1], padding[1], padding[0], padding[0]], mode: "constant", value: .whole(0))
            // Rows of each window, then its columns: [N, C, kh, H', kw, W'].
            let rows = try c.net.windows(padded, axis: 2, kernel[0], stride[0], dilation[0])
            let all = try c.net.windows(rows, axis: 4, kernel[1], stride[1], dilation[1])
            let order = try c.net.permute(all, [0, 1, 2, 4, 3, 5])
            let s = order.shape
            return try c.net.reshape(order, [s[0], s[1] * s[2] * s[3], s[4] * s[5]])
        }
        add("col2im") { c in try c.columnsToImage() }
        add("unfold", "unfold_copy") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dimension", rank: x.rank)
            // [… windows … size]: the places within a window come last.
            let cut = try c.net.windows(x, axis: axis, c.int("size"), c.int("step"), 1)
            return try c.net.permute(cut, Array(0..<axis) + Array((axis + 1)..<cut.rank) + [axis])
        }
    }
}

extension ATenCall {
    /// The sum of overlapping windows, the inverse of `im2col`. Each channel is a transposed convolution whose kernels are
    /// one at one place: `Col2Im` is younger than opset 13, to which models are to be carried down.
    fileprivate func columnsToImage() throws -> Wire {
        let x = try tensor("self")
        let size = try ints("output_size", count: 2)
        let kernel = try ints("kernel_size", count: 2)
        let padding = try ints("padding", count: 2)
        let strides = try ints("stride", count: 2)
        let dilations = try ints("dilation", count: 2)
        let limit = 1 << 20
        guard x.rank == 3, (kernel + strides + dilations).allSatisfy({ (1...limit).contains($0) }),
            (size + padding).allSatisfy({ (0...limit).contains($0) }), kernel.allSatisfy({ $0 <= 32 })
        else { throw net.unsupported("only columns with a batch, of windows up to 32 × 32") }
        var places: [SymbolicInt] = []
        var left: [Int64] = []
        for axis in 0..<2 {
            let room = size[axis] + 2 * padding[axis] - dilations[axis] * (kernel[axis] - 1) - 1
            guard room >= 0 else { throw net.invalid("a window of \(kernel[axis]) doesn't fit into \(size[axis])") }
            places.append(.number(Int64(room / strides[axis] + 1)))
            left.append(Int64(room % strides[axis]))
        }
        let area = kernel[0] * kernel[1]
        let channels = try x.shape[1] / .number(Int64(area))
        let merged = try x.shape[0] * channels
        let columns = try net.reshape(x, [merged, .number(Int64(area))] + places)
        let ones = (0..<area * area).map { $0 % (area + 1) == 0 ? 1.0 : 0.0 }
        let weight = try net.reals(ones, shape: [area, 1] + kernel, as: x.elementType)
        let image = size.map { SymbolicInt.number(Int64($0)) }
        let sum = try net.emit(
            "ConvTranspose", [columns, weight],
            [
                Attribute("dilations", .ints(dilations.map(Int64.init))), Attribute("group", .int(1)),
                Attribute("kernel_shape", .ints(kernel.map(Int64.init))), Attribute("output_padding", .ints(left)),
                Attribute("pads", .ints((padding + padding).map(Int64.init))),
                Attribute("strides", .ints(strides.map(Int64.init))),
            ], shape: [merged, .number(1)] + image)
        return try net.reshape(sum, [x.shape[0], channels] + image)
    }
}

extension ATenTranslator {
    /// PyTorch's padding: pairs of numbers, the last axis first; negative ones crop.
    func pad(_ x: Wire, _ amounts: [Int], mode: String, value: Scalar) throws -> Wire {
        guard amounts.count % 2 == 0, amounts.count <= 2 * x.rank,
            amounts.allSatisfy({ (-1 << 24...1 << 24).contains($0) })
        else { throw invalid("paddings \(amounts) of \(x.rank) axes") }
        guard amounts.contains(where: { $0 != 0 }) else { return x }
        var before = [Int64](repeating: 0, count: x.rank)
        var after = before
        var shape = x.shape
        for index in 0..<(amounts.count / 2) {
            let axis = x.rank - 1 - index
            (before[axis], after[axis]) = (Int64(amounts[2 * index]), Int64(amounts[2 * index + 1]))
            shape[axis] = try shape[axis] + .number(before[axis] + after[axis])
            if before[axis] != 0 || after[axis] != 0 { try keepSamplesApart(x, axes: [axis]) }
        }
        let modes = ["constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"]
        guard let name = modes[mode] else { throw unsupported("padding by '\(mode)'", "mode") }
        let fill = name == "constant" && value.real != 0 ? try scalar(value, as: x.elementType) : nil
        return try emit(
            "Pad", [x, vector(before + after), fill], [Attribute("mode", .string(Array(name.utf8)))], shape: shape,
            type: x.elementType)
    }

    /// An axis as windows over it: `[… size …]` becomes `[… kernel, windows …]`.
    func windows(_ x: Wire, axis: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) throws -> Wire {
        guard let size = x.shape[axis].size, size < 1 << 24, kernel > 0, stride > 0, dilation > 0,
            let reach = (kernel - 1).multiplied(checked: dilation), reach < size
        else { throw unsupported("windows of \(kernel) over an axis of \(x.shape[axis].text)") }
        let count = (size - reach - 1) / stride + 1
        guard let all = count.multiplied(checked: kernel), all < 1 << 24 else { throw unsupported("too many windows") }
        let positions = (0..<kernel).flatMap { tap in (0..<count).map { Int64(tap * dilation + $0 * stride) } }
        return try gather(x, axis: axis, constant(Tensor(positions, shape: [kernel, count])))
    }
}
