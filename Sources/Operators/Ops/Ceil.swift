import GraphIR

extension Operator {
    /// The least integer that is not less.
    /// https://onnx.ai/onnx/operators/onnx__Ceil.html, versions 1, 6, 13.
    static let ceil = unary("Ceil", ulps: 0) { _ in
        { x in x.rounded(.up) }
    }
}
