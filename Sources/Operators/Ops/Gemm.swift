import GraphIR

extension Operator {
    /// alpha · A · B + beta · C, A and B as they are or transposed; C broadcasts to the result.
    /// https://onnx.ai/onnx/operators/onnx__Gemm.html, versions 1, 6, 7, 9 (integers too), 11, 13. Before version 7 C
    /// broadcasts only where the attribute `broadcast` says so. Integers wrap; where alpha or beta isn't an integer they
    /// are computed in double and truncated.
    static let gemm = Operator("Gemm", accuracy: .accumulating, infer: .gemm) { binding in
        let alpha = try binding.real("alpha", default: 1)
        let beta = try binding.real("beta", default: 1)
        let transposeA = try binding.flag("transA")
        let transposeB = try binding.flag("transB")
        let broadcasts = binding.version < 7 ? try binding.flag("broadcast") : true
        return roundingOnce { call in
            let problem = try GeneralProduct(
                call, transposeA: transposeA, transposeB: transposeB, alpha: alpha, beta: beta, broadcasts: broadcasts)
            switch problem.a.elementType {
            case .float32: return [try problem.run(Float.self)]
            case .float64: return [try problem.run(Double.self)]
            default: return [try dispatch(problem.a.elementType, IntegerGeneralProduct(problem: problem))]
            }
        }
    }
}

/// A general matrix product whose shapes have been checked.
private struct GeneralProduct {
    let call: Call
    let a: Tensor
    let b: Tensor
    let c: Tensor?
    let transposeA: Bool
    let transposeB: Bool
    let alpha: Double
    let beta: Double
    let m: Int
    let k: Int
    let n: Int

    init(
        _ call: Call, transposeA: Bool, transposeB: Bool, alpha: Double, beta: Double, broadcasts: Bool
    ) throws {
        (self.call, self.transposeA, self.transposeB, self.alpha, self.beta) =
            (call, transposeA, transposeB, alpha, beta)
        (a, b, c) = (try call.input(0), try call.input(1), call[2])
        try requireType(a.elementType, b, c)
        guard a.shape.count == 2, b.shape.count == 2 else {
            throw GraphError(.argument, "shapes \(a.shape) and \(b.shape), expected two matrices")
        }
        m = a.shape[transposeA ? 1 : 0]
        k = a.shape[transposeA ? 0 : 1]
        n = b.shape[transposeB ? 0 : 1]
        guard b.shape[transposeB ? 1 : 0] == k else {
            throw GraphError(.argument, "shapes \(a.shape) and \(b.shape) don't fit", argument: "B")
        }
        if let c, try broadcastShape([[m, n], c.shape]) != [m, n] || (!broadcasts && c.shape != [m, n]) {
            throw GraphError(.argument, "shape \(c.shape) doesn't broadcast to \([m, n])", argument: "C")
        }
    }

    func run<T: Real>(_: T.Type) throws -> Tensor {
        guard let m32 = Int32(exactly: m), let k32 = Int32(exactly: k), let n32 = Int32(exactly: n) else {
            throw GraphError(.unsupportedArgument, "more than 2³¹ rows or columns in the matrix product")
        }
        return try call.make([m, n], of: T.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            try spread(into: out)
            try a.withElements(T.self) { a in
                try b.withElements(T.self) { b in
                    guard let a = a.baseAddress, let b = b.baseAddress else {
                        for i in out.indices { out[i] *= T(beta) }
                        return
                    }
                    T.gemm(
                        transposeA: transposeA, transposeB: transposeB, m: m32, n: n32, k: k32, alpha: T(alpha), a: a,
                        lda: transposeA ? m32 : k32, b: b, ldb: transposeB ? k32 : n32, beta: c == nil ? 0 : T(beta),
                        c: to, ldc: n32)
                }
            }
        }
    }

    /// Writes C to every place that it broadcasts to.
    func spread<T: TensorElement>(into out: UnsafeMutableBufferPointer<T>) throws {
        guard let c else { return }
        let strides = broadcastStrides(c.shape, to: [m, n])
        try c.withElements(T.self) { c in
            for row in 0..<m {
                for column in 0..<n { out[row * n + column] = c[row * strides[0] + column * strides[1]] }
            }
        }
    }
}

private struct IntegerGeneralProduct: NumberWork {
    let problem: GeneralProduct

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let (m, k, n) = (problem.m, problem.k, problem.n)
        let isExact = [problem.alpha, problem.beta].allSatisfy { $0.magnitude < 0x1p53 && $0 == $0.rounded() }
        return try problem.call.make(problem.a.elementType, [m, n], as: T.self) { out in
            try problem.spread(into: out)
            try problem.a.withElements(T.self) { a in
                try problem.b.withElements(T.self) { b in
                    for row in 0..<m {
                        try problem.call.checkTime()
                        for column in 0..<n {
                            var sum = T.zero
                            for i in 0..<k {
                                let left = problem.transposeA ? a[i * m + row] : a[row * k + i]
                                let right = problem.transposeB ? b[column * k + i] : b[i * n + column]
                                sum = T.sum(sum, T.product(left, right))
                            }
                            let added = problem.c == nil ? T.zero : out[row * n + column]
                            out[row * n + column] =
                                isExact
                                ? T.sum(
                                    T.product(T(lowBits: Int64(problem.alpha)), sum),
                                    T.product(T(lowBits: Int64(problem.beta)), added))
                                : T(saturating: problem.alpha * sum.double + problem.beta * added.double)
                        }
                    }
                }
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let gemm = InferenceRule { node in
        let transposeA = try node.binding.flag("transA")
        let transposeB = try node.binding.flag("transB")
        let a = try node.shape(0, rank: 2...2, "A")
        let b = try node.shape(1, rank: 2...2, "B")
        if let k = a?[transposeA ? 0 : 1], let other = b?[transposeB ? 1 : 0] { _ = try node.unified(k, other, "B") }
        let shape = [a?[transposeA ? 1 : 0] ?? .unknown, b?[transposeB ? 0 : 1] ?? .unknown]
        if let c = node.shape(2), c.count > 2 {
            throw GraphError(.argument, "shape \(c.text) doesn't broadcast to \(shape.text)", argument: "C")
        }
        node.set(0, shape: shape)
    }
}
