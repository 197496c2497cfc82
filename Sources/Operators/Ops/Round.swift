import GraphIR

extension Operator {
    /// The nearest integer, halves to the even one.
    /// https://onnx.ai/onnx/operators/onnx__Round.html, versions 11, 22.
    static let round = unary("Round", ulps: 0) { _ in
        { x in x.rounded(.toNearestOrEven) }
    }
}
