import GraphIR

extension Operator {
    /// -1, 0 or 1; NaN stays.
    /// https://onnx.ai/onnx/operators/onnx__Sign.html, versions 9, 13.
    static let sign = Operator("Sign", accuracy: .exact, infer: .sameShape) { _ in
        roundingOnce { call in
            let x = try call.input(0)
            return [try dispatch(x.elementType, SignWork(call: call, x: x))]
        }
    }
}

private struct SignWork: NumberWork {
    let call: Call
    let x: Tensor

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let one = T(saturating: 1)
        let minusOne = T(saturating: -1)
        return try call.mapped(x, to: x.elementType) { (value: T) in
            value > .zero ? one : value < .zero ? minusOne : value.isNotANumber ? value : .zero
        }
    }
}
