import GraphIR

extension Operator {
    /// The greatest integer that is not greater.
    /// https://onnx.ai/onnx/operators/onnx__Floor.html, versions 1, 6, 13.
    static let floor = unary("Floor", ulps: 0) { _ in
        { x in x.rounded(.down) }
    }
}
