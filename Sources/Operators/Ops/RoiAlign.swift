import GraphIR

extension Operator {
    /// The mean (or maximum) of samples between the pixels, in a grid over each region of interest.
    /// https://onnx.ai/onnx/operators/onnx__RoiAlign.html, versions 10, 16, 22; before 16 coordinates aren't shifted by
    /// half a pixel.
    ///
    /// The maximum is that of the samples' weighted pixels, not of their sums: ONNX's reference implementation has it so.
    static let roiAlign = Operator(
        "RoiAlign", accuracy: .rounding(ulps: 4),
        infer: InferenceRule { node in
            let height = try node.binding.int("output_height", default: 1)
            let width = try node.binding.int("output_width", default: 1)
            var letters = DimensionLetters()
            try letters.match(node, 0, "N C H W", "X")
            try letters.match(node, 1, "R 4", "rois")
            try letters.match(node, 2, "R", "batch_indices")
            guard height >= 0, width >= 0 else {
                throw GraphError(.argument, "\(height) × \(width) is no size", argument: "output_height, output_width")
            }
            node.set(0, shape: [letters["R"], letters["C"], .size(height), .size(width)])
        }
    ) { binding in
        let rule = try RegionRule(&binding)
        return roundingOnce { call in
            let x = try call.input(0)
            return try withReal(x.elementType) {
                [try call.pooled(rule, Float.self)]
            } double: {
                [try call.pooled(rule, Double.self)]
            }
        }
    }
}

private struct RegionRule: Sendable {
    let isMaximum: Bool
    let isShifted: Bool
    let height: Int
    let width: Int
    let samples: Int
    let scale: Double

    init(_ binding: inout Binding) throws {
        func choice(_ name: String, _ first: String, _ second: String, fallback: String) throws -> Bool {
            let text = try binding.string(name) ?? fallback
            guard text == first || text == second else {
                throw GraphError(.argument, "\"\(text)\" is none of \(first), \(second)", argument: name)
            }
            return text == second
        }
        isMaximum = try choice("mode", "avg", "max", fallback: "avg")
        isShifted =
            binding.version >= 16
            ? try choice(
                "coordinate_transformation_mode", "output_half_pixel", "half_pixel", fallback: "half_pixel") : false
        height = Int(try binding.int("output_height", default: 1))
        width = Int(try binding.int("output_width", default: 1))
        samples = Int(try binding.int("sampling_ratio", default: 0))
        scale = try binding.real("spatial_scale", default: 1)
        guard height >= 0, width >= 0, samples >= 0, samples < 1 << 20 else {
            throw GraphError(.argument, "\(height) × \(width) of \(samples) samples", argument: "output_height")
        }
    }
}

/// Samples along one axis of a region: between which two pixels each lies, and their weights.
private struct Samples {
    /// Samples in each position of the output.
    var perBin = 0
    var low: [Int] = []
    var high: [Int] = []
    var weight: [(low: Double, high: Double)] = []

    /// - Throws: `op.argument` where the region isn't finite or too large, `limit.memory`.
    init<T: Real>(
        from start: T, to end: T, bins: Int, size: Int, _ rule: RegionRule, _ call: Call
    ) throws {
        var length = end - start
        if !rule.isShifted { length = Swift.max(length, 1) }
        let bin = length / T(Swift.max(bins, 1))
        guard start.isFinite, length.isFinite, bin < 0x1p31 else {
            throw GraphError(.argument, "a region from \(start) to \(end)", argument: "rois")
        }
        perBin = rule.samples > 0 ? rule.samples : Swift.max(Int(bin.rounded(.up)), 0)
        guard let count = perBin.multiplied(checked: bins) else {
            throw GraphError(.argument, "\(bins) × \(perBin) samples", argument: "sampling_ratio")
        }
        try call.check(.int64, [count, 4])
        for index in 0..<count {
            let (position, sample) = (T(index / perBin), T(index % perBin) + 0.5)
            var place = start + position * bin + sample * bin / T(perBin)
            if place < -1 || place > T(size) || size == 0 {
                low.append(0)
                high.append(0)
                weight.append((0, 0))
                continue
            }
            place = Swift.max(place, 0)
            let first = Swift.min(Int(place), size - 1)
            let second = Swift.min(first + 1, size - 1)
            let part = first == second ? 0 : place - T(first)
            low.append(first)
            high.append(second)
            weight.append((Double(1 - part), Double(part)))
        }
    }
}

extension Call {
    fileprivate func pooled<T: Real>(_ rule: RegionRule, _: T.Type) throws -> Tensor {
        let x = try input(0)
        let regions = try input(1)
        let batches = try indices(2)
        try requireType(x.elementType, regions)
        guard x.shape.count == 4, regions.shape.count == 2, regions.shape[1] == 4, batches.count == regions.shape[0]
        else {
            throw GraphError(
                .argument,
                "shapes \(x.shape), \(regions.shape) and \(batches.count) batch indices, expected [N, C, H, "
                    + "W], [R, 4] and R", argument: "rois")
        }
        for batch in batches where !(0..<x.shape[0]).contains(batch) {
            throw GraphError(.argument, "batch \(batch) of \(x.shape[0])", argument: "batch_indices")
        }
        let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
        return try make([batches.count, channels, rule.height, rule.width], of: T.self) { out in
            if out.isEmpty { return }
            try x.withElements(T.self) { values in
                try regions.withElements(T.self) { corners in
                    let shift: T = rule.isShifted ? 0.5 : 0
                    for (region, batch) in batches.enumerated() {
                        let corner = (0..<4).map { corners[region * 4 + $0] * T(rule.scale) - shift }
                        let columns = try Samples(
                            from: corner[0], to: corner[2], bins: rule.width, size: width, rule, self)
                        let rows = try Samples(
                            from: corner[1], to: corner[3], bins: rule.height, size: height, rule, self)
                        let (source, target) = (Shared(values), Shared(out))
                        try inParallel(channels, grain: 1) { piece in
                            for channel in piece {
                                let plane = (batch * channels + channel) * height * width
                                let start = (region * channels + channel) * rule.height * rule.width
                                for bin in 0..<(rule.height * rule.width) {
                                    target.pointer[start + bin] = T(
                                        try pool(source.pointer, plane, width, bin, rows, columns, rule))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// One position of the output.
    private func pool<T: Real>(
        _ values: UnsafeBufferPointer<T>, _ plane: Int, _ width: Int, _ bin: Int, _ rows: Samples, _ columns: Samples,
        _ rule: RegionRule
    ) throws -> Double {
        var sum = 0.0
        var greatest: Double?
        for row in (bin / rule.width * rows.perBin)..<((bin / rule.width + 1) * rows.perBin) {
            try checkTime()
            let (top, bottom) = (plane + rows.low[row] * width, plane + rows.high[row] * width)
            let vertical = rows.weight[row]
            for column in (bin % rule.width * columns.perBin)..<((bin % rule.width + 1) * columns.perBin) {
                let horizontal = columns.weight[column]
                let (left, right) = (columns.low[column], columns.high[column])
                // Outside of the map all four weights are zero, whatever lies there.
                if vertical.low + vertical.high == 0 || horizontal.low + horizontal.high == 0 {
                    greatest = Swift.max(greatest ?? 0, 0)
                    continue
                }
                let parts = (
                    vertical.low * horizontal.low * Double(values[top + left]),
                    vertical.low * horizontal.high * Double(values[top + right]),
                    vertical.high * horizontal.low * Double(values[bottom + left]),
                    vertical.high * horizontal.high * Double(values[bottom + right])
                )
                sum += parts.0 + parts.1 + parts.2 + parts.3
                let most = Swift.max(Swift.max(parts.0, parts.1), Swift.max(parts.2, parts.3))
                greatest = Swift.max(greatest ?? most, most)
            }
        }
        return rule.isMaximum ? greatest ?? 0 : sum / Double(Swift.max(rows.perBin * columns.perBin, 1))
    }
}
