import GraphIR

extension Operator {
    /// The sine of an angle in radians.
    /// https://onnx.ai/onnx/operators/onnx__Sin.html, versions 7, 22.
    static let sin = unary("Sin") { _ in
        { x in Double.sine(x) }
    }
}
