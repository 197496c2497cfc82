import GraphIR

extension Operator {
    /// a ∨ b.
    /// https://onnx.ai/onnx/operators/onnx__Or.html, versions 1, 7.
    static let or = logical("Or") { $0 || $1 }
}
