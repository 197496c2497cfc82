import GraphIR

extension Operator {
    /// The tangent of an angle in radians.
    /// https://onnx.ai/onnx/operators/onnx__Tan.html, versions 7, 22.
    static let tan = unary("Tan") { _ in
        { x in Double.tangent(x) }
    }
}
