import GraphIR

extension Operator {
    /// x where it is greater than alpha, else 0.
    /// https://onnx.ai/onnx/operators/onnx__ThresholdedRelu.html, versions 10, 22.
    static let thresholdedRelu = unary("ThresholdedRelu") { binding in
        let alpha = try binding.real("alpha", default: 1)
        return { x in x > alpha ? x : 0 }
    }
}
