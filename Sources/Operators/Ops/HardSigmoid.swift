import GraphIR

extension Operator {
    /// max(0, min(1, alpha · x + beta)); NaN stays.
    /// https://onnx.ai/onnx/operators/onnx__HardSigmoid.html, versions 1, 6, 22.
    static let hardSigmoid = unary("HardSigmoid") { binding in
        let alpha = try binding.real("alpha", default: 0.2)
        let beta = try binding.real("beta", default: 0.5)
        return { x in
            let line = alpha * x + beta
            return line.isNaN ? line : Swift.max(0, Swift.min(1, line))
        }
    }
}
