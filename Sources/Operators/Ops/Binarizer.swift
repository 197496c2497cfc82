import GraphIR

extension Operator {
    /// 1 where x is above the threshold, else 0.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_Binarizer.html, versions 1.
    static let binarizer = Operator(
        "Binarizer", domain: "ai.onnx.ml", accuracy: .exact, infer: .sameShape,
        bind: { binding in
            let threshold = try binding.real("threshold", default: 0)
            return { call in
                let x = try call.input(0)
                return [try dispatch(x.elementType, BinarizerWork(call: call, x: x, threshold: threshold))]
            }
        })
}

private struct BinarizerWork: NumberWork {
    let call: Call
    let x: Tensor
    let threshold: Double

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let one = T(saturating: 1)
        return try call.mapped(x, to: x.elementType) { (value: T) in value.double > threshold ? one : .zero }
    }
}
