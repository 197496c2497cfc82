import GraphIR

extension Operator {
    /// The convolution of x − x_zero_point with w − w_zero_point in int32.
    /// https://onnx.ai/onnx/operators/onnx__ConvInteger.html, version 10. Padding is x_zero_point; sums that don't fit wrap.
    static let convInteger = Operator("ConvInteger", accuracy: .exact, infer: .convolution(0, 1)) { binding in
        let attributes = try WindowAttributes(&binding)
        let group = Int(try binding.int("group", default: 1))
        return { call in
            let sums = try call.integerConvolution(
                call.input(0), zero: call[2], call.input(1), zero: call[3], attributes, group: group)
            return [try call.wrapped(sums)]
        }
    }
}

extension Call {
    /// The convolution of centered eight-bit tensors, exactly, in float32 or float64.
    func integerConvolution(
        _ x: Tensor, zero zeroX: Tensor?, _ weights: Tensor, zero zeroW: Tensor?, _ attributes: WindowAttributes,
        group: Int
    ) throws -> Tensor {
        let depth = product(weights.shape.dropFirst())
        guard depth <= ExactSums.inDouble else { throw GraphError(.unsupportedArgument, "more than 2³⁷ weights") }
        if let zeroX, zeroX.count != 1 {
            throw GraphError(.argument, "shape \(zeroX.shape), expected a scalar", argument: "x_zero_point")
        }
        func run<T: Real>(_: T.Type) throws -> Tensor {
            let convolution = try Convolution(
                x: centered(x, zeroX?.reshaped([]), "x_zero_point", T.self),
                weights: centered(weights, zeroW?.alongFilters(of: weights), "w_zero_point", T.self), bias: nil,
                attributes: attributes, group: group)
            return try convolution.run(self, T.self)
        }
        return try depth <= ExactSums.inFloat ? run(Float.self) : run(Double.self)
    }
}

extension Tensor {
    /// One number, or one for each filter, in a shape that broadcasts to the weights.
    func alongFilters(of weights: Tensor) throws -> Tensor {
        if count == 1 { return try reshaped([]) }
        return shape.count == 1 ? try reshaped([count] + weights.shape.dropFirst().map { _ in 1 }) : self
    }
}
