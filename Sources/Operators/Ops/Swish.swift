import GraphIR

extension Operator {
    /// x / (1 + e^(−alpha · x)), which is x · sigmoid(alpha · x).
    /// https://onnx.ai/onnx/operators/onnx__Swish.html, versions 24.
    static let swish = unary("Swish") { binding in
        let alpha = try binding.real("alpha", default: 1)
        return { x in x / (1 + Double.exponential(-alpha * x)) }
    }
}
