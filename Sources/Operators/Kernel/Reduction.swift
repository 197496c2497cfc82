import GraphIR

enum ReductionFunction: Sendable {
    case sum, mean, maximum, minimum, product, sumOfSquares, sumOfMagnitudes, norm, logarithmOfSum
    case logarithmOfSumOfExponentials
}

extension Operator {
    /// A reduction over the axes that an attribute or, in newer versions, an input names; over all where none does.
    static func reduction(_ name: String, _ function: ReductionFunction, axesAreInputSince: Int64) -> Operator {
        let isExact = function == .maximum || function == .minimum
        return Operator(
            name, accuracy: isExact ? .exact : .accumulating, infer: .reduction(axesAreInputSince: axesAreInputSince)
        ) { binding in
            let fixed = binding.version < axesAreInputSince ? try binding.ints("axes")?.map { Int($0) } : nil
            let keeps = try binding.keepsDimensions()
            let emptyMeansNone = try binding.knownFlag("noop_with_empty_axes")
            return roundingOnce { call in
                let x = try call.input(0)
                let named = try fixed ?? call.integers(1) ?? []
                let axes =
                    named.isEmpty && !emptyMeansNone
                    ? Array(x.shape.indices) : try normalized(axes: named, rank: x.shape.count)
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
        let (outer, outerSteps) = collapsed(kept.map { x.shape[$0] }, [kept.map { strides[$0] }])
        let outerStrides = rowMajorStrides(outer)
        return try call.make(x.elementType, shape, as: T.self) { out in
            if out.isEmpty { return }
            try x.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(out.count, grain: max(1, (1 << 15) / max(count, 1))) { piece in
                    for at in piece {
                        var start = 0
                        for axis in outer.indices {
                            start += at / outerStrides[axis] % outer[axis] * outerSteps[0][axis]
                        }
                        let result = fold(source.pointer, start, dims, steps[0], count)
                        target.pointer[at] = x.elementType == .bool && result != .zero ? T(saturating: 1) : result
                    }
                }
            }
        }
    }

    /// Sums of floating-point numbers are in double, those of integers wrap.
    private func fold<T: Number>(
        _ values: UnsafeBufferPointer<T>, _ start: Int, _ dims: [Int], _ strides: [Int], _ count: Int
    ) -> T {
        switch function {
        case .maximum:
            return accumulate(T.lowest, values, start, dims, strides) { $1 > $0 || $1.isNotANumber ? $1 : $0 }
        case .minimum:
            return accumulate(T.highest, values, start, dims, strides) { $1 < $0 || $1.isNotANumber ? $1 : $0 }
        case .product where T.isInteger:
            return accumulate(T(saturating: 1), values, start, dims, strides) { T.product($0, $1) }
        case .product:
            return T(saturating: accumulate(1.0, values, start, dims, strides) { $0 * $1.double })
        case .sum where T.isInteger:
            return accumulate(T.zero, values, start, dims, strides) { T.sum($0, $1) }
        case .sumOfMagnitudes where T.isInteger:
            return accumulate(T.zero, values, start, dims, strides) {
                $1 < .zero ? T.difference($0, $1) : T.sum($0, $1)
            }
        case .sumOfSquares where T.isInteger:
            return accumulate(T.zero, values, start, dims, strides) { T.sum($0, T.product($1, $1)) }
        case .sum:
            return T(saturating: sum(values, start, dims, strides))
        case .mean where T.isInteger:
            let sum = accumulate(T.zero, values, start, dims, strides) { T.sum($0, $1) }
            return T(saturating: sum.double / Double(count))
        case .mean:
            return T(saturating: sum(values, start, dims, strides) / Double(count))
        case .logarithmOfSum:
            return T(saturating: Double.logarithm(sum(values, start, dims, strides)))
        case .sumOfMagnitudes:
            return T(saturating: accumulate(0.0, values, start, dims, strides) { $0 + $1.double.magnitude })
        case .sumOfSquares:
            return T(saturating: accumulate(0.0, values, start, dims, strides) { $0 + $1.double * $1.double })
        case .norm:
            let sum = accumulate(0.0, values, start, dims, strides) { $0 + $1.double * $1.double }
            return T(saturating: sum.squareRoot())
        case .logarithmOfSumOfExponentials:
            let greatest = accumulate(-Double.infinity, values, start, dims, strides) {
                $1.double > $0 || $1.isNotANumber ? $1.double : $0
            }
            guard greatest.isFinite else { return T(saturating: greatest) }
            let sum = accumulate(0.0, values, start, dims, strides) { $0 + Double.exponential($1.double - greatest) }
            return T(saturating: greatest + Double.logarithm(sum))
        }
    }

    private func sum<T: Number>(
        _ values: UnsafeBufferPointer<T>, _ start: Int, _ dims: [Int], _ strides: [Int]
    ) -> Double {
        accumulate(0.0, values, start, dims, strides) { $0 + $1.double }
    }

    @inline(__always)
    private func accumulate<T: Number, Sum>(
        _ initial: Sum, _ values: UnsafeBufferPointer<T>, _ start: Int, _ dims: [Int], _ strides: [Int],
        _ add: (Sum, T) -> Sum
    ) -> Sum {
        let length = dims.last ?? 1
        let step = strides.last ?? 1
        var result = initial
        if dims.count <= 1 {
            for i in 0..<length { result = add(result, values[start + i * step]) }
            return result
        }
        forEachRow(dims, [strides]) { offset in
            var at = start + offset[0]
            for _ in 0..<length {
                result = add(result, values[at])
                at += step
            }
        }
        return result
    }
}
