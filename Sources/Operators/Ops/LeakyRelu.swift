import GraphIR

extension Operator {
    /// x where x ≥ 0, else alpha · x.
    /// https://onnx.ai/onnx/operators/onnx__LeakyRelu.html, versions 1, 6, 16.
    static let leakyRelu = unary("LeakyRelu") { binding in
        let alpha = try binding.real("alpha", default: 0.01)
        return { x in x < 0 ? alpha * x : x }
    }
}
