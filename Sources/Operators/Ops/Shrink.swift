import GraphIR

extension Operator {
    /// x + bias below −lambd, x − bias above lambd, 0 between.
    /// https://onnx.ai/onnx/operators/onnx__Shrink.html, version 9. Computed in double; integers truncate and clamp.
    static let shrink = Operator("Shrink", accuracy: .rounding(ulps: 0.5), infer: .sameShape) { binding in
        let bias = try binding.real("bias", default: 0)
        let threshold = try binding.real("lambd", default: 0.5)
        return roundingOnce { call in
            let x = try call.input(0)
            return [try dispatch(x.elementType, ShrinkWork(call: call, x: x, bias: bias, threshold: threshold))]
        }
    }
}

private struct ShrinkWork: NumberWork {
    let call: Call
    let x: Tensor
    let bias: Double
    let threshold: Double

    func run<T: Number>(_: T.Type) throws -> Tensor {
        try call.mapped(x, to: x.elementType) { (element: T) in
            let value = element.double
            if value < -threshold { return bias == 0 ? element : T(saturating: value + bias) }
            if value > threshold { return bias == 0 ? element : T(saturating: value - bias) }
            return .zero
        }
    }
}
