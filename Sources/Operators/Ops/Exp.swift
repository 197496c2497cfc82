import CKernels

extension Operator {
    /// eˣ.
    /// https://onnx.ai/onnx/operators/onnx__Exp.html, versions 1, 6, 13.
    static let exp = unaryRow("Exp", wb_exp_f32) { Double.exponential($0) }
}
