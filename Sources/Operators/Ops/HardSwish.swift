import GraphIR

extension Operator {
    /// x · max(0, min(1, x/6 + 1/2)).
    /// https://onnx.ai/onnx/operators/onnx__HardSwish.html, versions 14, 22.
    static let hardSwish = unary("HardSwish") { _ in
        { x in x * Swift.max(0, Swift.min(1, x / 6 + 0.5)) }
    }
}
