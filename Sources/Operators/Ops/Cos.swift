import GraphIR

extension Operator {
    /// The cosine of an angle in radians.
    /// https://onnx.ai/onnx/operators/onnx__Cos.html, versions 7, 22.
    static let cos = unary("Cos") { _ in
        { x in Double.cosine(x) }
    }
}
