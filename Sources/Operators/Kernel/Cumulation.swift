import GraphIR

extension Operator {
    /// Sums or products of all elements up to each along an axis. Accumulated in double; integers wrap.
    static func cumulation(_ name: String, isProduct: Bool) -> Operator {
        Operator(name, accuracy: .accumulating, infer: .sameShape) { binding in
            let excludesSelf = try binding.flag("exclusive")
            let isReversed = try binding.flag("reverse")
            return roundingOnce { call in
                let x = try call.input(0)
                guard let axis = try call.integer(1, "axis") else {
                    throw GraphError(.argument, "the input is required", argument: "axis")
                }
                let work = CumulationWork(
                    call: call, x: x, axis: try normalized(axis: axis, rank: x.shape.count), isProduct: isProduct,
                    excludesSelf: excludesSelf, isReversed: isReversed)
                return [try dispatch(x.elementType, work)]
            }
        }
    }
}

private struct CumulationWork: NumberWork {
    let call: Call
    let x: Tensor
    let axis: Int
    let isProduct: Bool
    let excludesSelf: Bool
    let isReversed: Bool

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let one = T(saturating: 1)
        return switch (T.isInteger, isProduct) {
        case (true, false): try run(T.zero, { T.sum($0, $1) }, { $0 })
        case (true, true): try run(one, { T.product($0, $1) }, { $0 })
        case (false, false): try run(0.0, { (sum: Double, value: T) in sum + value.double }, { T(saturating: $0) })
        case (false, true): try run(1.0, { (sum: Double, value: T) in sum * value.double }, { T(saturating: $0) })
        }
    }

    private func run<T: Number, Sum>(
        _ initial: Sum, _ add: @Sendable (Sum, T) -> Sum, _ finish: @Sendable (Sum) -> T
    ) throws -> Tensor where Sum: Sendable {
        let length = x.shape[axis]
        let inner = product(x.shape[(axis + 1)...])
        return try call.make(x.elementType, x.shape, as: T.self) { out in
            if out.isEmpty { return }
            try x.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(out.count / length, grain: max(1, (1 << 15) / length)) { piece in
                    for line in piece {
                        let start = line / inner * inner * length + line % inner
                        var sum = initial
                        for i in 0..<length {
                            let at = start + (isReversed ? length - 1 - i : i) * inner
                            let next = add(sum, source.pointer[at])
                            target.pointer[at] = finish(excludesSelf ? sum : next)
                            sum = next
                        }
                    }
                }
            }
        }
    }
}
