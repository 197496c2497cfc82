import GraphIR

extension ATenTable {
    mutating func addPools() {
        for count in 1...3 {
            add("max_pool\(count)d") { c in try c.maxPool(count, withIndices: false)[0] }
            add("avg_pool\(count)d") { c in try c.averagePool(count) }
            add("adaptive_avg_pool\(count)d") { c in try c.adaptivePool(count, isMax: false) }
        }
        add("_adaptive_avg_pool2d") { c in try c.adaptivePool(2, isMax: false) }
        add("_adaptive_avg_pool3d") { c in try c.adaptivePool(3, isMax: false) }
        addMany("max_pool2d_with_indices") { c in try c.maxPool(2, withIndices: true) }
        // The second result, the places of the maxima, is refused where it is used.
        add("adaptive_max_pool1d") { c in try c.adaptivePool(1, isMax: true) }
        add("adaptive_max_pool2d") { c in try c.adaptivePool(2, isMax: true) }
    }
}

extension ATenCall {
    private struct Windows {
        var kernel: [Int]
        var strides: [Int]
        var pads: [Int]
        var dilations: [Int]
        var isCeiling: Bool
        var attributes: [Attribute]
    }

    private func windows(_ count: Int) throws -> Windows {
        let kernel = try ints("kernel_size", count: count)
        let given = try ints("stride")
        let strides = given.isEmpty ? kernel : try ints("stride", count: count)
        let pads = try ints("padding", count: count)
        let dilations = schemaHas("dilation") ? try ints("dilation", count: count) : [Int](repeating: 1, count: count)
        let limit = 1 << 20
        guard (kernel + strides + dilations).allSatisfy({ (1...limit).contains($0) }),
            zip(pads, kernel).allSatisfy({ $0 >= 0 && $0 <= $1 / 2 })
        else { throw net.invalid("windows of \(kernel) at strides \(strides), padding \(pads)") }
        let isCeiling = try bool("ceil_mode")
        return Windows(
            kernel: kernel, strides: strides, pads: pads, dilations: dilations, isCeiling: isCeiling,
            attributes: [
                Attribute("ceil_mode", .int(isCeiling ? 1 : 0)),
                Attribute("kernel_shape", .ints(kernel.map(Int64.init))),
                Attribute("pads", .ints((pads + pads).map(Int64.init))),
                Attribute("strides", .ints(strides.map(Int64.init))),
            ])
    }

    /// - Returns: the sizes behind the channels.
    private func sizes(_ windows: Windows, of x: Wire) throws -> [SymbolicInt] {
        try windows.kernel.indices.map { axis in
            let size = x.shape[x.rank - windows.kernel.count + axis]
            let (stride, pad) = (windows.strides[axis], Int64(windows.pads[axis]))
            let reach = Int64(windows.dilations[axis]) * Int64(windows.kernel[axis] - 1)
            guard windows.isCeiling else {
                return try net.windowCount(size, reach: reach, padding: 2 * pad, stride: stride)
            }
            try net.checkPlaces(size)
            // As many as would fit into endless padding behind, ⌈(size + 2·pad − reach − 1) / stride⌉ + 1, or as start
            // ahead of the padding, ⌈(size + pad) / stride⌉: which is fewer doesn't depend on the size.
            let step = Int64(stride)
            let room = pad + step - 1 + min(pad + step - 1 - reach, 0)
            let count = try (size + .number(room)) / .number(step)
            if let known = count.known, known < 1 { throw net.noWindow(reach, size) }
            return count
        }
    }

    /// Pools want a batch.
    private func batched(_ count: Int, _ body: (Wire) throws -> [Wire]) throws -> [Wire] {
        let x = try tensor("self")
        guard x.rank == count + 1 || x.rank == count + 2 else { throw net.invalid("a pool over \(x.shape.text)") }
        try net.keepSamplesApart(x, axes: (x.rank - count)..<x.rank)
        if x.rank == count + 2 { return try body(x) }
        return try body(net.unsqueeze(x, axes: [0])).map { try net.squeeze($0, axes: [0]) }
    }

    fileprivate func maxPool(_ count: Int, withIndices: Bool) throws -> [Wire] {
        try batched(count) { x in
            let windows = try windows(count)
            let shape = try x.shape[..<2] + sizes(windows, of: x)
            let dilations = Attribute("dilations", .ints(windows.dilations.map(Int64.init)))
            return try net.emit(
                "MaxPool", [x], windows.attributes + [dilations], results: [(x.elementType, Array(shape))])
        }
    }

    fileprivate func averagePool(_ count: Int) throws -> Wire {
        try batched(count) { x in
            let windows = try windows(count)
            let shape = try x.shape[..<2] + sizes(windows, of: x)
            let divisor = schemaHas("divisor_override") ? try optionalDim("divisor_override")?.known : nil
            let countsPadding = try bool("count_include_pad")
            if divisor != nil, windows.isCeiling { throw net.unsupported("a divisor with sizes rounded up") }
            let mean = try net.emit(
                "AveragePool", [x],
                windows.attributes + [Attribute("count_include_pad", .int(countsPadding || divisor != nil ? 1 : 0))],
                shape: Array(shape))
            guard let divisor, divisor != 0 else { return [mean] }
            let area = windows.kernel.reduce(1.0) { $0 * Double($1) }
            return [try net.with("Div", net.with("Mul", mean, area), Double(divisor))]
        }[0]
    }

    /// Bins of PyTorch's: from ⌊i·size/bins⌋ up to ⌈(i+1)·size/bins⌉.
    fileprivate func adaptivePool(_ count: Int, isMax: Bool) throws -> Wire {
        let bins: [Int]
        switch try argument("output_size") {
        case .ints, .int: bins = try ints("output_size", count: count)
        default: throw net.unsupported("only whole numbers", "output_size")
        }
        return try batched(count) { x in
            let given = Array(x.shape[2...])
            if bins.allSatisfy({ $0 == 1 }) {
                return [
                    try net.emit(
                        isMax ? "GlobalMaxPool" : "GlobalAveragePool", [x],
                        shape: x.shape[..<2] + given.map { _ in .number(1) })
                ]
            }
            guard let sizes = given.known?.map(Int.init),
                zip(sizes, bins).allSatisfy({ (1...1 << 11).contains($0) && (1...1 << 11).contains($1) })
            else { throw net.unsupported("adaptive pools want a size that is known", settling: given) }
            if sizes == bins { return [x] }
            let shape = x.shape[..<2] + bins.map { .number(Int64($0)) }
            if zip(sizes, bins).allSatisfy({ $0 % $1 == 0 }) {
                let kernel = zip(sizes, bins).map { Int64($0 / $1) }
                return [
                    try net.emit(
                        isMax ? "MaxPool" : "AveragePool", [x],
                        [Attribute("kernel_shape", .ints(kernel)), Attribute("strides", .ints(kernel))],
                        shape: Array(shape))
                ]
            }
            var result = x
            for axis in 0..<count where sizes[axis] != bins[axis] {
                result = try net.binned(result, axis: axis + 2, sizes[axis], bins[axis], isMax: isMax)
            }
            return [result]
        }[0]
    }
}

extension ATenTranslator {
    /// The means or maxima of an axis in bins.
    fileprivate func binned(_ x: Wire, axis: Int, _ size: Int, _ bins: Int, isMax: Bool) throws -> Wire {
        let ranges = (0..<bins).map { ($0 * size / bins)..<((($0 + 1) * size + bins - 1) / bins) }
        if isMax {
            return try concat(
                ranges.map { range in
                    let part = try slice(
                        x, axis: axis, from: .number(Int64(range.lowerBound)), to: .number(Int64(range.upperBound)))
                    return try reduced("ReduceMax", part, axes: [axis], keeps: true)
                }, axis: axis)
        }
        // Sums by a matrix of zeros and ones, exact in every type, then the lengths.
        let last = try swapping(x, axis, x.rank - 1)
        let members = (0..<size).flatMap { place in ranges.map { $0.contains(place) ? 1.0 : 0 } }
        let matrix = try reals(members, shape: [size, bins], as: x.elementType)
        let lengths = try reals(ranges.map { Double($0.count) }, shape: [bins], as: x.elementType)
        let sums = try emit("MatMul", [last, matrix], shape: last.shape.dropLast() + [.number(Int64(bins))])
        return try swapping(binary("Div", sums, lengths), axis, x.rank - 1)
    }
}
