import GraphIR

extension Operator {
    /// alpha · A · B + beta · C, A and B as they are or transposed; C broadcasts to the result.
    /// https://onnx.ai/onnx/operators/onnx__Gemm.html, versions 1, 6, 7, 9, 11, 13.
    static let gemm = Operator("Gemm", accuracy: .accumulating, infer: .gemm) { binding in
        let alpha = try binding.real("alpha", default: 1)
        let beta = try binding.real("beta", default: 1)
        let transposeA = try binding.flag("transA")
        let transposeB = try binding.flag("transB")
        binding.ignore("broadcast")
        return roundingOnce { call in
            let a = try call.input(0)
            let b = try call.input(1)
            try requireType(a.elementType, b, call[2])
            guard a.shape.count == 2, b.shape.count == 2 else {
                throw GraphError(.argument, "shapes \(a.shape) and \(b.shape), expected two matrices")
            }
            let m = a.shape[transposeA ? 1 : 0]
            let k = a.shape[transposeA ? 0 : 1]
            let n = b.shape[transposeB ? 0 : 1]
            guard b.shape[transposeB ? 1 : 0] == k else {
                throw GraphError(.argument, "shapes \(a.shape) and \(b.shape) don't fit", argument: "B")
            }
            if let c = call[2], try broadcastShape([[m, n], c.shape]) != [m, n] {
                throw GraphError(.argument, "shape \(c.shape) doesn't broadcast to \([m, n])", argument: "C")
            }
            func run<T: Real>(_: T.Type) throws -> Tensor {
                guard let m32 = Int32(exactly: m), let k32 = Int32(exactly: k), let n32 = Int32(exactly: n) else {
                    throw GraphError(.unsupportedArgument, "more than 2³¹ rows or columns in the matrix product")
                }
                return try call.make([m, n], of: T.self) { out in
                    guard let to = out.baseAddress, !out.isEmpty else { return }
                    if let c = call[2] {
                        let strides = broadcastStrides(c.shape, to: [m, n])
                        try c.withElements(T.self) { c in
                            for row in 0..<m {
                                for column in 0..<n { to[row * n + column] = c[row * strides[0] + column * strides[1]] }
                            }
                        }
                    }
                    try a.withElements(T.self) { a in
                        try b.withElements(T.self) { b in
                            guard let a = a.baseAddress, let b = b.baseAddress else {
                                for i in out.indices { out[i] *= T(beta) }
                                return
                            }
                            T.gemm(
                                transposeA: transposeA, transposeB: transposeB, m: m32, n: n32, k: k32, alpha: T(alpha),
                                a: a,
                                lda: transposeA ? m32 : k32, b: b, ldb: transposeB ? k32 : n32,
                                beta: call[2] == nil ? 0 : T(beta), c: to, ldc: n32)
                        }
                    }
                }
            }
            switch a.elementType {
            case .float32: return [try run(Float.self)]
            case .float64: return [try run(Double.self)]
            default: throw unsupportedType(a.elementType)
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
