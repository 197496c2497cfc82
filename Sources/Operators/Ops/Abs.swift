import GraphIR

extension Operator {
    /// |x|; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__Abs.html, versions 1, 6, 13.
    static let abs = unaryNumber("Abs", .absolute)
}
