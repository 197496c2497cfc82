import GraphIR

extension Operator {
    /// The input, of whatever kind.
    /// https://onnx.ai/onnx/operators/onnx__Identity.html, versions 1, 13, 14, 16, 19, 21, 23, 24, 25.
    static let identity = Operator(
        "Identity", accuracy: .exact, infer: InferenceRule { node in node.set(0, value: node.value(0)) },
        bindValues: { _ in
            { call in [try call.value(0)] }
        })
}
