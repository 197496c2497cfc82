import GraphIR

extension Operator {
    /// The arcsine; NaN outside of -1...1.
    /// https://onnx.ai/onnx/operators/onnx__Asin.html, versions 7, 22.
    static let asin = unary("Asin") { _ in
        { x in Double.arcSine(x) }
    }
}
