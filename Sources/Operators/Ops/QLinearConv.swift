import GraphIR

extension Operator {
    /// A convolution of quantized tensors, quantized again:
    /// round((conv(x − x_zero_point, w − w_zero_point) + B) · x_scale · w_scale / y_scale) + y_zero_point.
    /// https://onnx.ai/onnx/operators/onnx__QLinearConv.html, version 10.
    ///
    /// Padding is x_zero_point. Sums are int32 and wrap; the factor of the scales is rounded to float32.
    static let qLinearConv = Operator("QLinearConv", accuracy: .rounding(ulps: 1), infer: quantizedConvolution) {
        binding in
        let attributes = try WindowAttributes(&binding)
        let group = Int(try binding.int("group", default: 1))
        return { call in
            let x = try call.input(0)
            let weights = try call.input(3)
            let sums = try call.wrapped(
                call.integerConvolution(
                    x, zero: call.input(2), weights, zero: call.input(5), attributes, group: group))
            let filters = [weights.shape[0]] + weights.shape.dropFirst(2).map { _ in 1 }
            var total = sums
            if let bias = call[8] {
                guard bias.elementType == .int32, bias.shape == [weights.shape[0]] else {
                    throw GraphError(
                        .argument, "\(bias.elementType.onnxName) \(bias.shape), expected INT32 [\(weights.shape[0])]",
                        argument: "B")
                }
                total = try call.zipped(sums, bias.reshaped(filters), to: .int32) { (sum: Int32, bias: Int32) in
                    sum &+ bias
                }
            }
            let scale = try call.input(4)
            guard try call.input(1).count == 1, scale.count == 1 || scale.shape == [weights.shape[0]] else {
                throw GraphError(
                    .argument, "shape \(scale.shape), expected [] or [\(weights.shape[0])]", argument: "w_scale")
            }
            let factor = try call.scaleFactor(
                call.input(1).reshaped([]), scale.count == 1 ? scale.reshaped([]) : scale.reshaped(filters),
                result: call.input(6))
            return [try call.requantized(total, factor, zero: call.input(7))]
        }
    }

    private static let quantizedConvolution = InferenceRule { node in
        try InferenceRule.convolution(0, 3).apply(&node)
        if let type = node.elementType(7) { node.set(0, shape: node.outputs.first?.type?.dimensions, type: type) }
    }
}
