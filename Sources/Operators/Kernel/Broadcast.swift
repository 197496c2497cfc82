import GraphIR

/// Elementwise functions of several tensors that broadcast against each other.
extension Call {
    /// `f` of every pair of elements.
    func zipped<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
        _ a: Tensor, _ b: Tensor, to type: ElementType, _ f: (A, B) throws -> R
    ) throws -> Tensor {
        let shape = try broadcastShape([a.shape, b.shape])
        let (dims, strides) = collapsed(
            shape, [broadcastStrides(a.shape, to: shape), broadcastStrides(b.shape, to: shape)])
        let length = dims.last ?? 1
        let stepA = strides[0].last ?? 0
        let stepB = strides[1].last ?? 0
        return try make(type, shape, as: R.self, clears: false) { out in
            if out.isEmpty { return }
            try a.withElements(A.self) { left in
                try b.withElements(B.self) { right in
                    var at = 0
                    var untimed = 0
                    try forEachRow(dims, strides) { offsets in
                        var i = offsets[0]
                        var j = offsets[1]
                        var rest = length
                        while rest > 0 {
                            let count = min(rest, ParallelLimits.untimed)
                            untimed += count
                            if untimed >= ParallelLimits.untimed {
                                try checkTime()
                                untimed = 0
                            }
                            for _ in 0..<count {
                                out[at] = try f(left[i], right[j])
                                at += 1
                                i += stepA
                                j += stepB
                            }
                            rest -= count
                        }
                    }
                }
            }
        }
    }

    /// One of the four arithmetic operations on floating-point tensors; `op` as in `wb_binary_f32`.
    func arithmetic<T: Real>(_ op: Int32, _ a: Tensor, _ b: Tensor, _: T.Type) throws -> Tensor {
        let shape = try broadcastShape([a.shape, b.shape])
        let (dims, strides) = collapsed(
            shape, [broadcastStrides(a.shape, to: shape), broadcastStrides(b.shape, to: shape)])
        let length = dims.last ?? 1
        let stepA = Int32(strides[0].last ?? 0)
        let stepB = Int32(strides[1].last ?? 0)
        return try make(shape, of: T.self, clears: false) { out in
            guard let target = out.baseAddress, !out.isEmpty else { return }
            try a.withElements(T.self) { left in
                try b.withElements(T.self) { right in
                    guard let left = left.baseAddress, let right = right.baseAddress else { return }
                    let (l, r, o) = (Shared(left), Shared(right), Shared(target))
                    if dims.count <= 1 {
                        return try inParallel(length, grain: ParallelLimits.elements) { piece in
                            try timed(piece) { part in
                                let start = part.lowerBound
                                T.binary(
                                    op, l.pointer + start * Int(stepA), stepA, r.pointer + start * Int(stepB), stepB,
                                    o.pointer + start, part.count)
                            }
                        }
                    }
                    let grain = max(1, ParallelLimits.elements / max(length, 1))
                    try inParallel(out.count / max(length, 1), grain: grain) { piece in
                        try timed(piece, by: max(1, ParallelLimits.untimed / max(length, 1))) { part in
                            var at = part.lowerBound * length
                            forEachRow(dims, strides, in: part) { offsets in
                                T.binary(
                                    op, l.pointer + offsets[0], stepA, r.pointer + offsets[1], stepB, o.pointer + at,
                                    length)
                                at += length
                            }
                        }
                    }
                }
            }
        }
    }

    /// `f` of every element, on all cores.
    /// - Parameter grain: elements that make a piece of work.
    func mapped<A: BitwiseCopyable, R: BitwiseCopyable>(
        _ tensor: Tensor, to type: ElementType, grain: Int = 1 << 13, _ f: @Sendable (A) throws -> R
    ) throws -> Tensor {
        try make(type, tensor.shape, as: R.self, clears: false) { out in
            try tensor.withElements(A.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(values.count, grain: grain) { piece in
                    try timed(piece) { part in
                        for i in part { target.pointer[i] = try f(source.pointer[i]) }
                    }
                }
            }
        }
    }
}

extension Call {
    /// A C loop over all elements, on all cores.
    func blocks<T: Real>(
        _ tensor: Tensor, of: T.Type, _ loop: @Sendable (UnsafePointer<T>?, UnsafeMutablePointer<T>?, Int) -> Void
    ) throws -> Tensor {
        try make(tensor.shape, of: T.self, clears: false) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            try tensor.withElements(T.self) { values in
                guard let from = values.baseAddress else { return }
                let (source, target) = (Shared(from), Shared(to))
                try inParallel(values.count, grain: ParallelLimits.elements) { piece in
                    try timed(piece) { part in
                        loop(source.pointer + part.lowerBound, target.pointer + part.lowerBound, part.count)
                    }
                }
            }
        }
    }
}
