import GraphIR

extension Operator {
    /// 1 / (1 + e⁻ˣ).
    /// https://onnx.ai/onnx/operators/onnx__Sigmoid.html, versions 1, 6, 13.
    static let sigmoid = unary("Sigmoid") { _ in
        { x in 1 / (1 + Double.exponential(-x)) }
    }
}
