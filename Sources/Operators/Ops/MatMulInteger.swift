import GraphIR

extension Operator {
    /// (A − a_zero_point) · (B − b_zero_point) in int32, by NumPy's rules for matrices and stacks of them.
    /// https://onnx.ai/onnx/operators/onnx__MatMulInteger.html, version 10. Sums that don't fit wrap.
    static let matMulInteger = Operator("MatMulInteger", accuracy: .exact, infer: .matrixProduct(0, 1)) { _ in
        { call in
            let sums = try call.integerProduct(
                call.input(0), zero: call[2], "a_zero_point", call.input(1), zero: call[3], "b_zero_point")
            return [try call.wrapped(sums)]
        }
    }
}

extension Call {
    /// The product of two stacks of centered eight-bit matrices, exactly, in float32 or float64.
    func integerProduct(
        _ a: Tensor, zero zeroA: Tensor?, _ nameA: String, _ b: Tensor, zero zeroB: Tensor?, _ nameB: String
    ) throws -> Tensor {
        let depth = a.shape.last ?? 0
        guard depth <= ExactSums.inDouble else { throw GraphError(.unsupportedArgument, "more than 2³⁷ columns") }
        func run<T: Real>(_: T.Type) throws -> Tensor {
            let left = try centered(a, zeroA.map { try $0.alongRows(of: a) }, nameA, T.self)
            let right = try centered(b, zeroB, nameB, T.self)
            return try MatrixProduct(a: left, b: right).run(self)
        }
        let isFloat = SmallFloat(a.elementType) != nil || SmallFloat(b.elementType) != nil
        return try depth <= ExactSums.inFloat && !isFloat ? run(Float.self) : run(Double.self)
    }
}

extension Tensor {
    /// One number for each row of a matrix, as a column.
    func alongRows(of matrix: Tensor) throws -> Tensor {
        shape.count == 1 && count > 1 && matrix.shape.count > 1 ? try reshaped([count, 1]) : self
    }
}

extension InferenceRule {
    /// The first output is the matrix product of two inputs by NumPy's rules.
    static func matrixProduct(_ left: Int, _ right: Int) -> InferenceRule {
        InferenceRule { node in node.set(0, shape: try node.matrixProduct(node.shape(left), node.shape(right))) }
    }
}
