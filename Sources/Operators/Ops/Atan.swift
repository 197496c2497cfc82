import GraphIR

extension Operator {
    /// The arctangent.
    /// https://onnx.ai/onnx/operators/onnx__Atan.html, versions 7, 22.
    static let atan = unary("Atan") { _ in
        { x in Double.arcTangent(x) }
    }
}
