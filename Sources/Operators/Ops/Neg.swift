import GraphIR

extension Operator {
    /// −x; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__Neg.html, versions 1, 6, 13.
    static let neg = unaryNumber("Neg", .negate)
}
