import GraphIR

extension Operator {
    /// The arccosine; NaN outside of -1...1.
    /// https://onnx.ai/onnx/operators/onnx__Acos.html, versions 7, 22.
    static let acos = unary("Acos") { _ in
        { x in Double.arcCosine(x) }
    }
}
