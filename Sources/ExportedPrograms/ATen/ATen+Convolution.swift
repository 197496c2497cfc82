import GraphIR

extension ATenTable {
    mutating func addConvolutions() {
        for count in 1...3 {
            add("conv\(count)d") { c in
                try c.convolution(c.optionalTensor("bias"), pads: c.ints("padding", count: count))
            }
            add("conv\(count)d.padding") { c in
                let bias = try c.optionalTensor("bias")
                switch try c.string("padding") {
                case "valid": return try c.convolution(bias, pads: [Int](repeating: 0, count: count))
                case "same": return try c.convolution(bias, pads: nil)
                default: throw c.net.unsupported("is no padding that we know", "padding")
                }
            }
            add(count == 1 ? "conv_transpose1d" : "conv_transpose\(count)d.input") { c in
                try c.transposedConvolution(c.ints("padding", count: count), c.ints("output_padding", count: count))
            }
        }
        add("convolution", "_convolution") { c in
            let count = try c.tensor("weight").rank - 2
            guard count > 0 else { throw c.net.invalid("a kernel without space") }
            let pads = try c.ints("padding", count: count)
            let more = try c.ints("output_padding", count: count)
            if try c.bool("transposed") { return try c.transposedConvolution(pads, more) }
            return try c.convolution(c.optionalTensor("bias"), pads: pads)
        }
        add("_convolution_mode") { c in
            let count = try c.tensor("weight").rank - 2
            guard count > 0 else { throw c.net.invalid("a kernel without space") }
            let isSame = try c.string("padding") == "same"
            return try c.convolution(
                c.optionalTensor("bias"), pads: isSame ? nil : [Int](repeating: 0, count: count))
        }
    }
}

extension ATenCall {
    /// How far a window reaches and is padded at most: real ones cover some hundred places.
    private static var reachLimit: Int64 { 1 << 24 }

    /// - Parameter pads: on both sides of each axis; `nil` keeps the size, the odd one at the end.
    fileprivate func convolution(_ bias: Wire?, pads: [Int]?) throws -> Wire {
        let weight = try tensor("weight")
        let count = weight.rank - 2
        var x = try tensor("input")
        let isBatched = x.rank == weight.rank
        if !isBatched { x = try net.unsqueeze(x, axes: [0]) }
        guard count > 0, x.rank == weight.rank, let kernel = weight.shape[2...].map({ $0 }).known else {
            throw net.invalid("a kernel \(weight.shape.text) over \(x.shape.text)")
        }
        let strides = try ints("stride", count: count)
        let dilations = try ints("dilation", count: count)
        let groups = try int("groups")
        guard (strides + dilations).allSatisfy({ (1...1 << 30).contains($0) }), groups > 0 else {
            throw net.invalid("strides \(strides), dilations \(dilations), groups \(groups)")
        }
        guard try x.shape[1].mayBe(weight.shape[1] * .number(Int64(groups))),
            weight.shape[0].known.map({ $0 % Int64(groups) == 0 }) ?? true
        else { throw net.invalid("a kernel \(weight.shape.text) over \(x.shape.text) in \(groups) groups") }
        if let pads {
            guard pads.count == count, pads.allSatisfy({ (0..<Int(Self.reachLimit)).contains($0) }) else {
                throw net.invalid("paddings \(pads) of a kernel \(weight.shape.text)")
            }
        }
        try net.keepSamplesApart(x, axes: 1..<x.rank)
        var begins: [Int64] = []
        var ends: [Int64] = []
        var sizes: [SymbolicInt] = []
        for axis in 0..<count {
            guard let reach = (kernel[axis] - 1).multiplied(checked: Int64(dilations[axis])),
                reach >= 0, reach < Self.reachLimit
            else { throw net.invalid("a kernel of \(kernel)") }
            let total = pads.map { 2 * Int64($0[axis]) } ?? reach
            begins.append(total / 2)
            ends.append(total - total / 2)
            sizes.append(try net.windowCount(x.shape[axis + 2], reach: reach, padding: total, stride: strides[axis]))
        }
        let result = try net.emit(
            "Conv", [x, weight, bias],
            [
                Attribute("dilations", .ints(dilations.map(Int64.init))), Attribute("group", .int(Int64(groups))),
                Attribute("kernel_shape", .ints(kernel)), Attribute("pads", .ints(begins + ends)),
                Attribute("strides", .ints(strides.map(Int64.init))),
            ], shape: [x.shape[0], weight.shape[0]] + sizes)
        return isBatched ? result : try net.squeeze(result, axes: [0])
    }

    fileprivate func transposedConvolution(_ pads: [Int], _ outputPadding: [Int]) throws -> Wire {
        let x = try tensor("input")
        let weight = try tensor("weight")
        let count = pads.count
        guard x.rank == count + 2, weight.rank == count + 2, outputPadding.count == count,
            let kernel = weight.shape[2...].map({ $0 }).known
        else {
            throw net.unsupported("only maps with a batch and kernels of known size")
        }
        let strides = try ints("stride", count: count)
        let dilations = try ints("dilation", count: count)
        let groups = try int("groups")
        let limit = 1 << 20
        guard (strides + dilations + [groups]).allSatisfy({ (1...limit).contains($0) }),
            (pads + outputPadding).allSatisfy({ (0...limit).contains($0) }),
            kernel.allSatisfy({ (1...Int64(limit)).contains($0) }),
            x.shape[2...].allSatisfy({ $0.known.map { (1...1 << 30).contains($0) } ?? true })
        else { throw net.invalid("strides \(strides), dilations \(dilations), groups \(groups)") }
        guard x.shape[1].mayBe(weight.shape[0]), weight.shape[0].known.map({ $0 % Int64(groups) == 0 }) ?? true else {
            throw net.invalid("a kernel \(weight.shape.text) over \(x.shape.text) in \(groups) groups")
        }
        try net.keepSamplesApart(x, axes: 1..<x.rank)
        let sizes = try (0..<count).map { axis -> SymbolicInt in
            let rest = Int64(dilations[axis]) * (kernel[axis] - 1) + Int64(outputPadding[axis] - 2 * pads[axis]) + 1
            return try (x.shape[axis + 2] - .number(1)) * .number(Int64(strides[axis])) + .number(rest)
        }
        let both = (pads + pads).map(Int64.init)
        return try net.emit(
            "ConvTranspose", [x, weight, optionalTensor("bias")],
            [
                Attribute("dilations", .ints(dilations.map(Int64.init))), Attribute("group", .int(Int64(groups))),
                Attribute("kernel_shape", .ints(kernel)),
                Attribute("output_padding", .ints(outputPadding.map(Int64.init))), Attribute("pads", .ints(both)),
                Attribute("strides", .ints(strides.map(Int64.init))),
            ], shape: [x.shape[0], weight.shape[1] * .number(Int64(groups))] + sizes)
    }
}

extension ATenTranslator {
    /// How many windows fit: ⌊(size + padding − reach − 1) / stride⌋ + 1.
    /// - Parameters:
    ///   - reach, padding: small numbers, and not negative.
    func windowCount(_ size: SymbolicInt, reach: Int64, padding: Int64, stride: Int) throws -> SymbolicInt {
        try checkPlaces(size)
        let room = try size + .number(padding - reach - 1)
        if let known = room.known, known < 0 { throw noWindow(reach, size) }
        return try room / .number(Int64(stride)) + .number(1)
    }

    /// Refuses windows over an axis so long that counting them could overflow.
    func checkPlaces(_ size: SymbolicInt) throws {
        guard size.known.map({ $0 <= 1 << 30 }) ?? true else { throw unsupported("windows over \(size.text) places") }
    }

    func noWindow(_ reach: Int64, _ size: SymbolicInt) -> GraphError {
        invalid("a window of \(reach + 1) doesn't fit into \(size.text)")
    }
}
