import GraphIR

extension Operator {
    /// The input.
    /// https://onnx.ai/onnx/operators/onnx__Identity.html, versions 1, 13, 14, 16, 19, 21, 23, 24, 25; sequences since
    /// 14, optionals since 16.
    static let identity = Operator(
        "Identity", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, type: node.type(0))
            node.set(0, elements: node.elements(0))
        },
        bindValues: { _ in
            { call in [try call.value(0)] }
        })
}
