import GraphIR

extension Operator {
    /// The places of the elements that aren't zero, a row for each axis, in row-major order. A scalar has no axis, so
    /// its result has no row.
    /// https://onnx.ai/onnx/operators/onnx__NonZero.html, versions 9, 13.
    static let nonZero = Operator(
        "NonZero", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: [node.shape(0).map { .size(Int64($0.count)) } ?? .unknown, .unknown], type: .int64)
        }
    ) { _ in
        { call in
            let x = try call.input(0)
            let flags = try call.nonZeroFlags(x)
            let count = flags.lazy.filter { $0 }.count
            let result = try call.make([x.shape.count, count], of: Int64.self) { out in
                let strides = rowMajorStrides(x.shape)
                var at = 0
                for (position, flag) in flags.enumerated() where flag {
                    for axis in x.shape.indices {
                        out[axis * count + at] = Int64(position / strides[axis] % x.shape[axis])
                    }
                    at += 1
                }
            }
            return [result]
        }
    }
}

extension Call {
    fileprivate func nonZeroFlags(_ x: Tensor) throws -> [Bool] {
        try check(.bool, x.shape)
        if case .strings(let strings) = x.contents { return strings.map { !$0.isEmpty } }
        switch x.elementType {
        case .complex64: return try pairFlags(x, Float.self)
        case .complex128: return try pairFlags(x, Double.self)
        default: break
        }
        let flags = try converted(x, to: .bool)
        return try flags.bytes().array().map { $0 != 0 }
    }

    private func pairFlags<T: Real>(_ x: Tensor, _: T.Type) throws -> [Bool] {
        try x.withElements(T.self) { values in
            (0..<x.count).map { values[2 * $0] != 0 || values[2 * $0 + 1] != 0 }
        }
    }
}
