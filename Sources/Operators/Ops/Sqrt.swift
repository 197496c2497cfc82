import GraphIR

extension Operator {
    /// √x.
    /// https://onnx.ai/onnx/operators/onnx__Sqrt.html, versions 1, 6, 13.
    static let sqrt = unary("Sqrt") { _ in
        { x in x.squareRoot() }
    }
}
