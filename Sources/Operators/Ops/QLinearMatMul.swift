import GraphIR

extension Operator {
    /// The matrix product of two quantized tensors, quantized again:
    /// round((a − a_zero_point) · (b − b_zero_point) · a_scale · b_scale / y_scale) + y_zero_point.
    /// https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html, versions 10, 21 (float8 too).
    ///
    /// Integers are summed in int32, float8 in float64. The factor of the scales is rounded to float32.
    static let qLinearMatMul = Operator(
        "QLinearMatMul", accuracy: .rounding(ulps: 1), infer: .quantizedMatrixProduct
    ) { _ in
        { call in
            let a = try call.input(0)
            let b = try call.input(3)
            let sums = try call.integerProduct(
                a, zero: call.input(2), "a_zero_point", b, zero: call.input(5), "b_zero_point")
            let isFloat = SmallFloat(a.elementType) != nil || SmallFloat(b.elementType) != nil
            let factor = try call.scaleFactor(
                call.input(1).alongRows(of: a), call.input(4), result: call.input(6))
            return [try call.requantized(isFloat ? sums : call.wrapped(sums), factor, zero: call.input(7))]
        }
    }
}

extension Call {
    /// a · b / result, in float32 or, where a scale is float64, in float64.
    func scaleFactor(_ a: Tensor, _ b: Tensor, result: Tensor) throws -> Tensor {
        try requireType(a.elementType, b, result)
        guard result.count == 1 else {
            throw GraphError(.argument, "shape \(result.shape), expected a scalar", argument: "y_scale")
        }
        func run<T: Real>(_: T.Type) throws -> Tensor {
            let wide = try [a, b, result].map { try $0.widened(to: T.elementType) }
            let product = try arithmetic(ArithmeticFunction.multiply.rawValue, wide[0], wide[1], T.self)
            return try arithmetic(ArithmeticFunction.divide.rawValue, product, wide[2].reshaped([]), T.self)
        }
        return try a.elementType == .float64 ? run(Double.self) : run(Float.self)
    }
}

extension InferenceRule {
    fileprivate static let quantizedMatrixProduct = InferenceRule { node in
        try matrixProduct(0, 3).apply(&node)
        if let type = node.elementType(7) { node.set(0, shape: node.outputs.first?.type?.dimensions, type: type) }
    }
}
