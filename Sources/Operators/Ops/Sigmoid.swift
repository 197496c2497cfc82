import CKernels

extension Operator {
    /// 1 / (1 + e⁻ˣ).
    /// https://onnx.ai/onnx/operators/onnx__Sigmoid.html, versions 1, 6, 13.
    static let sigmoid = unaryRow("Sigmoid", wb_sigmoid_f32) { 1 / (1 + Double.exponential(-$0)) }
}
