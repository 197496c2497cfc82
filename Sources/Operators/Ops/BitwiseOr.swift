import GraphIR

extension Operator {
    /// The bits that either has.
    /// https://onnx.ai/onnx/operators/onnx__BitwiseOr.html, versions 18.
    static let bitwiseOr = bitwise("BitwiseOr", .or)
}
