import GraphIR

extension Operator {
    /// The greatest elements of the bins that each region of interest is cut into; 0 for bins outside of the input.
    /// https://onnx.ai/onnx/operators/onnx__MaxRoiPool.html, versions 1, 22.
    ///
    /// As in Fast R-CNN (https://arxiv.org/abs/1504.08083): scaled corners are rounded, half away from zero, both belong
    /// to the region, and bins overlap where they don't divide it.
    static let maxRoiPool = Operator("MaxRoiPool", accuracy: .exact, infer: maxRoiPoolRule) { binding in
        let scale = try binding.float("spatial_scale", default: 1)
        let pooled = try binding.ints("pooled_shape")?.map { Int($0) } ?? []
        guard pooled.count == 2, pooled.allSatisfy({ (1...Window.largest).contains($0) }) else {
            throw GraphError(.argument, "\(pooled), expected height and width", argument: "pooled_shape")
        }
        return roundingOnce { call in
            let x = try call.input(0)
            let regions = try call.input(1)
            try requireType(x.elementType, regions)
            guard x.shape.count == 4, regions.shape.count == 2, regions.shape[1] == 5 else {
                throw GraphError(
                    .argument, "shapes \(x.shape) and \(regions.shape), expected NCHW and rows of 5", argument: "rois")
            }
            return [
                try withReal(x.elementType) {
                    try pooledRegions(call, x, regions, pooled, Float(scale))
                } double: {
                    try pooledRegions(call, x, regions, pooled, Double(scale))
                }
            ]
        }
    }

    private static let maxRoiPoolRule = InferenceRule { node in
        let pooled = try node.binding.ints("pooled_shape") ?? []
        guard pooled.count == 2, pooled.allSatisfy({ $0 > 0 }) else {
            throw GraphError(.argument, "\(pooled), expected height and width", argument: "pooled_shape")
        }
        var letters = DimensionLetters()
        try letters.match(node, 0, "N C H W", "X")
        try letters.match(node, 1, "R 5", "rois")
        node.set(0, shape: [letters["R"], letters["C"]] + pooled.map { .size($0) })
    }
}

private func pooledRegions<T: Real>(
    _ call: Call, _ x: Tensor, _ regions: Tensor, _ pooled: [Int], _ scale: T
) throws -> Tensor {
    let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let corners = try regions.array(of: T.self)
    /// Where the bins of one axis begin and end, cut to the input.
    @Sendable func bins(_ first: T, _ last: T, count: Int, size: Int) throws -> [Range<Int>] {
        let start = (first * scale).rounded(.toNearestOrAwayFromZero)
        let end = (last * scale).rounded(.toNearestOrAwayFromZero)
        guard start.magnitude < 0x1p30, end.magnitude < 0x1p30 else {
            throw GraphError(.argument, "a corner at \(first) or \(last)", argument: "rois")
        }
        let step = max(end - start + 1, 1) / T(count)
        return (0..<count).map { bin in
            let from = Int((T(bin) * step).rounded(.down)) + Int(start)
            let to = Int((T(bin + 1) * step).rounded(.up)) + Int(start)
            let low = min(max(from, 0), size)
            return low..<max(min(max(to, 0), size), low)
        }
    }
    let shape = [regions.shape[0], channels] + pooled
    return try call.make(shape, of: T.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            let (source, target) = (Shared(values), Shared(out))
            try inParallel(regions.shape[0], grain: 1) { piece in
                for region in piece {
                    guard let image = Int(exactly: corners[region * 5]), image >= 0, image < batch else {
                        throw GraphError(
                            .argument, "image \(corners[region * 5]) is outside of 0..<\(batch)", argument: "rois")
                    }
                    let columns = try bins(
                        corners[region * 5 + 1], corners[region * 5 + 3], count: pooled[1], size: width)
                    let rows = try bins(
                        corners[region * 5 + 2], corners[region * 5 + 4], count: pooled[0], size: height)
                    for channel in 0..<channels {
                        try call.checkTime()
                        let plane = (image * channels + channel) * height * width
                        var at = (region * channels + channel) * pooled[0] * pooled[1]
                        for row in rows {
                            for column in columns {
                                var best: T = row.isEmpty || column.isEmpty ? 0 : -.infinity
                                for y in row {
                                    for place in column {
                                        let value = source.pointer[plane + y * width + place]
                                        if value > best || value.isNaN { best = value }
                                    }
                                }
                                target.pointer[at] = best
                                at += 1
                            }
                        }
                    }
                }
            }
        }
    }
}
