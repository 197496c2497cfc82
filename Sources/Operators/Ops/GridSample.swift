import GraphIR

extension Operator {
    /// The input read at the positions of a grid between its elements, ±1 being its edges (or its outermost elements,
    /// with `align_corners`).
    /// https://onnx.ai/onnx/operators/onnx__GridSample.html, versions 16, 20, 22; version 16 has images only, and calls
    /// linear and cubic "bilinear" and "bicubic".
    static let gridSample = Operator(
        "GridSample", accuracy: .rounding(ulps: 4),
        infer: InferenceRule { node in
            let (x, grid) = (node.shape(0), node.shape(1))
            guard let rank = x?.count ?? grid?.count else { return }
            guard rank >= 3 else { throw GraphError(.argument, "rank \(rank), expected 3 or more", argument: "X") }
            var shape = [Dimension](repeating: .unknown, count: rank)
            if let x { shape[0..<2] = x[0..<2] }
            if let grid {
                guard grid.count == rank, (grid[rank - 1].known ?? Int64(rank - 2)) == Int64(rank - 2) else {
                    throw GraphError(
                        .argument, "shape \(grid.text), expected rank \(rank) and places of \(rank - 2) coordinates",
                        argument: "grid")
                }
                shape[0] = try node.unified(shape[0], grid[0], "grid")
                shape[2...] = grid[1..<(rank - 1)]
            }
            node.set(0, shape: shape)
        }
    ) { binding in
        let rule = try GridRule(&binding)
        return { call in
            let x = try call.input(0)
            let grid = try call.input(1)
            let rank = x.shape.count - 2
            guard rank >= 1, grid.shape.count == rank + 2, grid.shape[0] == x.shape[0], grid.shape[rank + 1] == rank,
                !rule.isFirst || rank == 2
            else {
                throw GraphError(
                    .argument, "a grid of shape \(grid.shape) for an input of shape \(x.shape)", argument: "grid")
            }
            guard rank <= 6 else {
                throw GraphError(.unsupportedArgument, "\(rank) axes to sample, at most 6", argument: "grid")
            }
            let wide = try grid.widened(to: grid.isHalf ? .float32 : grid.elementType)
            return try withReal(wide.elementType) {
                [try call.sampled(x, wide, rule, Float.self)]
            } double: {
                [try call.sampled(x, wide, rule, Double.self)]
            }
        }
    }
}

private struct GridRule: Sendable {
    enum Mode: Sendable { case nearest, linear, cubic }
    enum Padding: String, Sendable { case zeros, border, reflection }

    let mode: Mode
    let padding: Padding
    let alignsCorners: Bool
    let isFirst: Bool

    init(_ binding: inout Binding) throws {
        isFirst = binding.version < 20
        let name = try binding.string("mode") ?? "linear"
        let names: [String: Mode] =
            isFirst
            ? ["nearest": .nearest, "bilinear": .linear, "bicubic": .cubic]
            : ["nearest": .nearest, "linear": .linear, "cubic": .cubic]
        guard let mode = names[name] else {
            throw GraphError(
                .argument, "\"\(name)\" is none of \(names.keys.sorted().joined(separator: ", "))", argument: "mode")
        }
        self.mode = mode
        let text = try binding.string("padding_mode") ?? "zeros"
        guard let padding = Padding(rawValue: text) else {
            throw GraphError(.argument, "\"\(text)\" is none of zeros, border, reflection", argument: "padding_mode")
        }
        self.padding = padding
        alignsCorners = try binding.flag("align_corners")
    }

    /// The elements along an axis that a coordinate of -1...1 is made of, with their weights; none outside.
    func taps<T: Real>(_ coordinate: T, _ size: Int, _ taps: inout [(place: Int, weight: Double)]) {
        taps.removeAll(keepingCapacity: true)
        let length = T(size)
        var x = alignsCorners ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2
        if mode == .nearest { x.round(.toNearestOrEven) }
        let (least, greatest): (T, T) = alignsCorners ? (0, length - 1) : (-0.5, length - 0.5)
        if !(x >= least && x <= greatest) {
            switch padding {
            case .zeros: if !(x > -3 && x < length + 3) { return }
            case .border: x = Swift.min(Swift.max(x, 0), length - 1)
            case .reflection: x = reflected(x, least, greatest)
            }
            if x.isNaN { x = 0 }
        }
        if mode == .nearest { return add(Int(x), 1, size, &taps) }
        let down = x.rounded(.down)
        let ratio = Double(x - down)
        let first = Int(down)
        if mode == .linear {
            add(first, 1 - ratio, size, &taps)
            return add(first + 1, ratio, size, &taps)
        }
        for step in -1...2 { add(first + step, cubicWeight(Double(step) - ratio), size, &taps) }
    }

    private func add(_ place: Int, _ weight: Double, _ size: Int, _ taps: inout [(place: Int, weight: Double)]) {
        switch padding {
        case _ where (0..<size).contains(place): taps.append((place, weight))
        case .zeros: return
        case .border: taps.append((Swift.min(Swift.max(place, 0), size - 1), weight))
        case .reflection:
            let (least, greatest) = alignsCorners ? (0.0, Double(size - 1)) : (-0.5, Double(size) - 0.5)
            let place = reflected(Double(place), least, greatest)
            taps.append((Swift.min(Swift.max(place.isNaN ? 0 : Int(place), 0), size - 1), weight))
        }
    }

    /// Thrown back at both ends as often as needed.
    private func reflected<T: Real>(_ x: T, _ least: T, _ greatest: T) -> T {
        let range = greatest - least
        if x >= least && x <= greatest { return x }
        guard range > 0 else { return least }
        let beyond = x < least ? least - x : x - greatest
        let rest = beyond.truncatingRemainder(dividingBy: range)
        let turns = ((beyond - rest) / range).truncatingRemainder(dividingBy: 2)
        return (x < least) == (turns == 0) ? least + rest : greatest - rest
    }

    /// The cubic convolution of Keys, 1981, with a = -0.75.
    private func cubicWeight(_ distance: Double) -> Double {
        let (d, a) = (distance.magnitude, -0.75)
        return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((d - 5) * d + 8) * d * a - 4 * a
    }
}

extension Call {
    /// - Parameter G: the grid's type, in which positions are computed.
    fileprivate func sampled<G: Real>(_ x: Tensor, _ grid: Tensor, _ rule: GridRule, _: G.Type) throws -> Tensor {
        let rank = x.shape.count - 2
        let shape = Array(x.shape[..<2] + grid.shape[1...rank])
        try check(x.elementType, shape)
        guard rule.padding == .zeros || !x.shape[2...].contains(0) || shape.contains(0) else {
            throw GraphError(.argument, "shape \(x.shape) has no elements to pad with", argument: "padding_mode")
        }
        if rule.mode == .nearest { return try picked(x, grid, shape, rule, G.self) }
        if let type = x.partType {
            // Real and imaginary parts are channels of their own meanwhile.
            let (batch, channels, space) = (x.shape[0], x.shape[1], Array(x.shape[2...]))
            let area = product(space)
            let planes = try rearranged(
                x.parts(type), as: [batch, channels, area, 2], axes: [0, 1, 3, 2],
                result: [batch, 2 * channels] + space)
            let result = try sampled(planes, grid, rule, G.self)
            let points = product(shape[2...])
            return try rearranged(
                result, as: [batch, channels, 2, points], axes: [0, 1, 3, 2], result: shape + [2]
            ).joined(as: x.elementType)
        }
        guard x.elementType != .string else {
            throw GraphError(
                .unsupportedArgument, "strings can't be weighted", argument: "mode", hint: "nearest takes any type")
        }
        let wide = try converted(x, to: .float64)
        let result = try make(shape, of: Double.self) { out in
            if out.isEmpty { return }
            try wide.withElements(Double.self) { values in
                try points(x.shape, grid, rule, G.self) { sample, position, channels, places in
                    for channel in channels {
                        var sum = 0.0
                        for (place, weight) in places { sum += weight * values[channel * sample.size + place] }
                        out[channel * sample.count + position] = sum
                    }
                }
            }
        }
        return try converted(result, to: x.elementType)
    }

    private func picked<G: Real>(
        _ x: Tensor, _ grid: Tensor, _ shape: [Int], _ rule: GridRule, _: G.Type
    ) throws -> Tensor {
        let moved = try moving([x, zero(of: x.elementType)]) { tensors in
            let width = tensors[0].elementType.bitWidth / 8
            let result = try make(tensors[0].elementType, shape, as: UInt8.self) { out in
                try tensors[0].withElements(UInt8.self) { values in
                    try tensors[1].withElements(UInt8.self) { zero in
                        guard let to = out.baseAddress, let zero = zero.baseAddress, !out.isEmpty else { return }
                        try points(x.shape, grid, rule, G.self) { sample, position, channels, places in
                            for channel in channels {
                                let target = to + (channel * sample.count + position) * width
                                let from = places.first.flatMap { tap in
                                    values.baseAddress.map { $0 + (channel * sample.size + tap.place) * width }
                                }
                                target.update(from: from ?? zero, count: width)
                            }
                        }
                    }
                }
            }
            return [result]
        }
        return moved.first ?? x
    }

    /// Calls `body` with each point of the grid: its position, the planes it is read from, and places and weights.
    private func points<G: Real>(
        _ shape: [Int], _ grid: Tensor, _ rule: GridRule, _: G.Type,
        _ body: (
            _ sample: (size: Int, count: Int), _ position: Int, _ channels: Range<Int>,
            _ places: [(place: Int, weight: Double)]
        ) -> Void
    ) throws {
        let size = Array(shape[2...])
        let rank = size.count
        let strides = rowMajorStrides(size)
        let count = product(grid.shape[1...rank])
        let sample = (size: product(size), count: count)
        try grid.withElements(G.self) { coordinates in
            var taps: [(place: Int, weight: Double)] = []
            var places: [(place: Int, weight: Double)] = []
            var wider: [(place: Int, weight: Double)] = []
            for point in 0..<(shape[0] * count) {
                if point % 1024 == 0 { try checkTime() }
                places.removeAll(keepingCapacity: true)
                places.append((0, 1))
                for axis in 0..<rank {
                    // The grid names the innermost axis first.
                    rule.taps(coordinates[point * rank + rank - 1 - axis], size[axis], &taps)
                    wider.removeAll(keepingCapacity: true)
                    for (place, weight) in places {
                        for tap in taps { wider.append((place + tap.place * strides[axis], weight * tap.weight)) }
                    }
                    swap(&places, &wider)
                }
                let batch = point / count
                body(sample, point % count, (batch * shape[1])..<((batch + 1) * shape[1]), places)
            }
        }
    }
}
