import GraphIR

extension Operator {
    /// max(0, x) + min(0, alpha · (e^(x / alpha) − 1)).
    /// https://onnx.ai/onnx/operators/onnx__Celu.html, versions 12, 28.
    static let celu = unary("Celu") { binding in
        let alpha = try binding.real("alpha", default: 1)
        return { x in x > 0 ? x : alpha * Double.exponentialMinusOne(x / alpha) }
    }
}
