import GraphIR

extension Operator {
    /// Matrix product with NumPy's rules: leading axes broadcast, vectors are rows on the left and columns on the right.
    /// https://onnx.ai/onnx/operators/onnx__MatMul.html, versions 1, 9, 13. Integers wrap.
    static let matMul = Operator("MatMul", accuracy: .accumulating, infer: .matMul) { _ in
        roundingOnce { call in
            let a = try call.input(0)
            let b = try call.input(1)
            try requireType(a.elementType, b)
            return [try MatrixProduct(a: a, b: b).run(call)]
        }
    }
}

/// A product of stacks of matrices whose shapes have been checked.
struct MatrixProduct: Sendable {
    let a: Tensor
    let b: Tensor
    let m: Int
    let k: Int
    let n: Int
    let stack: [Int]
    let shape: [Int]

    /// - Throws: `op.argument` where the shapes don't fit.
    init(a: Tensor, b: Tensor) throws {
        guard let lastA = a.shape.last, let lastB = b.shape.last else {
            throw GraphError(.argument, "a scalar is no matrix; shapes \(a.shape) and \(b.shape)")
        }
        m = a.shape.count > 1 ? a.shape[a.shape.count - 2] : 1
        k = lastA
        n = b.shape.count > 1 ? lastB : 1
        let rows = b.shape.count > 1 ? b.shape[b.shape.count - 2] : lastB
        guard k == rows else {
            throw GraphError(.argument, "shapes \(a.shape) and \(b.shape): \(k) columns against \(rows) rows")
        }
        self.a = a
        self.b = b
        stack = try broadcastShape([Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2))])
        shape = stack + (a.shape.count > 1 ? [m] : []) + (b.shape.count > 1 ? [n] : [])
    }

    func run(_ call: Call) throws -> Tensor {
        switch a.elementType {
        case .float32: try run(call, Float.self)
        case .float64: try run(call, Double.self)
        default: try dispatch(a.elementType, IntegerMatrixProduct(call: call, problem: self))
        }
    }

    private func run<T: Real>(_ call: Call, _: T.Type) throws -> Tensor {
        guard let m32 = Int32(exactly: m), let k32 = Int32(exactly: k), let n32 = Int32(exactly: n) else {
            throw GraphError(.unsupportedArgument, "more than 2³¹ rows or columns in the matrix product")
        }
        return try call.make(shape, of: T.self, clears: k == 0) { out in
            guard let to = out.baseAddress, !out.isEmpty, k > 0 else { return }
            try a.withElements(T.self) { left in
                try b.withElements(T.self) { right in
                    guard let left = left.baseAddress, let right = right.baseAddress else { return }
                    let isOneMatrix = product(b.shape.dropLast(2)) == 1 && b.shape.count >= 2
                    if isOneMatrix, let rows = Int32(exactly: product(stack) * m) {
                        T.gemm(
                            transposeA: false, transposeB: false, m: rows, n: n32, k: k32, alpha: 1, a: left, lda: k32,
                            b: right, ldb: n32, beta: 0, c: to, ldc: n32)
                        return
                    }
                    // BLAS keeps small products on one thread: then the matrices run side by side.
                    let count = product(stack)
                    let products = (m * n).multiplied(checked: k) ?? Int.max
                    let isSmall = products <= ParallelLimits.productsOfOneThread
                    let grain = isSmall ? ParallelLimits.productsOfOneThread / max(products, 1) : count
                    let (a, b, c) = (Shared(left), Shared(right), Shared(to))
                    try inParallel(count, grain: grain) { piece in
                        var at = piece.lowerBound * m * n
                        try forEachMatrix(in: piece) { offsetA, offsetB in
                            try call.checkTime()
                            T.gemm(
                                transposeA: false, transposeB: false, m: m32, n: n32, k: k32, alpha: 1,
                                a: a.pointer + offsetA, lda: k32, b: b.pointer + offsetB, ldb: n32, beta: 0,
                                c: c.pointer + at, ldc: n32)
                            at += m * n
                        }
                    }
                }
            }
        }
    }

    /// Calls `body` with the first elements of each pair of matrices.
    func forEachMatrix(in pieces: Range<Int>? = nil, _ body: (Int, Int) throws -> Void) rethrows {
        let stridesA = broadcastStrides(Array(a.shape.dropLast(2)), to: stack)
        let stridesB = broadcastStrides(Array(b.shape.dropLast(2)), to: stack)
        try forEachRow(stack + [1], [stridesA + [0], stridesB + [0]], in: pieces) {
            try body($0[0] * m * k, $0[1] * k * n)
        }
    }
}

private struct IntegerMatrixProduct: NumberWork {
    let call: Call
    let problem: MatrixProduct

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let (m, k, n) = (problem.m, problem.k, problem.n)
        return try call.make(problem.a.elementType, problem.shape, as: T.self) { out in
            if out.isEmpty { return }
            try problem.a.withElements(T.self) { left in
                try problem.b.withElements(T.self) { right in
                    var at = 0
                    try problem.forEachMatrix { offsetA, offsetB in
                        for row in 0..<m {
                            try call.checkTime()
                            for column in 0..<n {
                                var sum = T.zero
                                for i in 0..<k {
                                    sum = T.sum(
                                        sum, T.product(left[offsetA + row * k + i], right[offsetB + i * n + column]))
                                }
                                out[at] = sum
                                at += 1
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Inference {
    /// The shape of a product of stacks of matrices.
    /// - Throws: `op.argument` where they don't fit.
    func matrixProduct(_ a: [Dimension]?, _ b: [Dimension]?) throws -> [Dimension]? {
        guard let a, let b else { return nil }
        guard let columns = a.last, let last = b.last else {
            throw GraphError(.argument, "a scalar is no matrix; shapes \(a.text) and \(b.text)")
        }
        let rows = b.count > 1 ? b[b.count - 2] : last
        guard columns.merged(with: rows) != nil else {
            throw GraphError(
                .argument, "shapes \(a.text) and \(b.text): \(columns.text) columns against \(rows.text) rows")
        }
        let stack = try broadcastDimensions([Array(a.dropLast(2)), Array(b.dropLast(2))]) ?? []
        return stack + (a.count > 1 ? [a[a.count - 2]] : []) + (b.count > 1 ? [last] : [])
    }
}

extension InferenceRule {
    fileprivate static let matMul = InferenceRule { node in
        node.set(0, shape: try node.matrixProduct(node.shape(0), node.shape(1)))
    }
}
