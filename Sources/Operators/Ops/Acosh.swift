import GraphIR

extension Operator {
    /// The inverse of the hyperbolic cosine; NaN below 1.
    /// https://onnx.ai/onnx/operators/onnx__Acosh.html, versions 9, 22.
    static let acosh = unary("Acosh") { _ in
        { x in Double.areaCosine(x) }
    }
}
