import GraphIR

extension Operator {
    /// x where x ≥ 0, else slope · x. The slope broadcasts to x.
    /// https://onnx.ai/onnx/operators/onnx__PRelu.html, versions 1, 6, 7, 9, 16.
    static let pRelu = Operator("PRelu", accuracy: .rounding(ulps: 0.5), infer: .sameShape) { binding in
        binding.ignore("consumed_inputs")
        let perChannel = binding.version < 7
        return roundingOnce { call in
            let x = try call.input(0)
            var slope = try call.input(1)
            try requireType(x.elementType, slope)
            if perChannel && slope.count > 1 && x.shape.count > 1 {
                slope = try slope.reshaped([slope.count] + [Int](repeating: 1, count: x.shape.count - 2))
            }
            guard try broadcastShape([x.shape, slope.shape]) == x.shape else {
                throw GraphError(.argument, "shape \(slope.shape) doesn't broadcast to \(x.shape)", argument: "slope")
            }
            return [try dispatch(x.elementType, PReluWork(call: call, x: x, slope: slope))]
        }
    }
}

private struct PReluWork: NumberWork {
    let call: Call
    let x: Tensor
    let slope: Tensor

    func run<T: Number>(_: T.Type) throws -> Tensor {
        try call.zipped(x, slope, to: x.elementType) { (x: T, slope: T) in x < .zero ? T.product(x, slope) : x }
    }
}
