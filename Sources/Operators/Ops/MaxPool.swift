import GraphIR

extension Operator {
    /// The greatest element under a sliding window, and where it was. Padding counts as −∞.
    /// https://onnx.ai/onnx/operators/onnx__MaxPool.html, versions 1, 8, 10, 11, 12 (int8 and uint8 too), 22.
    static let maxPool = Operator("MaxPool", accuracy: .exact, infer: .pooling) { binding in
        var attributes = try WindowAttributes(&binding)
        attributes.ceilMode = try binding.flag("ceil_mode")
        let isColumnMajor = try binding.flag("storage_order")
        let wantsIndices = binding.outputs.count > 1 && binding.outputs[1]
        let settings = attributes
        return roundingOnce(keeping: [1]) { call in
            let x = try call.input(0)
            let plan = try settings.plan(over: x, call)
            return try dispatch(
                x.elementType,
                MaxPoolWork(call: call, x: x, plan: plan, wantsIndices: wantsIndices, isColumnMajor: isColumnMajor))
        }
    }
}

private struct MaxPoolWork: NumberWork {
    let call: Call
    let x: Tensor
    let plan: PoolingPlan
    let wantsIndices: Bool
    let isColumnMajor: Bool

    func run<T: Number>(_: T.Type) throws -> [Tensor?] {
        var places: Tensor?
        let result = try call.make(x.elementType, plan.shape(over: x), as: T.self) { out in
            try x.withElements(T.self) { values in
                if !wantsIndices { return try greatest(of: values, into: out) }
                places = try call.make(plan.shape(over: x), of: Int64.self) { places in
                    try greatest(of: values, into: out, places)
                }
            }
        }
        return [result, places]
    }

    private func greatest<T: Number>(
        of values: UnsafeBufferPointer<T>, into out: UnsafeMutableBufferPointer<T>
    ) throws {
        guard let from = values.baseAddress, let to = out.baseAddress, !out.isEmpty else {
            return out.update(repeating: .lowest)
        }
        let (source, target, step) = (Shared(from), Shared(to), plan.step)
        try plan.forEachRow(call, planes: x.shape[0] * x.shape[1]) { plane, row, starts in
            let best = target.pointer + (plane * plan.rows + row) * plan.width
            best.update(repeating: .lowest, count: plan.width)
            for start in starts {
                for tap in plan.taps {
                    let base = plane * plan.area + start + tap.shift
                    for column in tap.columns {
                        let value = source.pointer[base &+ column &* step]
                        if value > best[column] || value.isNotANumber { best[column] = value }
                    }
                }
            }
        }
    }

    private func greatest<T: Number>(
        of values: UnsafeBufferPointer<T>, into out: UnsafeMutableBufferPointer<T>,
        _ places: UnsafeMutableBufferPointer<Int64>
    ) throws {
        let (source, target, found) = (Shared(values), Shared(out), Shared(places))
        try plan.forEachRow(call, planes: x.shape[0] * x.shape[1]) { plane, row, starts in
            let first = (plane * plan.rows + row) * plan.width
            for column in first..<(first + plan.width) {
                target.pointer[column] = .lowest
                found.pointer[column] = -1
            }
            for start in starts {
                for tap in plan.taps {
                    for column in tap.columns {
                        let place = start + column * plan.step + tap.shift
                        let value = source.pointer[plane * plan.area + place]
                        let isBest = value > target.pointer[first + column] || value.isNotANumber
                        guard isBest || found.pointer[first + column] < 0 else { continue }
                        target.pointer[first + column] = value
                        found.pointer[first + column] = Int64(place)
                    }
                }
            }
            for column in first..<(first + plan.width) {
                // A window that lies on padding alone has no greatest element; it points to the first.
                let place = Swift.max(Int(found.pointer[column]), 0)
                let local = isColumnMajor ? plan.window.columnMajor(place) : place
                found.pointer[column] = Int64(plane * plan.area + local)
            }
        }
    }
}

extension Window {
    /// The offset of an input position when the first spatial axis runs fastest.
    fileprivate func columnMajor(_ offset: Int) -> Int {
        var rest = offset
        var result = 0
        for (axis, stride) in rowMajorStrides(input).enumerated() {
            let index = rest / stride
            rest -= index * stride
            result += index * product(input.prefix(axis))
        }
        return result
    }
}
