import GraphIR

extension Operator {
    /// a ∧ b.
    /// https://onnx.ai/onnx/operators/onnx__And.html, versions 1, 7.
    static let and = logical("And") { $0 && $1 }
}
