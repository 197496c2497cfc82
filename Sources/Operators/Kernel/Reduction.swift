import GraphIR

enum ReductionFunction: Sendable { case sum, mean, maximum }

extension Operator {
    /// A reduction over the axes that an attribute or, in newer versions, an input names; over all where none does.
    static func reduction(_ name: String, _ function: ReductionFunction, axesAreInputSince: Int64) -> Operator {
        Operator(
            name, accuracy: function == .maximum ? .exact : .accumulating,
            infer: .reduction(axesAreInputSince: axesAreInputSince)
        ) { binding in
            let fixed = binding.version < axesAreInputSince ? try binding.ints("axes")?.map { Int($0) } : nil
            let keeps = try binding.flag("keepdims", default: true)
            let emptyMeansNone = try binding.flag("noop_with_empty_axes")
            return roundingOnce { call in
                let x = try call.input(0)
                let named = try fixed ?? call.integers(1) ?? []
                if named.isEmpty && emptyMeansNone { return [x] }
                let axes = try named.isEmpty ? Array(x.shape.indices) : normalized(axes: named, rank: x.shape.count)
                return [try call.reduced(x, over: axes, keepsAxes: keeps, function)]
            }
        }
    }
}

extension Call {
    /// The tensor with some axes (counted from 0, each once) folded up.
    func reduced(_ x: Tensor, over axes: [Int], keepsAxes: Bool, _ function: ReductionFunction) throws -> Tensor {
        let work = ReductionWork(call: self, x: x, axes: Set(axes), keepsAxes: keepsAxes, function: function)
        return try dispatch(x.elementType, work)
    }
}

private struct ReductionWork: NumberWork {
    let call: Call
    let x: Tensor
    let axes: Set<Int>
    let keepsAxes: Bool
    let function: ReductionFunction

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let strides = rowMajorStrides(x.shape)
        let kept = x.shape.indices.filter { !axes.contains($0) }
        let folded = x.shape.indices.filter { axes.contains($0) }
        let shape =
            keepsAxes
            ? x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] } : kept.map { x.shape[$0] }
        let (dims, steps) = collapsed(folded.map { x.shape[$0] }, [folded.map { strides[$0] }])
        let count = product(folded.map { x.shape[$0] })
        let outer = kept.map { x.shape[$0] } + [1]
        let outerStrides = kept.map { strides[$0] } + [0]
        return try call.make(x.elementType, shape, as: T.self) { out in
            if out.isEmpty { return }
            try x.withElements(T.self) { values in
                var at = 0
                forEachRow(outer, [outerStrides]) { offset in
                    out[at] = fold(values, offset[0], dims, steps[0], count)
                    at += 1
                }
            }
        }
    }

    private func fold<T: Number>(
        _ values: UnsafeBufferPointer<T>, _ start: Int, _ dims: [Int], _ strides: [Int], _ count: Int
    ) -> T {
        let length = dims.last ?? 1
        let step = strides.last ?? 1
        var greatest = T.lowest
        var sum = 0.0
        var integerSum = T.zero
        forEachRow(dims, [strides]) { offset in
            var at = start + offset[0]
            switch function {
            case .maximum:
                for _ in 0..<length {
                    if values[at] > greatest || values[at].isNotANumber { greatest = values[at] }
                    at += step
                }
            case .sum, .mean:
                for _ in 0..<length {
                    if T.isInteger { integerSum = T.sum(integerSum, values[at]) } else { sum += values[at].double }
                    at += step
                }
            }
        }
        switch function {
        case .maximum: return greatest
        case .sum: return T.isInteger ? integerSum : T(saturating: sum)
        case .mean: return T(saturating: (T.isInteger ? integerSum.double : sum) / Double(count))
        }
    }
}
