import GraphIR

extension Operator {
    /// The bits that both have.
    /// https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html, versions 18.
    static let bitwiseAnd = bitwise("BitwiseAnd", .and)
}
