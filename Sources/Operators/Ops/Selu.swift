import GraphIR

extension Operator {
    /// gamma · x, below 0 gamma · alpha · (eˣ − 1).
    /// https://onnx.ai/onnx/operators/onnx__Selu.html, versions 1, 6, 22; version 1 has less exact defaults.
    static let selu = unary("Selu") { binding in
        let alpha = try binding.real("alpha", default: 1.67326319)
        let gamma = try binding.real("gamma", default: 1.05070102)
        return { x in gamma * (x > 0 ? x : alpha * Double.exponentialMinusOne(x)) }
    }
}
