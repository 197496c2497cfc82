import GraphIR

extension Operator {
    /// The hyperbolic cosine.
    /// https://onnx.ai/onnx/operators/onnx__Cosh.html, versions 9, 22.
    static let cosh = unary("Cosh") { _ in
        { x in Double.hyperbolicCosine(x) }
    }
}
