import GraphIR

extension Operator {
    /// Elements put before and behind along the axes (negative: taken away): a constant, the edge's, the reflection, or wrapped around.
    /// https://onnx.ai/onnx/operators/onnx__Pad.html, versions 1, 2, 11, 13, 18, 19, 21, 23, 24, 25.
    static let pad = Operator("Pad", accuracy: .exact, infer: .pad) { binding in
        let name = try binding.string("mode") ?? "constant"
        guard let mode = PadMode(rawValue: name) else {
            throw GraphError(.argument, "\"\(name)\" is none of constant, reflect, edge, wrap", argument: "mode")
        }
        let isLegacy = binding.version < 11
        let fixed = isLegacy ? try binding.ints(binding.version < 2 ? "paddings" : "pads")?.map { Int($0) } : nil
        let value = isLegacy ? try binding.float("value", default: 0) : 0
        return { call in
            let x = try call.input(0)
            guard let pads = try fixed ?? call.integers(1) else {
                throw GraphError(.argument, "the pads are required", argument: "pads")
            }
            let axes =
                try call.integers(3).map { try normalized(axes: $0, rank: x.shape.count) } ?? Array(x.shape.indices)
            guard pads.count == 2 * axes.count else {
                throw GraphError(.argument, "\(pads.count) numbers for \(axes.count) axes", argument: "pads")
            }
            let zero =
                x.elementType == .string
                ? try Tensor(strings: [[]], shape: []) : try call.converted(Tensor(scalar: value), to: x.elementType)
            let fill = call[2] ?? zero
            guard fill.count == 1 else {
                throw GraphError(.argument, "shape \(fill.shape), expected a scalar", argument: "constant_value")
            }
            var sources = x.shape.map { Array(0..<$0) as [Int?] }
            for (index, axis) in axes.enumerated() {
                sources[axis] = try mode.sources(
                    size: x.shape[axis], before: pads[index], after: pads[index + axes.count], call: call)
            }
            let shape = sources.map(\.count)
            try call.check(x.elementType, shape)
            let picked = sources
            return try call.moving([x, fill]) { [try padded($0[0], $0[1], picked, call)] }
        }
    }
}

private enum PadMode: String, Sendable {
    case constant, reflect, edge, wrap

    /// For every position along an axis the one it comes from, `nil` for the constant.
    /// - Throws: `op.argument` where sizes overflow or there is nothing to take from; `limit.memory`.
    func sources(size: Int, before: Int, after: Int, call: Call) throws -> [Int?] {
        guard let count = size.adding(checked: before)?.adding(checked: after), count >= 0, before >= -size,
            after >= -size
        else {
            throw GraphError(.argument, "\(before) and \(after) around an axis of \(size)", argument: "pads")
        }
        try call.check(.int64, [count])
        guard self == .constant || size > 0 || count == 0 else {
            throw GraphError(.argument, "an axis of size 0 has no elements to pad with", argument: "mode")
        }
        return (0..<count).map { position in
            let index = position - before
            switch self {
            case .constant: return index >= 0 && index < size ? index : nil
            case .edge: return max(0, min(size - 1, index))
            case .wrap: return ((index % size) + size) % size
            case .reflect:
                if size == 1 { return 0 }
                let period = 2 * (size - 1)
                let phase = ((index % period) + period) % period
                return phase < size ? phase : period - phase
            }
        }
    }
}

private func padded(_ x: Tensor, _ fill: Tensor, _ sources: [[Int?]], _ call: Call) throws -> Tensor {
    let width = x.elementType.bitWidth / 8
    let strides = rowMajorStrides(x.shape)
    let shape = sources.map(\.count)
    return try call.make(x.elementType, shape, as: UInt8.self) { out in
        guard let to = out.baseAddress, !out.isEmpty else { return }
        try x.withElements(UInt8.self) { values in
            try fill.withElements(UInt8.self) { fill in
                guard let fillBase = fill.baseAddress else { return }
                var index = [Int](repeating: 0, count: shape.count)
                for at in 0..<(out.count / width) {
                    var offset: Int? = 0
                    for axis in shape.indices {
                        offset = sources[axis][index[axis]].flatMap { source in
                            offset.map { $0 + source * strides[axis] }
                        }
                    }
                    let from = offset.flatMap { start in values.baseAddress.map { $0 + start * width } } ?? fillBase
                    (to + at * width).update(from: from, count: width)
                    var axis = shape.count - 1
                    while axis >= 0 {
                        index[axis] += 1
                        if index[axis] < shape[axis] { break }
                        index[axis] = 0
                        axis -= 1
                    }
                }
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let pad = InferenceRule { node in
        let isLegacy = node.binding.version < 11
        let name = node.binding.version < 2 ? "paddings" : "pads"
        let pads = isLegacy ? try node.binding.ints(name)?.map { Dimension.size($0) } : node.elements(1)
        guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
        let named = node.integers(3)
        guard let pads, named != nil || node.value(3) == nil else {
            return node.set(0, shape: .unknown(rank: shape.count))
        }
        let axes = try named.map { try normalized(axes: $0, rank: shape.count) } ?? Array(shape.indices)
        guard pads.count == 2 * axes.count else {
            throw GraphError(.argument, "\(pads.count) numbers for \(axes.count) axes", argument: "pads")
        }
        var result = shape
        for (index, axis) in axes.enumerated() {
            let (before, after) = (pads[index], pads[index + axes.count])
            if let first = before.known, let last = after.known, first.adding(checked: last) == nil {
                throw GraphError(.argument, "\(first) and \(last) around axis \(axis) are too many", argument: "pads")
            }
            result[axis] = shape[axis].plus(before.plus(after))
            guard result[axis].known ?? 0 >= 0 else {
                throw GraphError(
                    .argument, "takes more than the \(shape[axis].text) elements of axis \(axis) away", argument: "pads"
                )
            }
        }
        node.set(0, shape: result)
    }
}
