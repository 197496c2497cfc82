import GraphIR

extension Operator {
    /// The bits that one has and the other has not.
    /// https://onnx.ai/onnx/operators/onnx__BitwiseXor.html, versions 18.
    static let bitwiseXor = bitwise("BitwiseXor", .exclusiveOr)
}
