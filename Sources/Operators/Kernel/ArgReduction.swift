import GraphIR

extension Operator {
    /// The index of the greatest or least element along an axis: the first such, or the last. NaN counts as both, as in
    /// NumPy.
    static func argReduction(_ name: String, takesLeast: Bool) -> Operator {
        Operator(name, accuracy: .exact, infer: .argReduction) { binding in
            let axis = Int(try binding.int("axis", default: 0))
            let keeps = try binding.keepsDimensions()
            let takesLast = try binding.knownFlag("select_last_index")
            return { call in
                let given = try call.input(0)
                let x = try given.widened(to: given.isHalf ? .float32 : given.elementType)
                let start = try normalized(axis: axis, rank: x.shape.count)
                var shape = x.shape
                if keeps { shape[start] = 1 } else { shape.remove(at: start) }
                guard x.shape[start] > 0 || shape.contains(0) else {
                    throw GraphError(.argument, "axis \(start) has no elements", argument: "data")
                }
                let work = ArgReductionWork(
                    call: call, x: x, axis: start, shape: shape, takesLeast: takesLeast, takesLast: takesLast)
                return [try dispatch(x.elementType, work)]
            }
        }
    }
}

private struct ArgReductionWork: NumberWork {
    let call: Call
    let x: Tensor
    let axis: Int
    let shape: [Int]
    let takesLeast: Bool
    let takesLast: Bool

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let length = x.shape[axis]
        let inner = product(x.shape[(axis + 1)...])
        return try call.make(shape, of: Int64.self) { out in
            try x.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(out.count, grain: max(1, (1 << 15) / max(length, 1))) { piece in
                    for row in piece {
                        let start = row / inner * inner * length + row % inner
                        var best = 0
                        for i in 1..<max(length, 1) {
                            let order = order(source.pointer[start + i * inner], source.pointer[start + best * inner])
                            if order > 0 || (takesLast && order == 0) { best = i }
                        }
                        target.pointer[row] = Int64(best)
                    }
                }
            }
        }
    }

    /// 1 where `a` goes before `b`, 0 where they are equal.
    @inline(__always)
    private func order<T: Number>(_ a: T, _ b: T) -> Int {
        if a.isNotANumber || b.isNotANumber {
            return (a.isNotANumber ? 1 : 0) - (b.isNotANumber ? 1 : 0)
        }
        return a == b ? 0 : (takesLeast ? a < b : a > b) ? 1 : -1
    }
}
