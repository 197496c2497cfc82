import GraphIR

extension Operator {
    /// x, below 0 alpha · (eˣ − 1).
    /// https://onnx.ai/onnx/operators/onnx__Elu.html, versions 1, 6, 22.
    static let elu = unary("Elu") { binding in
        let alpha = try binding.real("alpha", default: 1)
        return { x in x > 0 ? x : alpha * Double.exponentialMinusOne(x) }
    }
}
