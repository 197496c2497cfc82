import GraphIR

extension Operator {
    /// All bits turned over.
    /// https://onnx.ai/onnx/operators/onnx__BitwiseNot.html, versions 18.
    static let bitwiseNot = Operator("BitwiseNot", accuracy: .exact, infer: .sameShape) { _ in
        { call in
            let x = try call.input(0)
            return [try dispatch(x.elementType, ComplementWork(call: call, x: x))]
        }
    }
}

private struct ComplementWork: IntegerWork {
    let call: Call
    let x: Tensor

    func run<T: Number & FixedWidthInteger>(_: T.Type) throws -> Tensor {
        try call.mapped(x, to: x.elementType) { (value: T) in ~value }
    }
}
