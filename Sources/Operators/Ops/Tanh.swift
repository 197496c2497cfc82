import CKernels

extension Operator {
    /// The hyperbolic tangent.
    /// https://onnx.ai/onnx/operators/onnx__Tanh.html, versions 1, 6, 13.
    static let tanh = unaryRow("Tanh", wb_tanh_f32) { Double.hyperbolicTangent($0) }
}
