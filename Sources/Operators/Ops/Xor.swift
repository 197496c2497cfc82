import GraphIR

extension Operator {
    /// a ≠ b, of truth values.
    /// https://onnx.ai/onnx/operators/onnx__Xor.html, versions 1, 7.
    static let xor = logical("Xor") { $0 != $1 }
}
