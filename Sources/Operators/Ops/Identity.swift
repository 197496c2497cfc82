import GraphIR

extension Operator {
    /// The input.
    /// https://onnx.ai/onnx/operators/onnx__Identity.html, versions 1, 13, 14, 16, 19, 21, 23, 24, 25.
    static let identity = Operator("Identity", accuracy: .exact, infer: .identity) { _ in
        { call in [try call.input(0)] }
    }
}

extension InferenceRule {
    fileprivate static let identity = InferenceRule { node in
        node.set(0, value: node.value(0))
    }
}
